import { describe, expect, it } from "vitest";
import { headersCandidates, parseLibbpfVersion } from "#toolchain/libbpf-headers.ts";
import { bpftoolKind, bpftoolNames, parseBpftoolJson, parseBpftoolText } from "#toolchain/tools/bpftool.ts";
import { clangKind, clangNames, hasBpfTarget, parseClangVersion } from "#toolchain/tools/clang.ts";
import { parsePythonVersion } from "#toolchain/tools/python.ts";
import { compareVersions, isAtLeast, leadingVersion } from "#toolchain/version.ts";

describe("versions", () => {
  it("compare part by part, a missing part being 0", () => {
    expect(compareVersions("1.10", "1.9")).toBeGreaterThan(0);
    expect(compareVersions("1.2", "1.2.0")).toBe(0);
    expect(isAtLeast("1.1.9", "1.2")).toBe(false);
  });

  it("are read from the start of a text", () => {
    expect([leadingVersion(" v7.5.0"), leadingVersion("19.1.7 (3~deb12u1)"), leadingVersion("x1")]).toEqual([
      "7.5.0",
      "19.1.7",
      undefined,
    ]);
  });
});

describe("clang", () => {
  it("is looked for as `clang` and then by versioned names, newest first", () => {
    const names = clangNames(undefined, undefined);
    expect(names.slice(0, 3)).toEqual(["clang", "clang-21", "clang-20"]);
    expect(names.at(-1)).toBe("clang-14");
  });

  it.each([
    { clang: "/x/clang", llvm: "-19", names: ["/x/clang"] },
    { clang: undefined, llvm: "-19", names: ["clang-19"] },
    { clang: undefined, llvm: "/opt/llvm/bin/", names: ["/opt/llvm/bin/clang"] },
    { clang: undefined, llvm: "1", names: ["clang"] },
  ])("CLANG=$clang LLVM=$llvm leaves $names", ({ clang, llvm, names }) => {
    expect(clangNames(clang, llvm)).toEqual(names);
  });

  it.each([
    ["Debian clang version 14.0.6\nTarget: x86_64-pc-linux-gnu\n", "14.0.6"],
    ["clang version 20.1.8 (Fedora 20.1.8-4.fc42)\n", "20.1.8"],
    ["Ubuntu clang version 18.1.3 (1ubuntu1)\n", "18.1.3"],
    ["clang version 22.0.0git (https://example.org/llvm 0123abc)\n", "22.0.0"],
    ["gcc (Debian 12.2.0-14) 12.2.0\n", undefined],
  ])("says its version in %j", (text, version) => {
    expect(parseClangVersion(text)).toBe(version);
  });

  it("has the bpf target where a line of its own names it", () => {
    expect(hasBpfTarget("  Registered Targets:\n    bpf         - BPF (host endian)\n")).toBe(true);
    expect(
      hasBpfTarget("  Registered Targets:\n    bpfel - BPF (little endian)\n    x86 - no bpf - here\n"),
    ).toBe(false);
  });

  it("must be 14 or newer and have the target", () => {
    expect(clangKind.shortcoming({ version: "14.0.0", bpfTarget: true })).toBeUndefined();
    expect(clangKind.shortcoming({ version: "13.0.1", bpfTarget: true })).toMatchObject({ tooOld: true });
    expect(clangKind.shortcoming({ version: "19.1.7", bpfTarget: false })).toEqual({
      tooOld: false,
      why: "version 19.1.7 without the bpf target",
    });
  });
});

describe("bpftool", () => {
  it("says its version in JSON", () => {
    const text =
      '{"version":"7.5.0","libbpf_version":"1.5","features":{"libbfd":false,"llvm":true,"skeletons":true}}';
    expect(parseBpftoolJson(text)).toEqual({
      version: "7.5.0",
      libbpf: "1.5",
      features: ["llvm", "skeletons"],
    });
  });

  it("may be too old to name its libbpf", () => {
    const facts = parseBpftoolJson('{"version":"5.10.0","features":{"libbfd":true}}');
    expect(facts).toEqual({ version: "5.10.0", features: ["libbfd"] });
    expect(facts && bpftoolKind.shortcoming(facts)).toEqual({
      tooOld: true,
      why: "version 5.10.0 (libbpf older than 1.0)",
    });
  });

  it.each(["", "null", "[]", "{}", '{"version":7}', '{"version":"new"}', "bpftool v7.5.0"])(
    "does not say it in %j",
    (text) => {
      expect(parseBpftoolJson(text)).toBeUndefined();
    },
  );

  it("says it in plain text, behind the path that it was called by", () => {
    expect(
      parseBpftoolText("/usr/sbin/bpftool v7.1.0\nusing libbpf v1.1\nfeatures: libbpf_strict, llvm\n"),
    ).toEqual({
      version: "7.1.0",
      libbpf: "1.1",
      features: ["libbpf_strict", "llvm"],
    });
    expect(parseBpftoolText("bpftool v7.5.0\nusing libbpf v1.5\nfeatures:\n")).toMatchObject({
      features: [],
    });
    expect(parseBpftoolText("WARNING: bpftool not found for kernel 6.8\n")).toBeUndefined();
  });

  it("needs libbpf 1.2", () => {
    expect(bpftoolKind.shortcoming({ version: "7.2.0", libbpf: "1.2", features: [] })).toBeUndefined();
    expect(bpftoolKind.shortcoming({ version: "7.1.0", libbpf: "1.1", features: [] })).toMatchObject({
      why: "version 7.1.0 (libbpf 1.1)",
    });
  });

  it("is looked for in the unpacked tools, on PATH, in system folders, then by kernel from the newest on", () => {
    const kernels = ["6.8.0-9-generic", "6.8.0-71-generic", "6.11.0-1-generic"];
    const places = {
      toolsDirs: ["/tools", "/checkout/tools"],
      systemBin: ["/usr/sbin"],
      linuxTools: "/lt",
      kernels,
    };
    expect(bpftoolNames({ named: undefined, ...places })).toEqual([
      "/tools/bpftool/usr/sbin/bpftool",
      "/checkout/tools/bpftool/usr/sbin/bpftool",
      "bpftool",
      "/usr/sbin/bpftool",
      "/lt/6.11.0-1-generic/bpftool",
      "/lt/6.8.0-71-generic/bpftool",
      "/lt/6.8.0-9-generic/bpftool",
    ]);
    expect(bpftoolNames({ named: "/my/bpftool", ...places })).toEqual(["/my/bpftool"]);
  });
});

describe("libbpf's headers", () => {
  it("say their version", () => {
    const header = "#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 5\n";
    expect(parseLibbpfVersion(header)).toBe("1.5");
    expect(parseLibbpfVersion("#define LIBBPF_MAJOR_VERSION 1\n")).toBeUndefined();
  });

  it("are looked for in the kernel tree and then in the system", () => {
    expect(headersCandidates(undefined, "/linux", ["/usr/include"])).toEqual([
      { includeDir: "/linux/tools/lib", generatesHelperDefs: true },
      { includeDir: "/usr/include", generatesHelperDefs: false },
    ]);
  });

  it("are looked for only in the folder that the user names, which may be `bpf` itself", () => {
    const folders = (named: string) =>
      headersCandidates(named, "/linux", ["/usr/include"]).map((c) => c.includeDir);
    expect(folders("/my/include")).toEqual(["/my/include"]);
    expect(folders("/my/include/bpf")).toEqual(["/my/include/bpf", "/my/include"]);
  });
});

it("python3 says its version", () => {
  expect([
    parsePythonVersion("Python 3.11.2\n"),
    parsePythonVersion("pyenv: python3: command not found"),
  ]).toEqual(["3.11.2", undefined]);
});
