import { userInfo } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";

/**
 * Where tools are looked for. Everything may be left out. An option wins over the environment variable of the
 * same meaning; a tool that the user names is the only candidate, so that a typing error is not passed over.
 */
export type DiscoveryOptions = {
  /** Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. Default: the current folder. */
  readonly cwd?: string;
  /** Path or name of clang. Variable: `CLANG`. */
  readonly clang?: string;
  /** As the kernel's build has it: `-19` (suffix), `/path/bin/` (prefix), `1`. Variable: `LLVM`. */
  readonly llvm?: string;
  /** Path or name of bpftool. Variable: `BPFTOOL`. */
  readonly bpftool?: string;
  /** The folder that has `bpf/bpf_helpers.h`. Variable: `LIBBPF_HEADERS`. */
  readonly libbpfHeaders?: string;
  /** A kernel source tree, whose tools/lib/bpf goes before the system's headers. */
  readonly kernelTree?: string;
  /** Default: `$KEXEC_BPF_CACHE`, else kexec-bpf in `$XDG_CACHE_HOME`, else in `~/.cache`. */
  readonly cacheDir?: string;
  /** A checkout's scripts/setup, whose tools are taken, and which is the remedy where apt is at hand. Default: none. */
  readonly setupScript?: string | undefined;
  /** How long a tool may take to tell its version, in milliseconds. Default 10000. */
  readonly probeTimeout?: number;
  readonly signal?: AbortSignal;
  /** For tests: other places than the system's own. */
  readonly places?: Partial<SystemPlaces>;
};

export type SystemPlaces = {
  /** Folders with system tools that are often missing in a user's PATH. */
  readonly systemBin: readonly string[];
  /** Ubuntu keeps a bpftool for each kernel here. */
  readonly linuxTools: string;
  readonly include: readonly string[];
  readonly osRelease: string;
  /** Whether commands of a remedy run with full rights as they stand. */
  readonly root: boolean;
};

/** The same, complete and resolved: what the inner code works with. */
export type Settings = {
  readonly cwd: string;
  readonly searchPath: string;
  readonly clang: string | undefined;
  readonly llvm: string | undefined;
  readonly bpftool: string | undefined;
  readonly libbpfHeaders: string | undefined;
  readonly kernelTree: string | undefined;
  /** Where scripts/setup unpacked tools: for this user, and for all users of the checkout. */
  readonly toolsDirs: readonly string[];
  readonly cacheDir: string;
  readonly setupScript: string | undefined;
  readonly probeTimeout: number;
  readonly signal: AbortSignal | undefined;
  readonly places: SystemPlaces;
};

export function resolveSettings(options: DiscoveryOptions): Settings {
  const env = options.env ?? process.env;
  const cwd = resolve(options.cwd ?? ".");
  const absolute = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path));
  const cacheDir = resolve(cwd, options.cacheDir ?? cacheFolder(env));
  return {
    cwd,
    searchPath: env["PATH"] ?? "",
    clang: given(options.clang, env["CLANG"]),
    llvm: given(options.llvm, env["LLVM"]),
    bpftool: given(options.bpftool, env["BPFTOOL"]),
    libbpfHeaders: absolute(given(options.libbpfHeaders, env["LIBBPF_HEADERS"])),
    kernelTree: absolute(given(options.kernelTree)),
    toolsDirs: [join(cacheDir, "tools"), ...checkoutTools(options.setupScript)],
    cacheDir,
    setupScript: options.setupScript,
    probeTimeout: options.probeTimeout ?? 10_000,
    signal: options.signal,
    places: {
      systemBin: ["/usr/sbin"],
      linuxTools: "/usr/lib/linux-tools",
      include: ["/usr/include", "/usr/local/include"],
      osRelease: "/etc/os-release",
      root: process.getuid?.() === 0,
      ...options.places,
    },
  };
}

/** What scripts/setup unpacked, where all who may read the checkout find it: root's cache is closed to others. */
function checkoutTools(setupScript: string | undefined): readonly string[] {
  return setupScript === undefined ? [] : [join(dirname(setupScript), "../node_modules/.kexec-bpf/tools")];
}

/** The program's cache folder; scripts/lib.sh has the same rule in shell. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const own = given(env["KEXEC_BPF_CACHE"]);
  if (own !== undefined) return own;
  const base = given(env["XDG_CACHE_HOME"]);
  // The XDG base directory specification: a relative path there is invalid and to be ignored.
  if (base !== undefined && isAbsolute(base)) return join(base, "kexec-bpf");
  return join(given(env["HOME"]) ?? homeOfUser(), ".cache", "kexec-bpf");
}

/** The home folder of the user database; as for bash's `~`, the root folder where it does not know the user. */
function homeOfUser(): string {
  try {
    return userInfo().homedir;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SYSTEM_ERROR") return "/";
    throw error;
  }
}

/** The first value that is set; make and the shell take an empty variable for an unset one. */
function given(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== "");
}
