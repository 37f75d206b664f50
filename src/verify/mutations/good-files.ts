import type { Revision } from "#abi/revisions.ts";
import { ELF64_HEADER_SIZE } from "#formats/elf/constants.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { encodePe } from "#formats/pe/encode.ts";
import { PE_MACHINE } from "#formats/pe/machines.ts";
import { encodeZboot } from "#formats/zboot/encode.ts";
import type { ImageArchitecture } from "#reference-parsers/input.ts";
import type { ReferenceName } from "#verify/references.ts";
import { withNumber } from "./field.ts";
import type { Format } from "./formats.ts";
import { type GoodFile, goodFile } from "./good-file.ts";
import { PLAIN_MAGICS } from "./plain-layout.ts";

/** EM_AARCH64, SHT_PROGBITS, SHT_NOTE, ET_EXEC. */
const [AARCH64, PROGBITS, NOTE, EXEC] = [183, 1, 7, 2];

/** Bytes that tell, wherever they turn up, which part they come from and from where in it. */
function content(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11 + (i >> 4)) & 0xff);
}

const text = (words: string): Uint8Array => Uint8Array.from(Buffer.from(words, "latin1"));

const zboot = encodeZboot({
  arch: "arm64",
  compression: "gzip",
  payload: content(1, 48),
  uncompressedSize: undefined,
});
const [linux, initrd, cmdline] = [content(2, 40), content(3, 24), text("quiet\0")];

/** Small files of each format that a parser of the revision takes; kernels of their own header are of `arch`. */
export function goodFiles(revision: Revision, arch: ImageArchitecture = "arm64"): readonly GoodFile[] {
  const files: readonly (readonly [string, Uint8Array])[] = [
    ["zboot", zboot],
    [
      "uki",
      uki([
        [".osrel", text("ID=x")],
        [".linux", linux],
        [".initrd", initrd],
        [".cmdline", cmdline],
      ]),
    ],
    ["uki-profiles", ukiWithProfiles()],
    [
      "uki-text-without-nul",
      uki([
        [".cmdline", text("quiet")],
        [".linux", linux],
      ]),
    ],
    ...(revision === "v6"
      ? []
      : ([
          ["envelope", envelope()],
          ["envelope-headers-last", oddEnvelope()],
          ["plain", plainKernel(arch)],
        ] as const)),
  ];
  return files.flatMap(([name, image]) => goodFile(name, image) ?? []);
}

/** Which formats a reference parser takes. */
export function formatsOf(reference: ReferenceName, revision: Revision): readonly Format[] {
  if (reference === "uki") return ["uki"];
  if (reference === "plain") return revision === "v6" ? [] : ["plain"];
  const elf: readonly Format[] = revision === "v6" ? [] : ["envelope"];
  return reference === "envelope" ? elf : ["zboot", ...elf];
}

function plainKernel(arch: ImageArchitecture): Uint8Array {
  const image = content(5, 96);
  const magic = PLAIN_MAGICS.find(([name]) => name === arch)?.[1] ?? 0n;
  return withNumber(image, { at: 0x38, width: 4 }, magic);
}

function uki(sections: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  return encodePe({
    machine: PE_MACHINE.arm64,
    sections: sections.map(([name, data]) => ({ name, data })),
    fileAlignment: 16,
  });
}

function ukiWithProfiles(): Uint8Array {
  return uki([
    [".linux", linux],
    [".initrd", initrd],
    [".cmdline", text("base\0")],
    [".profile", text("ID=a")],
    [".cmdline", cmdline],
    [".profile", text("ID=b")],
    [".initrd", content(4, 16)],
    [".cmdline", text("other\0")],
  ]);
}

function envelope(): Uint8Array {
  return encodeEnvelope({ machine: AARCH64, kernel: zboot, initrd, cmdline: cmdline.subarray(0, -1) });
}

/** Parts in another order, another section among them, the table behind them. */
function oddEnvelope(): Uint8Array {
  return encodeElf({
    type: EXEC,
    machine: AARCH64,
    sections: [
      { name: ".cmdline", type: PROGBITS, data: cmdline.subarray(0, -1) },
      { name: ".note", type: NOTE, data: text("a note"), align: 4 },
      { name: ".kernel", type: PROGBITS, data: zboot, align: ELF64_HEADER_SIZE },
      { name: ".initrd", type: PROGBITS, data: initrd },
    ],
  });
}
