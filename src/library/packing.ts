import { type CheckReport, type CheckRequest, check } from "#api/check.ts";
import { type PackRequest, pack, type Text, type UkiPart } from "#api/pack.ts";
import { type SignReport, type SignRequest, sign } from "#api/sign.ts";
import { type UnpackRequest, unpack } from "#api/unpack.ts";
import {
  type VerifySignatureReport,
  type VerifySignatureRequest,
  verifySignature,
} from "#api/verify-signature.ts";
import type { Result } from "#core/result.ts";
import type { Packed } from "#pack/types.ts";
import type { Unpacked } from "#pack/unpack.ts";
import { absolutePath, type CallContext, completeContext, type Sparse } from "./context.ts";

type PackOf<Kind extends PackRequest["kind"]> = Extract<PackRequest, { readonly kind: Kind }>;

/** What to pack, by `kind`. */
export type PackCall =
  | Sparse<PackOf<"envelope">, "kind" | "kernel" | "initrd" | "cmdline" | "output">
  | Sparse<PackOf<"pe">, "kind" | "image" | "bytecode" | "output">
  | Sparse<PackOf<"container">, "kind" | "sections" | "output">
  | Sparse<PackOf<"zboot">, "kind" | "image" | "compression" | "output">
  | Sparse<PackOf<"uki">, "kind" | "sections" | "output">;

/** How to pack. */
export type PackHow = {
  /** Whether to tell SHA-256 sums. Default: no. */
  readonly digests?: boolean;
  /** The words of the command that a manifest beside the output names. Default: none, and no manifest is written. */
  readonly command?: readonly string[];
};

/**
 * Writes an envelope, a PE file with bytecode, a container, a zboot image or a UKI; all of it or nothing. Memory stays small.
 *
 * @returns where the parts lie in the output, and what is to be known of it; or a failure of the inputs
 * @example
 * ```ts
 * const packed = await pack({
 *   kind: "container",
 *   sections: [{ name: ".bpf.1", file: "out/uki_bytecode.o" }],
 *   output: "uki.bpf",
 * });
 * ```
 */
export function packFile(call: PackCall & PackHow, context: CallContext = {}): Promise<Result<Packed>> {
  const around = completeContext(context);
  const { digests = false, command, ...rest } = call;
  const options = { digests, command: command && (() => command) };
  return pack(
    packRequest(rest, (path) => absolutePath(path, around)),
    options,
    around,
  );
}

function packRequest(call: PackCall, absolute: (path: string) => string): PackRequest {
  const output = absolute(call.output);
  switch (call.kind) {
    case "envelope": {
      const paths = { kernel: absolute(call.kernel), initrd: absolute(call.initrd), output };
      return { arch: undefined, force: false, ...call, ...paths, cmdline: textAt(call.cmdline, absolute) };
    }
    case "pe": {
      const paths = { image: absolute(call.image), bytecode: absolute(call.bytecode), output };
      return { replace: false, certificates: "strip", ...call, ...paths };
    }
    case "container": {
      const sections = call.sections.map(({ name, file }) => ({ name, file: absolute(file) }));
      return { arch: undefined, ...call, sections, output };
    }
    case "zboot": {
      const stub = call.stub === undefined ? undefined : absolute(call.stub);
      return { arch: undefined, ...call, image: absolute(call.image), stub, output };
    }
    default: {
      const stub = call.stub === undefined ? undefined : absolute(call.stub);
      const sections = call.sections.map(({ name, content }): UkiPart => {
        const at = "file" in content ? { file: absolute(content.file) } : textAt(content, absolute);
        return { name, content: at };
      });
      return { arch: undefined, ...call, sections, stub, output };
    }
  }
}

function textAt(text: Text, absolute: (path: string) => string): Text {
  return "text" in text ? text : { textOf: absolute(text.textOf) };
}

/**
 * Writes the parts of an envelope, a container, or a PE image's `.bpf` as files into `folder`; all or none.
 *
 * @returns the files; or a failure of the formats, with section and offset
 */
export function unpackParts(
  call: Sparse<UnpackRequest, "file" | "folder">,
  context: CallContext = {},
): Promise<Result<Unpacked>> {
  const around = completeContext(context);
  const paths = { file: absolutePath(call.file, around), folder: absolutePath(call.folder, around) };
  return unpack({ digests: false, ...call, ...paths }, around);
}

/**
 * Signs a container as the kernel's scripts/sign-file does. Without `output` the file itself is signed; a manifest is written beside it
 * unless `manifest` is false.
 *
 * @returns what the signature covers and who made it; or a failure of openssl, of the key, or `usage`
 */
export function signContainer(
  call: Sparse<SignRequest, "file" | "key" | "certificate">,
  context: CallContext = {},
): Promise<Result<SignReport>> {
  const around = completeContext(context);
  const file = absolutePath(call.file, around);
  const defaults = { hash: "sha256", replace: false, allowWeak: false, manifest: true } as const;
  return sign(
    {
      ...defaults,
      ...call,
      file,
      output: call.output === undefined ? file : absolutePath(call.output, around),
      key: call.key.startsWith("pkcs11:") ? call.key : absolutePath(call.key, around),
      certificate: absolutePath(call.certificate, around),
    },
    around,
  );
}

/** A signed file, and whom to trust: the signer's certificate, trusted certificates, or both. */
export type VerifySignatureCall = Sparse<VerifySignatureRequest, "file"> &
  ({ readonly certificate: string } | { readonly authorities: string });

/**
 * Verifies the signature that a file ends with.
 *
 * @returns the signature, which holds; a failure where it does not
 */
export function checkSignature(
  call: VerifySignatureCall,
  context: CallContext = {},
): Promise<Result<VerifySignatureReport>> {
  const around = completeContext(context);
  return verifySignature(
    {
      allowWeak: false,
      ...call,
      file: absolutePath(call.file, around),
      certificate: absolutePath(call.certificate, around),
      authorities: absolutePath(call.authorities, around),
    },
    around,
  );
}

/**
 * Whether files are still those of which a manifest tells.
 *
 * @returns the state of each file; `ok` in it says whether all outputs are, with `inputs` the inputs too
 */
export function checkFiles(
  call: Sparse<CheckRequest, "manifest">,
  context: CallContext = {},
): Promise<Result<CheckReport>> {
  return check({ inputs: false, ...call, manifest: absolutePath(call.manifest, completeContext(context)) });
}
