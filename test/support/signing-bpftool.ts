import { existsSync } from "node:fs";
import { join } from "node:path";
import { newFolder, script } from "./kernel-tree.ts";
import { debianPackage } from "./real-inputs.ts";

const LIBRARIES = "usr/lib/x86_64-linux-gnu";
const NEEDED = ["libc6", "libssl3t64", "zlib1g", "libcap2", "libelf1t64", "libzstd1"];

/** A bpftool that signs light skeletons: Debian 13's backport, run with the libraries that it was built for. */
export function signingBpftool(): string {
  const libraries = NEEDED.map((name) => join(debianPackage("trixie", "amd64", name), LIBRARIES));
  const loader = join(libraries[0] ?? "", "ld-linux-x86-64.so.2");
  const bpftool = join(debianPackage("trixie-backports", "amd64", "bpftool"), "usr/sbin/bpftool");
  for (const file of [loader, bpftool]) if (!existsSync(file)) throw new Error(`no ${file}`);
  const words = `'${loader}' --library-path '${libraries.join(":")}' '${bpftool}'`;
  return script(join(newFolder("bpftool"), "bpftool"), `exec ${words} "$@"`);
}
