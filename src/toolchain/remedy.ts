import { shellWord } from "./command-line.ts";
import type { OsRelease } from "./os-release.ts";
import type { PackagedTool } from "./toolchain.ts";

/**
 * The one command that installs what is missing. It runs as it stands, by the user who reads it: what wants root goes
 * through sudo, and what lies in a user's own cache does not, for root's cache helps nobody else.
 */
export type RemedyOptions = {
  readonly root: boolean;
  /** A checkout's scripts/setup, which leaves apt's configuration alone. */
  readonly setupScript: string | undefined;
};

type Family = "debian" | "ubuntu" | "fedora" | "arch";

type Packages = Readonly<Record<PackagedTool, readonly string[]>>;

const DEBIAN: Packages = {
  clang: ["clang"],
  bpftool: ["bpftool"],
  libbpf: ["libbpf-dev"],
  openssl: ["openssl"],
  pkcs11: ["libengine-pkcs11-openssl"],
  gcc: ["gcc", "libc6-dev"],
  make: ["make"],
  pahole: ["pahole"],
  bsdtar: ["libarchive-tools"],
  "gcc-arm64": ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
  "gcc-riscv": ["gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross"],
  "qemu-x86": ["qemu-system-x86"],
  "qemu-arm64": ["qemu-system-arm"],
  "qemu-riscv": ["qemu-system-riscv", "opensbi"],
};

const PACKAGES: Readonly<Record<Family, Packages>> = {
  debian: DEBIAN,
  ubuntu: {
    ...DEBIAN,
    bpftool: ["linux-tools-common", "linux-tools-generic"],
    "qemu-riscv": ["qemu-system-misc", "opensbi"],
  },
  fedora: {
    clang: ["clang"],
    bpftool: ["bpftool"],
    libbpf: ["libbpf-devel"],
    openssl: ["openssl"],
    pkcs11: ["pkcs11-provider"],
    gcc: ["gcc", "glibc-static"],
    make: ["make"],
    pahole: ["dwarves"],
    bsdtar: ["bsdtar"],
    "gcc-arm64": ["gcc-aarch64-linux-gnu"],
    "gcc-riscv": ["gcc-riscv64-linux-gnu"],
    "qemu-x86": ["qemu-system-x86"],
    "qemu-arm64": ["qemu-system-aarch64"],
    "qemu-riscv": ["qemu-system-riscv"],
  },
  arch: {
    clang: ["clang"],
    bpftool: ["bpf"],
    libbpf: ["libbpf"],
    openssl: ["openssl"],
    pkcs11: ["libp11"],
    gcc: ["gcc"],
    make: ["make"],
    pahole: ["pahole"],
    bsdtar: ["libarchive"],
    "gcc-arm64": ["aarch64-linux-gnu-gcc"],
    "gcc-riscv": ["riscv64-linux-gnu-gcc"],
    "qemu-x86": ["qemu-system-x86"],
    "qemu-arm64": ["qemu-system-aarch64"],
    "qemu-riscv": ["qemu-system-riscv"],
  },
};

/** Which family's packages each ID of os-release(5) goes by. */
const FAMILIES: Readonly<Record<string, Family>> = {
  debian: "debian",
  ubuntu: "ubuntu",
  fedora: "fedora",
  rhel: "fedora",
  centos: "fedora",
  arch: "arch",
};

/** By release of Debian, the tools of its own that are too old, while those of its backports are not. */
const FROM_BACKPORTS: Readonly<Record<string, ReadonlySet<PackagedTool>>> = {
  bookworm: new Set(["bpftool", "qemu-x86", "qemu-arm64", "qemu-riscv"]),
};

/** What scripts/setup has to be told, so that it brings a tool. */
const SETUP_OPTIONS: Readonly<Partial<Record<PackagedTool, string>>> = {
  gcc: "--kernel-vm",
  make: "--kernel-vm",
  pahole: "--kernel-vm",
  "qemu-x86": "--kernel-vm",
  "gcc-arm64": "--kernel-vm-arm64",
  "qemu-arm64": "--kernel-vm-arm64",
  "gcc-riscv": "--kernel-vm-riscv64",
  "qemu-riscv": "--kernel-vm-riscv64",
};

/** @returns undefined where nothing is missing or the distribution is none of those known here */
export function remedyFor(
  os: OsRelease,
  tools: readonly PackagedTool[],
  { root, setupScript }: RemedyOptions,
): string | undefined {
  if (tools.length === 0) return undefined;
  const family = [os.id, ...os.idLike].map((id) => FAMILIES[id]).find((known) => known !== undefined);
  if (family === undefined) return undefined;
  const packages = (some: readonly PackagedTool[]) => [
    ...new Set(some.flatMap((tool) => PACKAGES[family][tool])),
  ];
  const sudo = root ? "" : "sudo ";
  switch (family) {
    case "debian":
    case "ubuntu": {
      if (root && setupScript !== undefined) return setup(setupScript, tools);
      const newer = os.id === "debian" ? FROM_BACKPORTS[os.codename ?? ""] : undefined;
      const old = tools.filter((tool) => newer?.has(tool));
      if (setupScript === undefined && old.length > 0) {
        return withBackports(os.codename ?? "", packages(tools), packages(old), sudo);
      }
      // The script unpacks these in the user's own cache, which takes no root.
      const system = tools.filter((tool) => setupScript === undefined || !old.includes(tool));
      return [
        ...(system.length === 0 ? [] : [aptInstall(packages(system), sudo)]),
        ...(setupScript === undefined || old.length === 0 ? [] : [setup(setupScript, old)]),
      ].join(" && ");
    }
    case "fedora":
      return `${sudo}dnf install -y ${packages(tools).join(" ")}`;
    case "arch":
      return `${sudo}pacman -S --needed ${packages(tools).join(" ")}`;
  }
}

function setup(script: string, tools: readonly PackagedTool[]): string {
  const options = new Set(tools.flatMap((tool) => SETUP_OPTIONS[tool] ?? []));
  // Those for other machines bring what this one does.
  if (options.has("--kernel-vm-arm64") || options.has("--kernel-vm-riscv64")) options.delete("--kernel-vm");
  return [shellWord(script), ...options].join(" ");
}

function aptInstall(packages: readonly string[], sudo: string): string {
  return `${sudo}apt-get update && ${sudo}apt-get install -y ${packages.join(" ")}`;
}

/**
 * Adds the backports of the mirror that the machine uses already (not of one that it may be unable to reach), and
 * takes from there only what is too old. apt knows a source's origin only once its lists are fetched, hence two updates.
 */
function withBackports(
  codename: string,
  packages: readonly string[],
  old: readonly string[],
  sudo: string,
): string {
  const suite = `${codename}-backports`;
  const mirror = `$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Codename: ${codename}' | head -n 1)`;
  const names = packages.map((name) => (old.includes(name) ? `${name}/${suite}` : name));
  return [
    `${sudo}apt-get update`,
    `echo "deb ${mirror} ${suite} main" | ${sudo}tee /etc/apt/sources.list.d/${suite}.list`,
    `${sudo}apt-get update`,
    `${sudo}apt-get install -y ${names.join(" ")}`,
  ].join(" && ");
}
