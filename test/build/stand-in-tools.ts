import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import type { BuildContext } from "#build/context.ts";
import { ok } from "#core/result.ts";
import { encodeElf } from "#formats/elf/encode.ts";
import type { KernelReader } from "#kernel-image/reader.ts";
import { skeletonText } from "../formats/light-skeleton/skeleton-text.ts";
import { zbootFor } from "../pack/samples.ts";
import { newFolder, script, write } from "../support/kernel-tree.ts";

/** What a build needs of a machine, in a moment: tools that copy what they are to make, headers, a kernel. */
export type StandIns = {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly include: string;
  readonly vmlinux: string;
  readonly image: string;
  /** A vmlinux.h, which no BTF has to be made for. */
  readonly header: string;
  readonly zboot: string;
  readonly initrd: string;
  /** The tools that were run since the last time this was asked, without what is asked of them once. */
  readonly ran: () => readonly string[];
  readonly sharing: BuildContext["sharing"] & { readonly kernels: KernelReader };
};

const OBJECT = encodeElf({
  type: 1,
  machine: 247,
  layout: "headers-first",
  sections: [{ name: ".text", type: 1, flags: 6n, data: Buffer.alloc(8) }],
});

export async function standIns(): Promise<StandIns> {
  const folder = newFolder("machine");
  const bin = join(folder, "bin");
  const at = (name: string, content: string | Uint8Array) => write(join(folder, name), content);
  const [object, skeleton, log] = [at("object", OBJECT), at("skeleton", skeletonText()), join(folder, "log")];
  script(
    join(bin, "clang"),
    `PATH=/usr/bin:/bin
case "$1" in
  --version) echo "clang version 19.1.7"; exit ;;
  --print-targets) echo "    bpf - BPF"; exit ;;
esac
while [ "$1" != -c ]; do shift; done
echo "clang $2" >> ${log}
[ ! -e ${folder}/broken ] || exit 1
cp ${object} "$4"
echo "x.o: $2 $(cat ${folder}/found)"`,
  );
  script(
    join(bin, "bpftool"),
    `PATH=/usr/bin:/bin
case "$*" in
  *version) echo '{"version":"7.5.0","libbpf_version":"1.5","features":{}}' ;;
  "gen help") [ -e ${folder}/unsigned ] || echo "--sign" ;;
  *) echo "bpftool $1 $2" >> ${log}; cat ${skeleton} ;;
esac`,
  );
  at("found", "");
  for (const name of ["bpf_helpers.h", "bpf_tracing.h", "bpf_core_read.h", "bpf_helper_defs.h"]) {
    at(`include/bpf/${name}`, "");
  }
  mkdirSync(join(folder, "cache"));
  return {
    ...{ folder, include: join(folder, "include") },
    env: { PATH: `${bin}:relative`, KEXEC_BPF_CACHE: join(folder, "cache"), SOURCE_DATE_EPOCH: "7" },
    vmlinux: at("vmlinux", "a kernel"),
    image: at("Image", "an image"),
    header: at("vmlinux.h", "int a;\n"),
    zboot: at("vmlinuz.efi", await zbootFor("arm64")),
    initrd: at("initrd", "initrd"),
    ran: () => {
      const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
      writeFileSync(log, "");
      return lines.filter((line) => line !== "").sort();
    },
    sharing: {
      kernels: {
        btf: async () => ok({ bytes: Buffer.from("BTF"), steps: ["BTF"], identity: { release: "6.12" } }),
        types: async () => ok(profileBtf("v7")),
        measure: async () =>
          ok({ image: 300, kernel: 200, arch: "arm64" as const, release: "6.13", steps: ["Image"] }),
      },
    },
  };
}
