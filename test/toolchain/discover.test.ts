import { readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { discover, requireOpenssl, requireToolchain } from "#toolchain/discover.ts";
import { examineTools } from "#toolchain/doctor.ts";
import type { DiscoveryOptions } from "#toolchain/settings.ts";
import { file, script, temporaryFolder } from "./temporary-folder.ts";

const TARGETS = "  Registered Targets:\n    bpf         - BPF (host endian)\n    x86-64      - 64-bit X86\n";
const clangScript = (version: string, targets = TARGETS) => `
case $1 in
  --version) echo "Debian clang version ${version}" ;;
  --print-targets) printf '%s' '${targets}' ;;
esac`;
const NO_BPF = clangScript("19.1.7", "  Registered Targets:\n    x86-64 - 64-bit X86\n");
const bpftoolScript = (version: string, libbpf: string) => `
[ "$1" = -j ] && echo '{"version":"${version}","libbpf_version":"${libbpf}","features":{"skeletons":true}}'`;

/** A machine of its own below a temporary folder: nothing of the real one is looked at. */
async function machine(osRelease = "ID=fedora\n") {
  const root = await temporaryFolder();
  const options: DiscoveryOptions = {
    env: { PATH: join(root, "bin") },
    cwd: root,
    cacheDir: join(root, "cache"),
    probeTimeout: 5000,
    places: {
      systemBin: [join(root, "sbin")],
      linuxTools: join(root, "linux-tools"),
      include: [join(root, "include")],
      osRelease: await file(join(root, "os-release"), osRelease),
      root: true,
    },
  };
  return {
    root,
    options,
    install: (path: string, body: string) => script(join(root, path), body),
    installHeaders: async (folder: string, names = ["helpers", "tracing", "core_read", "helper_defs"]) => {
      for (const name of names) await file(join(root, folder, `bpf_${name}.h`), "");
      const version = "#define LIBBPF_MAJOR_VERSION 1\n#define LIBBPF_MINOR_VERSION 1\n";
      await file(join(root, folder, "libbpf_version.h"), version);
    },
  };
}

async function completeMachine() {
  const complete = await machine();
  await complete.install("bin/clang", clangScript("14.0.6"));
  await complete.install("bin/bpftool", bpftoolScript("7.5.0", "1.5"));
  await complete.installHeaders("include/bpf");
  return complete;
}

async function reportOf(name: string, options: DiscoveryOptions) {
  return (await discover(options)).tools.find((tool) => tool.name === name);
}

describe("discovery", () => {
  it("finds a complete toolchain", async () => {
    const { root, options } = await completeMachine();
    const result = await requireToolchain(options);
    expect(result).toMatchObject({
      ok: true,
      value: {
        clang: { path: join(root, "bin/clang"), version: "14.0.6", bpfTarget: true },
        bpftool: {
          path: join(root, "bin/bpftool"),
          version: "7.5.0",
          libbpf: "1.5",
          features: ["skeletons"],
        },
        headers: { includeDir: join(root, "include"), version: "1.1", helperDefs: true },
      },
    });
  });

  it("asks each binary once, and again only when it has changed", async () => {
    const { root, options, install } = await completeMachine();
    const log = join(root, "log");
    await install("bin/clang", `echo asked >> ${log}\n${clangScript("14.0.6")}`);
    await discover(options);
    await discover(options);
    expect((await readFile(log, "utf8")).split("\n")).toHaveLength(3);
    await install("bin/clang", `echo asked >> ${log}\n${clangScript("15.0.60")}`);
    expect(await reportOf("clang", options)).toMatchObject({ version: "15.0.60" });
  });

  it("does not believe facts of another shape in the cache", async () => {
    const { root, options } = await completeMachine();
    await discover(options);
    const cache = join(root, "cache/tools.json");
    const spoilt = JSON.parse(await readFile(cache, "utf8"));
    for (const key of Object.keys(spoilt.tools)) spoilt.tools[key] = { version: 5 };
    await file(cache, JSON.stringify(spoilt));
    expect(await requireToolchain(options)).toMatchObject({
      ok: true,
      value: { clang: { version: "14.0.6" } },
    });
  });

  it("names the first tool that is missing, and one remedy for all", async () => {
    const { options } = await machine();
    const result = await requireToolchain(options);
    expect(result).toMatchObject({
      ok: false,
      failure: { reason: "tool-missing", tool: "clang", remedy: "dnf install -y clang bpftool libbpf-devel" },
    });
    expect(!result.ok && "tried" in result.failure && result.failure.tried).toContain("clang-14");
  });

  it("ends with the signal of its caller", async () => {
    const { options } = await machine();
    expect(await requireToolchain({ ...options, signal: AbortSignal.abort("SIGINT") })).toMatchObject({
      failure: { reason: "cancelled", signal: "SIGINT" },
    });
  });
});

describe("clang", () => {
  it("is passed over without the bpf target, in favour of a versioned one that has it", async () => {
    const { root, options, install } = await machine();
    await install("bin/clang", NO_BPF);
    await install("bin/clang-16", clangScript("16.0.6"));
    expect(await reportOf("clang", options)).toMatchObject({
      state: "found",
      path: join(root, "bin/clang-16"),
      tried: [
        `${join(root, "bin/clang")}: version 19.1.7 without the bpf target`,
        ...["21", "20", "19", "18", "17"].map((version) => `clang-${version}`),
      ],
    });
  });

  it("counts as missing where the only one lacks the bpf target, and says so", async () => {
    const { root, options, install } = await machine();
    await install("bin/clang", NO_BPF);
    expect(await reportOf("clang", options)).toMatchObject({
      state: "missing",
      detail: `${join(root, "bin/clang")}: version 19.1.7 without the bpf target`,
    });
  });

  it("is too old before 14", async () => {
    const { options, install } = await machine();
    await install("bin/clang", clangScript("13.0.1"));
    expect(await requireToolchain(options)).toMatchObject({
      failure: { reason: "tool-too-old", tool: "clang", version: "13.0.1" },
    });
  });

  it("is the one that the user names, and no other", async () => {
    const { root, options, install } = await machine();
    await install("bin/clang", clangScript("14.0.6"));
    await install("bin/clang-19", clangScript("19.1.7"));
    const path = async (more: DiscoveryOptions) => (await reportOf("clang", { ...options, ...more }))?.path;
    const env = { PATH: join(root, "bin") };
    expect(await path({ env: { ...env, LLVM: "-19" } })).toBe(join(root, "bin/clang-19"));
    expect(await path({ env: { ...env, LLVM: `${root}/bin/` } })).toBe(join(root, "bin/clang"));
    expect(await path({ env: { ...env, CLANG: "bin/clang-19" } })).toBe(join(root, "bin/clang-19"));
    expect(await path({ env: { ...env, CLANG: "clang-19" }, clang: "clang" })).toBe(join(root, "bin/clang"));
    expect(await path({ env: { ...env, CLANG: "clang-20" } })).toBeUndefined();
  });

  it("that crashes or hangs is passed over with the reason", async () => {
    const { root, options, install } = await machine();
    await install("bin/clang", "echo cannot open shared object >&2; exit 127");
    await install("bin/clang-21", "kill -ABRT $$");
    await install("bin/clang-20", "sleep 30");
    await install("bin/clang-19", "echo hello");
    await install("bin/clang-18", clangScript("18.1.3"));
    const found = async (probeTimeout: number): ReturnType<typeof reportOf> => {
      const report = await reportOf("clang", { ...options, probeTimeout });
      // Where a machine is so busy that others have no end either, they get more time.
      const hung = report?.tried.filter((one) => one.includes("no end")).length ?? 0;
      return hung > 1 || report?.state !== "found" ? found(4 * probeTimeout) : report;
    };
    const report = await found(300);
    expect(report).toMatchObject({ state: "found", version: "18.1.3" });
    expect(report?.tried).toEqual([
      `${join(root, "bin/clang")}: exit status 127: cannot open shared object`,
      `${join(root, "bin/clang-21")}: signal SIGABRT`,
      expect.stringMatching(/clang-20: no end after [\d.]+ s$/),
      `${join(root, "bin/clang-19")}: does not say a clang version`,
    ]);
  });
});

describe("bpftool", () => {
  it("that is new enough wins over an older one before it", async () => {
    const { root, options, install } = await machine();
    await install("bin/bpftool", bpftoolScript("7.1.0", "1.1"));
    await install("sbin/bpftool", "echo WARNING: bpftool not found for kernel 6.8 >&2; exit 2");
    await install("linux-tools/6.8.0-71/bpftool", bpftoolScript("7.4.0", "1.4"));
    expect(await reportOf("bpftool", options)).toMatchObject({
      state: "found",
      path: join(root, "linux-tools/6.8.0-71/bpftool"),
      detail: "7.4.0 (libbpf 1.4)",
    });
  });

  it("is taken from the unpacked tools first, through their link", async () => {
    const { root, options, install } = await completeMachine();
    await install("cache/tools/bpftool_7.5.0/usr/sbin/bpftool", bpftoolScript("7.5.0", "1.5"));
    await symlink("bpftool_7.5.0", join(root, "cache/tools/bpftool"));
    expect((await reportOf("bpftool", options))?.path).toBe(
      join(root, "cache/tools/bpftool/usr/sbin/bpftool"),
    );
  });

  it("is too old with libbpf 1.1: the newest found is named with both versions", async () => {
    const { root, options, install } = await completeMachine();
    await install("bin/bpftool", '[ "$1" = -j ] && echo \'{"version":"5.10.0"}\'');
    await install("sbin/bpftool", bpftoolScript("7.1.0", "1.1"));
    expect(await requireToolchain(options)).toEqual({
      ok: false,
      failure: {
        reason: "tool-too-old",
        tool: "bpftool",
        path: join(root, "sbin/bpftool"),
        version: "7.1.0 (libbpf 1.1)",
        needed: "bpftool with libbpf 1.2 or newer",
        remedy: "dnf install -y bpftool",
      },
    });
  });

  it("may know no -j", async () => {
    const { options, install } = await completeMachine();
    await install(
      "bin/bpftool",
      '[ "$1" = version ] || exit 255\nprintf "bpftool v7.6.0\\nusing libbpf v1.6\\n"',
    );
    expect(await reportOf("bpftool", options)).toMatchObject({
      state: "found",
      detail: "7.6.0 (libbpf 1.6)",
    });
  });
});

describe("libbpf's headers", () => {
  it("come from the kernel tree where one is given, helper definitions to be made", async () => {
    const { root, options, installHeaders } = await completeMachine();
    await installHeaders("linux/tools/lib/bpf", ["helpers", "tracing", "core_read"]);
    const result = await requireToolchain({ ...options, kernelTree: "linux" });
    expect(result).toMatchObject({
      value: { headers: { includeDir: join(root, "linux/tools/lib"), version: "1.1", helperDefs: false } },
    });
  });

  it("name what a folder lacks", async () => {
    const { root, options, installHeaders } = await completeMachine();
    await installHeaders("half/bpf", ["helpers", "tracing", "core_read"]);
    expect(await requireToolchain({ ...options, libbpfHeaders: "half" })).toMatchObject({
      failure: {
        reason: "tool-missing",
        tool: "libbpf's headers",
        tried: [`${join(root, "half/bpf")}: no bpf_helper_defs.h`],
        remedy: "dnf install -y libbpf-devel",
      },
    });
  });
});

describe("openssl", () => {
  it.each([
    { says: "OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)", version: "3.0.19" },
    { says: "OpenSSL 3.5.7 9 Jun 2026", version: "3.5.7" },
  ])("of $version is taken", async ({ says, version }) => {
    const { root, options, install } = await machine();
    await install("bin/openssl", `[ "$1" = version ] && echo "${says}"`);
    expect(await requireOpenssl(options)).toMatchObject({
      ok: true,
      value: { version, path: join(root, "bin/openssl") },
    });
  });

  it.each([
    { says: "OpenSSL 1.1.1w  11 Sep 2023", failure: { reason: "tool-too-old", version: "1.1.1" } },
    { says: "LibreSSL 3.8.2", failure: { reason: "tool-missing" } },
  ])("that says $says is not", async ({ says, failure }) => {
    const { options, install } = await machine();
    await install("bin/openssl", `echo "${says}"`);
    const remedy = "dnf install -y openssl";
    expect(await requireOpenssl(options)).toMatchObject({ ok: false, failure: { ...failure, remedy } });
  });

  it("that is missing is told with the distribution's command", async () => {
    const { options } = await machine("ID=arch\n");
    expect(await requireOpenssl(options)).toEqual({
      ok: false,
      failure: {
        reason: "tool-missing",
        tool: "openssl",
        tried: ["openssl"],
        remedy: "pacman -S --needed openssl",
      },
    });
  });
});

describe("the doctor", () => {
  it("is content without the optional openssl and python3", async () => {
    const { options } = await completeMachine();
    const report = await examineTools(options);
    expect(report).toMatchObject({ schema: 1, healthy: true });
    expect(report.remedy).toBeUndefined();
    expect(report.tools.map(({ name, state, optional }) => [name, state, optional])).toEqual([
      ["clang", "found", false],
      ["bpftool", "found", false],
      ["libbpf", "found", false],
      ["openssl", "missing", true],
      ["python3", "missing", true],
    ]);
  });

  it("names a remedy that leaves the optional out", async () => {
    const { options, install } = await completeMachine();
    await install("bin/bpftool", bpftoolScript("7.1.0", "1.1"));
    expect(await examineTools(options)).toMatchObject({ healthy: false, remedy: "dnf install -y bpftool" });
  });

  it("gives plain data", async () => {
    const { options } = await machine();
    const report = await examineTools(options);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe("this machine's own tools", async () => {
  const { tools } = await discover();
  const missing = tools
    .filter(({ optional, state }) => !optional && state !== "found")
    .map(({ name }) => name);

  it.skipIf(missing.length > 0)(
    `are found again from the cache (missing here: ${missing.join(", ") || "none"})`,
    async () => {
      expect((await discover()).tools).toEqual(tools);
      expect(await requireToolchain()).toMatchObject({ ok: true });
    },
  );
});
