import { mkdir } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ARCHITECTURES, hostArchitecture, MACHINES, parseArchitecture } from "#kernel-image/architecture.ts";
import { imageCandidates, locate, vmlinuxCandidates } from "#kernel-image/locate.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

describe("vmlinux", () => {
  test("is looked for in O, KBUILD_OUTPUT, the tree, and where the running kernel has it", () =>
    expect(vmlinuxCandidates({ out: "/o", kbuildOutput: "/k", tree: "/t" })).toEqual([
      "/o/vmlinux",
      "/k/vmlinux",
      "/t/vmlinux",
      "/sys/kernel/btf/vmlinux",
      `/boot/vmlinux-${release()}`,
      `/boot/vmlinuz-${release()}`,
    ]));

  test("is looked for in fewer places where these are not given", () =>
    expect(vmlinuxCandidates({ out: "/o", kbuildOutput: undefined, tree: undefined }).slice(0, 2)).toEqual([
      "/o/vmlinux",
      "/sys/kernel/btf/vmlinux",
    ]));
});

describe("the kernel image", () => {
  const places = { out: "/o", kbuildOutput: "/k", tree: "/t" };

  test("is looked for in O and in build trees, the uncompressed one first", () =>
    expect(imageCandidates(places, "riscv")).toEqual(
      ["/o", "/k", "/t"].flatMap((folder) =>
        ["vmlinux.bin", "Image", "vmlinux.efi", "vmlinuz.efi", "Image.gz"].map(
          (name) => `${folder}/arch/riscv/boot/${name}`,
        ),
      ),
    ));

  test("is a bzImage on x86, and is looked for in O alone without a build tree", () => {
    expect(imageCandidates({ ...places, kbuildOutput: undefined }, "x86")).toEqual([
      "/o/arch/x86/boot/bzImage",
      "/t/arch/x86/boot/bzImage",
    ]);
    expect(imageCandidates({ out: "/o", kbuildOutput: undefined, tree: undefined }, "x86")).toEqual([
      "/o/arch/x86/boot/bzImage",
    ]);
  });
});

describe("locate", () => {
  test("takes the first that is a file, and says what it passed", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "folder"));
    const [first, second] = [await file(join(folder, "first"), "1"), await file(join(folder, "second"), "2")];
    const passed = [join(folder, "none"), join(folder, "folder"), join(first, "below-a-file")];
    expect(await locate("vmlinux", [...passed, first, second], "O=")).toEqual({
      ok: true,
      value: { path: first, passed },
    });
  });

  test("names all candidates where none is a file", async () => {
    const folder = await temporaryFolder();
    const tried = [join(folder, "none"), folder];
    expect(await locate("vmlinux", tried, "--vmlinux or O=")).toEqual({
      ok: false,
      failure: { reason: "input-not-found", what: "vmlinux", tried, hint: "--vmlinux or O=" },
    });
  });
});

describe("architectures", () => {
  test("are known by the names of ARCH, uname -m, Node and Debian", () => {
    const names = {
      arm64: ["arm64", "aarch64"],
      riscv: ["riscv", "riscv64"],
      loongarch: ["loongarch", "loongarch64", "loong64"],
      x86: ["x86", "x86_64", "x64", "amd64"],
    };
    for (const [arch, aliases] of Object.entries(names)) {
      for (const alias of aliases) expect(parseArchitecture(alias), alias).toBe(arch);
    }
  });

  test.each(["", "arm", "ARM64", "i386", "constructor", "__proto__", "toString"])(
    "are not called %j",
    (name) => expect(parseArchitecture(name)).toBeUndefined(),
  );

  test("have the machine numbers of the ELF specification", () =>
    expect(ARCHITECTURES.map((arch) => MACHINES[arch])).toEqual([183, 243, 258, 62]));

  test("include this machine's", () => expect(ARCHITECTURES).toContain(hostArchitecture()));
});
