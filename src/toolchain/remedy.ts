import { shellWord } from "./command-line.ts";
import type { OsRelease } from "./os-release.ts";
import type { PackagedTool } from "./toolchain.ts";

/**
 * The one command that installs what is missing. It runs as it stands: as root, or for others through sudo.
 */
export type RemedyOptions = {
  readonly root: boolean;
  /** A checkout's scripts/setup, which leaves apt's configuration alone. */
  readonly setupScript: string | undefined;
};

type Family = "debian" | "ubuntu" | "fedora" | "arch";

const PACKAGES: Readonly<Record<Family, Readonly<Record<PackagedTool, readonly string[]>>>> = {
  debian: {
    clang: ["clang"],
    bpftool: ["bpftool"],
    libbpf: ["libbpf-dev"],
    openssl: ["openssl"],
    pkcs11: ["libengine-pkcs11-openssl"],
  },
  ubuntu: {
    clang: ["clang"],
    bpftool: ["linux-tools-common", "linux-tools-generic"],
    libbpf: ["libbpf-dev"],
    openssl: ["openssl"],
    pkcs11: ["libengine-pkcs11-openssl"],
  },
  fedora: {
    clang: ["clang"],
    bpftool: ["bpftool"],
    libbpf: ["libbpf-devel"],
    openssl: ["openssl"],
    pkcs11: ["pkcs11-provider"],
  },
  arch: { clang: ["clang"], bpftool: ["bpf"], libbpf: ["libbpf"], openssl: ["openssl"], pkcs11: ["libp11"] },
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

/** Releases of Debian whose own bpftool is too old, while that of their backports is not. */
const NEEDS_BACKPORTS: ReadonlySet<string> = new Set(["bookworm"]);

/** @returns undefined where nothing is missing or the distribution is none of those known here */
export function remedyFor(
  os: OsRelease,
  tools: readonly PackagedTool[],
  options: RemedyOptions,
): string | undefined {
  if (tools.length === 0) return undefined;
  const family = [os.id, ...os.idLike].map((id) => FAMILIES[id]).find((known) => known !== undefined);
  if (family === undefined) return undefined;
  const packages = tools.flatMap((tool) => PACKAGES[family][tool]);
  const sudo = options.root ? "" : "sudo ";
  switch (family) {
    case "debian":
    case "ubuntu":
      if (options.setupScript !== undefined) return `${sudo}${shellWord(options.setupScript)}`;
      return os.id === "debian" && tools.includes("bpftool") && NEEDS_BACKPORTS.has(os.codename ?? "")
        ? withBackports(os.codename ?? "", packages, sudo)
        : `${sudo}apt-get update && ${sudo}apt-get install -y ${packages.join(" ")}`;
    case "fedora":
      return `${sudo}dnf install -y ${packages.join(" ")}`;
    case "arch":
      return `${sudo}pacman -S --needed ${packages.join(" ")}`;
  }
}

/**
 * Adds the backports of the mirror that the machine uses already (not of one that it may be unable to reach), and
 * takes bpftool alone from there. apt knows a source's origin only once its lists are fetched, hence two updates.
 */
function withBackports(codename: string, packages: readonly string[], sudo: string): string {
  const suite = `${codename}-backports`;
  const mirror = `$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Codename: ${codename}' | head -n 1)`;
  const names = packages.map((name) => (name === "bpftool" ? `bpftool/${suite}` : name));
  return [
    `${sudo}apt-get update`,
    `echo "deb ${mirror} ${suite} main" | ${sudo}tee /etc/apt/sources.list.d/${suite}.list`,
    `${sudo}apt-get update`,
    `${sudo}apt-get install -y ${names.join(" ")}`,
  ].join(" && ");
}
