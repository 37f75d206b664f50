import { describe, expect, it } from "vitest";
import { parseOsRelease } from "#toolchain/os-release.ts";
import { remedyFor } from "#toolchain/remedy.ts";
import { REQUIRED_TOOLS } from "#toolchain/toolchain.ts";

const asRoot = { root: true, setupScript: undefined };
const os = (text: string) => parseOsRelease(text);
const BOOKWORM = os('ID=debian\nVERSION_CODENAME="bookworm"\n');
const TRIXIE = os("ID=debian\nVERSION_CODENAME=trixie\n");
const FEDORA = os("ID=fedora\n");

describe("os-release", () => {
  it("is read with comments, quotes and escapes", () => {
    const text = '# comment\nID="rocky"\nID_LIKE=\'rhel centos fedora\'\nPRETTY_NAME="a \\"b\\""\n\n';
    expect(parseOsRelease(text)).toEqual({
      id: "rocky",
      idLike: ["rhel", "centos", "fedora"],
      codename: undefined,
    });
  });

  it("stands for plain linux where it is empty", () => {
    expect(parseOsRelease("")).toEqual({ id: "linux", idLike: [], codename: undefined });
  });
});

describe("the remedy", () => {
  it("installs all that is missing with one command of the distribution", () => {
    expect(remedyFor(TRIXIE, REQUIRED_TOOLS, asRoot)).toBe(
      "apt-get update && apt-get install -y clang bpftool libbpf-dev",
    );
    expect(remedyFor(FEDORA, REQUIRED_TOOLS, asRoot)).toBe("dnf install -y clang bpftool libbpf-devel");
    expect(remedyFor(os("ID=arch"), REQUIRED_TOOLS, asRoot)).toBe("pacman -S --needed clang bpf libbpf");
    expect(remedyFor(os("ID=ubuntu\nID_LIKE=debian"), ["bpftool"], asRoot)).toBe(
      "apt-get update && apt-get install -y linux-tools-common linux-tools-generic",
    );
  });

  it("installs nothing else", () => {
    expect(remedyFor(FEDORA, ["bpftool"], asRoot)).toBe("dnf install -y bpftool");
    expect(remedyFor(FEDORA, [], asRoot)).toBeUndefined();
  });

  it("follows ID_LIKE, closest first", () => {
    expect(remedyFor(os('ID=rocky\nID_LIKE="rhel fedora"'), ["clang"], asRoot)).toBe("dnf install -y clang");
    expect(remedyFor(os('ID=linuxmint\nID_LIKE="ubuntu debian"'), ["bpftool"], asRoot)).toContain(
      "linux-tools",
    );
  });

  it("is unknown for an unknown distribution", () => {
    expect(remedyFor(os("ID=other"), REQUIRED_TOOLS, asRoot)).toBeUndefined();
  });

  it("takes Debian 12's bpftool, and it alone, from the backports of the machine's own mirror", () => {
    expect(remedyFor(BOOKWORM, REQUIRED_TOOLS, asRoot)).toBe(
      "apt-get update && " +
        `echo "deb $(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Codename: bookworm' | head -n 1)` +
        ` bookworm-backports main" | tee /etc/apt/sources.list.d/bookworm-backports.list && ` +
        "apt-get update && apt-get install -y clang bpftool/bookworm-backports libbpf-dev",
    );
    expect(remedyFor(BOOKWORM, ["clang"], asRoot)).toBe("apt-get update && apt-get install -y clang");
  });

  it("goes through sudo for those who are not root", () => {
    const asUser = { root: false, setupScript: undefined };
    expect(remedyFor(FEDORA, ["clang"], asUser)).toBe("sudo dnf install -y clang");
    expect(remedyFor(BOOKWORM, ["bpftool"], asUser)?.match(/sudo /g)).toHaveLength(4);
  });

  it("is for an ordinary user what helps him: root's cache does not", () => {
    const asUser = { root: false, setupScript: "/tree/scripts/setup" };
    expect(remedyFor(BOOKWORM, ["bpftool"], asUser)).toBe("/tree/scripts/setup");
    expect(remedyFor(BOOKWORM, ["clang", "bpftool", "libbpf"], asUser)).toBe(
      "sudo apt-get update && sudo apt-get install -y clang libbpf-dev && /tree/scripts/setup",
    );
    expect(remedyFor(BOOKWORM, ["qemu-x86", "make"], asUser)).toBe(
      "sudo apt-get update && sudo apt-get install -y make && /tree/scripts/setup --kernel-vm",
    );
    expect(remedyFor(TRIXIE, ["clang", "bpftool"], asUser)).toBe(
      "sudo apt-get update && sudo apt-get install -y clang bpftool",
    );
    expect(remedyFor(os("ID=ubuntu\nID_LIKE=debian"), ["bpftool"], asUser)).toBe(
      "sudo apt-get update && sudo apt-get install -y linux-tools-common linux-tools-generic",
    );
    for (const release of [BOOKWORM, TRIXIE, FEDORA]) {
      expect(remedyFor(release, [...REQUIRED_TOOLS, "qemu-arm64"], asUser)).not.toContain("sudo /tree");
    }
  });

  it("tells the script what the tools are for", () => {
    const asked = { root: true, setupScript: "/tree/scripts/setup" };
    expect(remedyFor(TRIXIE, ["pahole"], asked)).toBe("/tree/scripts/setup --kernel-vm");
    expect(remedyFor(TRIXIE, ["gcc-arm64", "make"], asked)).toBe("/tree/scripts/setup --kernel-vm-arm64");
  });

  it("takes QEMU from the backports as bpftool is, where there is no script", () => {
    const told = remedyFor(BOOKWORM, ["qemu-x86", "gcc"], asRoot);
    expect(told).toMatch(/apt-get install -y qemu-system-x86\/bookworm-backports gcc libc6-dev$/);
    expect(remedyFor(FEDORA, ["qemu-x86", "pahole"], asRoot)).toBe("dnf install -y qemu-system-x86 dwarves");
  });

  it("is the checkout's own script where there is one and apt is at hand", () => {
    const inCheckout = { root: true, setupScript: "/my tree/scripts/setup" };
    expect(remedyFor(BOOKWORM, REQUIRED_TOOLS, inCheckout)).toBe("'/my tree/scripts/setup'");
    expect(remedyFor(FEDORA, ["clang"], inCheckout)).toBe("dnf install -y clang");
  });
});
