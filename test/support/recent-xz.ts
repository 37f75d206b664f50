import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { debianPackage } from "./real-inputs.ts";

const LIBRARIES = "usr/lib/x86_64-linux-gnu";

let found: readonly string[] | undefined;

/**
 * The words that run an xz with every branch filter: RISC-V's came with 5.6. Where the installed one is older, Debian 13's
 * is taken, with the libraries that it was built for.
 */
export function recentXz(): readonly string[] {
  found ??= findXz();
  return found;
}

function findXz(): readonly string[] {
  const { status } = spawnSync("xz", ["--riscv", "--lzma2", "-c"], { input: "probe" });
  if (status === 0) return ["xz"];
  const [xz = "", lzma = "", libc = ""] = ["xz-utils", "liblzma5", "libc6"].map((name) =>
    debianPackage("trixie", "amd64", name),
  );
  const loader = join(libc, LIBRARIES, "ld-linux-x86-64.so.2");
  if (!existsSync(loader)) throw new Error(`no ${loader}`);
  const path = [join(lzma, LIBRARIES), join(libc, LIBRARIES)].join(":");
  return [loader, "--library-path", path, join(xz, "usr/bin/xz")];
}
