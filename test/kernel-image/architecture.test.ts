import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { decodeBtf } from "#formats/btf/decode.ts";
import { btfArchitecture } from "#kernel-image/architecture.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";

/** BTF of a kernel that has these structs, each with an int in it. */
function btfWith(structs: readonly string[]): Uint8Array {
  const builder = new BtfBuilder();
  const int = builder.int("int", 4, 1);
  for (const name of structs) builder.struct(name, 4, [{ name: "first", type: int, at: 0 }]);
  return builder.build();
}

/** As Debian's kernels have them (6.12 for amd64, arm64, riscv64), and LoongArch's sources. */
const KERNELS = [
  { arch: "arm64", structs: ["thread_struct", "cpuinfo_arm64", "user_fpsimd_state"] },
  { arch: "riscv", structs: ["thread_struct", "__riscv_d_ext_state", "riscv_cpuinfo"] },
  { arch: "loongarch", structs: ["thread_struct", "loongarch_fpu", "cpuinfo_loongarch"] },
  { arch: "x86", structs: ["thread_struct", "cpuinfo_x86", "fpu"] },
] as const;

describe("the architecture that a kernel's types are of", () => {
  it.each([
    ...KERNELS,
    { arch: undefined, structs: ["thread_struct"] },
    { arch: undefined, structs: ["cpuinfo_x86", "cpuinfo_arm64"] },
  ])("is $arch with $structs", ({ arch, structs }) => {
    const btf = decodeBtf(btfWith(structs));
    expect(btf.ok && btfArchitecture(btf.value)).toBe(arch);
  });

  it.each(KERNELS)("is what a build is for where nothing else tells: $arch", async ({ arch, structs }) => {
    const cwd = newFolder();
    const vmlinux = write(join(cwd, "btf"), btfWith(structs));
    const words = ["build", "image_size.h", "--vmlinux", vmlinux, "--max-kernel", "32M"];
    const plain = await cli(words, { cwd });
    expect(plain.stdout).toMatch(new RegExp(`^for +${arch},`, "m"));
    expect(plain.stderr).not.toContain("warning");
    const other = arch === "x86" ? "riscv" : "x86";
    const { stdout, stderr } = await cli([...words, "--arch", other], { cwd });
    expect(stdout).toMatch(new RegExp(`^for +${other},`, "m"));
    expect(stderr).toContain(`warning: the types of ${vmlinux} are ${arch}'s, the build is for ${other}\n`);
  });
});
