import { basename } from "node:path";
import { PARTS, type Part, type PartName } from "#abi/parts.ts";
import type { RevisionProfile } from "#abi/revisions.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import type { PartCommand, Target } from "./target.ts";

/** What `templates/frame.hbs` and every body see. Nothing else; Handlebars runs in strict mode. */
export type TemplateContext = {
  /** The target's name: `zboot`. */
  readonly target: string;
  readonly description: string;
  /** As the kernel's ARCH names it: `arm64`. */
  readonly arch: string;
  readonly abi: {
    readonly revision: string;
    readonly header: readonly { readonly type: string; readonly name: string }[];
    readonly headerSize: number;
    readonly constants: readonly { readonly name: string; readonly value: number }[];
    /** C declarations for what the target kernel's BTF does not have. */
    readonly declarations: readonly { readonly why: string; readonly text: string }[];
    /** The command that ends the stream: one, or none where the revision has none. */
    readonly finish: readonly { readonly comment: string; readonly command: string }[];
    readonly imageData: string;
    readonly imageSize: string;
  };
  /** The four rings in the order of the kernel's light-skeleton struct. */
  readonly rings: readonly { readonly name: string; readonly size: string }[];
  readonly scratchRing: string;
  /** The members of `struct parts`: all parts, in canonical order; one that the description does not list cannot be used. */
  readonly members: readonly { readonly name: PartName; readonly attribute: string }[];
  /** Members that `struct part` has where the body chooses between commands: one, or none. */
  readonly choice: readonly { readonly member: string }[];
  /** The parts that the target's stream may have, in canonical order. */
  readonly parts: readonly {
    readonly name: PartName;
    readonly ring: string;
    readonly limit: string;
    /** Text, which ends in a NUL: `true` or `false`. */
    readonly text: string;
    readonly header: readonly { readonly name: string; readonly value: string }[];
  }[];
  /** Bytes cut off a zboot payload, as the seeds do: one number, or none. */
  readonly sizeTrailer: readonly number[];
};

export type ContextOptions = {
  readonly target: Target;
  readonly arch: Architecture;
  readonly profile: RevisionProfile;
  /** True where the target kernel's own BTF has `struct kexec_context`. */
  readonly kernelHasContext: boolean;
  /** Reproduce `payload_size - 4` of the series' first parsers, for comparison. */
  readonly seedPayloadSize: boolean;
};

/** Behind one ring for each part: for the headers under inspection. */
const SCRATCH_RING = "ringbuf_4";

const C_TYPES: Readonly<Record<number, string>> = { 1: "__u8", 2: "__u16", 4: "__u32" };

/** The bytes of the size that a kernel build appends to a compressed image (scripts/Makefile.lib). */
const SIZE_TRAILER = 4;

export function templateContext(options: ContextOptions): TemplateContext {
  const { target, profile } = options;
  const commands = target.parts[profile.revision] ?? {};
  const used = PARTS.filter(({ name }) => commands[name] !== undefined);

  return {
    target: target.name,
    description: target.description,
    arch: options.arch,
    abi: {
      revision: profile.revision,
      header: profile.header.map((field) => ({ type: C_TYPES[field.size] ?? "", name: field.name })),
      headerSize: profile.headerSize,
      constants: [
        ...constants("CMD", profile.commands),
        ...constants("SUBCMD", profile.subcommands),
        ...constants("PIPELINE", profile.pipeline),
      ],
      declarations: options.kernelHasContext ? [] : [contextDeclaration(profile)],
      finish:
        profile.commands.DONE === undefined
          ? []
          : [
              {
                comment: "The end of the stream: a header alone.",
                command: "CMD_DONE",
              },
            ],
      imageData: profile.image.data,
      imageSize: profile.image.size,
    },
    rings: [
      ...PARTS.map((part) => ({
        name: part.ring,
        size: used.includes(part) ? part.ringMacro : "MIN_RING_SIZE",
      })),
      { name: SCRATCH_RING, size: "MIN_RING_SIZE" },
    ],
    scratchRing: SCRATCH_RING,
    members: PARTS.map(({ name }) => ({
      name,
      attribute: commands[name] === undefined ? unavailable(target, name, profile) : "",
    })),
    choice: used.some(({ name }) => commands[name]?.or !== undefined) ? [{ member: "__u16 command" }] : [],
    parts: used.map((part) => ({
      name: part.name,
      ring: part.ring,
      limit: part.sizeMacro,
      text: String(part.text),
      header: headerValues(part, commands[part.name]),
    })),
    sizeTrailer: options.seedPayloadSize ? [SIZE_TRAILER] : [],
  };
}

function constants(prefix: string, values: Readonly<Record<string, number>>) {
  return Object.entries(values).map(([name, value]) => ({ name: `${prefix}_${name}`, value }));
}

/** A body that sets a part which is not sent would lose it without a word: clang refuses that, and says why. */
function unavailable({ file }: Target, part: PartName, { revision }: RevisionProfile): string {
  const why = `${basename(file)} lists no ${part} in its parts of ${revision}`;
  return ` __attribute__((unavailable(${JSON.stringify(why)})))`;
}

function headerValues({ name, subcommand }: Part, command: PartCommand | undefined) {
  if (command === undefined) return [];
  const { or, flag } = command;
  const chosen = (one: string, other: string) =>
    or === undefined || one === other
      ? one
      : `parts->${name}.command == CMD_${or.command} ? ${other} : ${one}`;
  const flagOf = (one: PartCommand["flag"]) => (one === undefined ? "0" : `PIPELINE_${one}`);
  const pipeline = flag ?? or?.flag;
  return [
    { name: "cmd", value: chosen(`CMD_${command.command}`, `CMD_${or?.command}`) },
    { name: "subcmd", value: `SUBCMD_${subcommand}` },
    ...(pipeline === undefined
      ? []
      : [{ name: "pipeline_flag", value: chosen(flagOf(flag), flagOf(or === undefined ? flag : or.flag)) }]),
  ];
}

/** The profile's `struct kexec_context`; its members' places are settled when the program is loaded. */
function contextDeclaration(profile: RevisionProfile) {
  const read = profile.context.filter(({ optional }) => !optional);
  const members = read.map((field) => `\t${field.declaration};`).join("\n");
  return {
    why: `The target kernel's BTF has no kexec image parser interface: revision ${profile.revision} as published.`,
    text: `struct kexec_context {\n${members}\n} __attribute__((preserve_access_index));`,
  };
}
