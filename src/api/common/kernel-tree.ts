import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The kernel source tree that a folder lies in. */
export function treeAround(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const marks = ["tools/include/uapi/linux/bpf.h", "scripts/bpf_doc.py", "Kbuild"];
    if (existsSync(join(at, "arch")) && marks.some((mark) => existsSync(join(at, mark)))) return at;
    if (dirname(at) === at) return undefined;
  }
}
