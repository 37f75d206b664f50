import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EM } from "#formats/elf/constants.ts";
import { encodeObject } from "#formats/elf/object.ts";
import type { ZbootArch } from "#formats/zboot/encode.ts";
import { cli, cliOk, type Outcome } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { machineCode } from "../support/machine-code.ts";
import { encodeZbootImage } from "../support/zboot-image.ts";

/** Machine code as it is found in kernels; a header that an Image has is put before it. */
export function imageFor(arch: "arm64" | "riscv"): Buffer {
  const image = machineCode(300_001);
  image.fill(0, 0, 64);
  image.writeBigUInt64LE(BigInt(image.length), 0x10);
  image.write(arch === "arm64" ? "ARM\x64" : "RSC\x05", 0x38, "latin1");
  return image;
}

export async function zbootFor(arch: ZbootArch, compression = "gzip"): Promise<Buffer> {
  const zboot = expectValue(
    await encodeZbootImage({
      arch,
      compression,
      image: imageFor(arch === "riscv" ? arch : "arm64"),
    }),
  );
  return Buffer.from(zboot);
}

/** A bytecode object; `mark` tells one from another. */
export function bytecode(mark = "one"): Buffer {
  return Buffer.from(
    encodeObject({
      machine: EM.AARCH64,
      symbols: [
        { name: "opts_data", bytes: Buffer.from(`data ${mark}\0`) },
        { name: "opts_insn", bytes: Buffer.from(`insn ${mark}\0`) },
      ],
    }),
  );
}

/** A folder with files in it, and the program run there. */
export class Workplace {
  readonly folder = newFolder();

  file(name: string, content: string | Uint8Array): string {
    return write(join(this.folder, name), content);
  }

  read(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  run(...words: readonly string[]): Promise<Outcome> {
    return cli(words, { cwd: this.folder });
  }

  ok(...words: readonly string[]): Promise<Outcome> {
    return cliOk(words, { cwd: this.folder });
  }

  /** The report that `--json` prints. */
  async json<T>(...words: readonly string[]): Promise<T> {
    return JSON.parse((await this.ok(...words, "--json")).stdout) as T;
  }
}
