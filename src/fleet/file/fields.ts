import { REVISIONS } from "#abi/revisions.ts";

/**
 * What FLEET.json may say, as data: the checks (`parse-fleet.ts`) and the published schema (`schema.ts`) are both made of it.
 */
export type FleetField = {
  readonly type: "name" | "path" | "paths" | "words" | "arch" | "choice" | "size" | "flag" | "object";
  readonly describe: string;
  readonly required?: true;
  readonly choices?: readonly string[];
  readonly fields?: FleetFields;
};

export type FleetFields = Readonly<Record<string, FleetField>>;

/** A name is one of a folder as well, on any system. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}$/;

/** Bytes: a number, or text as on the command line. */
export const SIZE = /^\d{1,15}[KMGkmg]?$/;

const LIMITS: FleetFields = {
  kernel: { type: "size", describe: 'largest kernel, such as 33554432 or "32M"' },
  initrd: { type: "size", describe: "largest initrd" },
  cmdline: { type: "size", describe: "largest command line" },
};

const SIGN: FleetFields = {
  key: { type: "path", required: true, describe: "private key, in PEM" },
  certificate: { type: "path", required: true, describe: "its certificate" },
  allowWeak: { type: "flag", describe: "take a key that kernels do not take" },
};

/** What a kernel may say, and `defaults` for all kernels. */
const SHARED: FleetFields = {
  arch: { type: "arch", describe: "as ARCH, uname or Debian names it; default: by the image" },
  abi: { type: "choice", choices: ["auto", ...REVISIONS], describe: "interface revision; default: auto" },
  limits: {
    type: "object",
    fields: LIMITS,
    describe: "bounds that are taken as they are; others are measured",
  },
  targets: { type: "words", describe: "parsers to build; default: all" },
  targetFolders: { type: "paths", describe: "folders with targets of your own" },
  verify: { type: "paths", describe: "images, and folders of them, to judge the parsers on" },
  sign: { type: "object", fields: SIGN, describe: "what to sign the light skeletons with" },
  prove: { type: "flag", describe: "prove the parsers for all images" },
};

export const KERNEL_FIELDS: FleetFields = {
  name: { type: "name", required: true, describe: "its folder in the output folder" },
  btf: { type: "path", describe: "kernel with BTF in any form, or raw BTF; default: image" },
  image: { type: "path", describe: "kernel image to measure" },
  ...SHARED,
};

export const FLEET_FIELDS: FleetFields = {
  defaults: { type: "object", fields: SHARED, describe: "for kernels that do not say otherwise" },
};
