import { execFileSync } from "node:child_process";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dialectOf } from "#generate/vmlinux-header/dialect.ts";
import { writeVmlinuxHeader } from "#generate/vmlinux-header/write.ts";
import { expectValue } from "../../support/expect-value.ts";
import { withFile } from "../../support/tools.ts";

/** What the installed bpftool prints of these types. */
export function dumped(btf: Uint8Array): string {
  return withFile(btf, (file) =>
    execFileSync("bpftool", ["btf", "dump", "file", file, "format", "c"], {
      encoding: "latin1",
      maxBuffer: 1 << 26,
    }),
  );
}

/** Its version. */
export function bpftoolVersion(): string {
  return /v(\d+\.\d+\.\d+)/.exec(execFileSync("bpftool", ["version"], { encoding: "utf8" }))?.[1] ?? "";
}

/** What our writer makes of them, as a version of bpftool would. */
export function written(btf: Uint8Array, version: string): string {
  const types = expectValue(decodeBtf(btf));
  const dialect = dialectOf(version);
  if (dialect === undefined) throw new Error(`no dialect is known for ${version}`);
  return Buffer.from(expectValue(writeVmlinuxHeader(types, dialect)).text).toString("latin1");
}
