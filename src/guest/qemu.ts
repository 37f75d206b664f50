import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "#core/result.ts";
import { runTool } from "#toolchain/process.ts";
import { findExecutable, isExecutable } from "#toolchain/search-path.ts";
import { GUEST_ARCHS, type GuestArch, hostArch } from "./guest-arch.ts";
import { cancelledBy, type HostPaths, remedy } from "./host-paths.ts";

export type Qemu = {
  readonly file: string;
  readonly version: string;
  /** Where its libraries and firmware are, for one that scripts/setup unpacked. */
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** What keeps a guest that takes QEMU over from the rest of the machine, as far as this QEMU and this user can. */
  readonly confinement: readonly string[];
  /** `kvm` where a virtual processor could be made with it; else QEMU emulates. */
  readonly accelerator: "kvm" | "tcg";
  readonly arch: GuestArch;
};

/** 7.2 brought down guests that it emulated: double faults early in the boot, one boot of seven. */
const NEEDED = 8;

/** The QEMU that scripts/setup unpacked, else PATH's. Errors: `tool-missing`, `tool-too-old`. */
export async function findQemu(around: HostPaths, arch: GuestArch = GUEST_ARCHS.x86): Promise<Result<Qemu>> {
  const root = join(around.cacheDir, "tools", "qemu");
  const unpacked = join(root, "usr/bin", arch.qemu);
  const own = await isExecutable(unpacked);
  const file = own ? unpacked : await findExecutable(arch.qemu, around.searchPath, around.cwd);
  if (file === undefined) {
    return err({
      reason: "tool-missing",
      tool: arch.qemu,
      tried: [unpacked, "PATH"],
      ...(await remedy(around, [`qemu-${arch.name}`])),
    });
  }
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map((name) => join(root, name));
  const firmware = ["usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu"].map((at) => join(root, at));
  const env: Record<string, string> = own ? { LD_LIBRARY_PATH: libraries.join(":") } : {};
  const run = await runTool({ tool: arch.qemu, file, args: ["--version"], env, ...cancelledBy(around) });
  if (!run.ok) return run;
  const version = /version (\S+)/.exec(new TextDecoder().decode(run.value.stdout))?.[1] ?? "unknown";
  if (!(Number.parseInt(version, 10) >= NEEDED)) {
    const needed = `${NEEDED}.0`;
    return err({
      reason: "tool-too-old",
      tool: arch.qemu,
      path: file,
      version,
      needed,
      ...(await remedy(around, [`qemu-${arch.name}`])),
    });
  }
  const args = own ? firmware.flatMap((folder) => ["-L", folder]) : [];
  const found = { file, env, args, arch };
  const confinement = await confinementOf(found, around);
  const accelerator = (await kvmWorks({ ...found, confinement }, around)) ? "kvm" : "tcg";
  return ok({ ...found, version, confinement, accelerator });
}

type Found = Pick<Qemu, "file" | "env" | "args" | "arch">;

/** Debian's nobody and nogroup. */
const NOBODY = "65534:65534";

/** seccomp's filter: no other programs, no other user. QEMU becomes another user after it, and nobody cannot come back. */
const sandbox = (elevate: "allow" | "deny"): readonly string[] => [
  "-sandbox",
  `on,obsolete=deny,elevateprivileges=${elevate},spawn=deny,resourcecontrol=deny`,
];

/** What a QEMU that root starts becomes another user by; the second before 9.1. */
const AS_NOBODY = [
  ["-run-with", `user=${NOBODY}`],
  ["-runas", NOBODY],
];

/** The first words that this QEMU takes. What files it needs it opens before it becomes nobody. */
async function confinementOf(qemu: Found, around: HostPaths): Promise<readonly string[]> {
  const users = process.getuid?.() === 0 ? AS_NOBODY : [];
  const candidates = [...users.map((user) => [...sandbox("allow"), ...user]), sandbox("deny"), ...users];
  for (const words of candidates) {
    const run = await quits(qemu, ["-machine", "none", ...words], around);
    if (run.ok) return words;
  }
  // A QEMU that was built without seccomp.
  return [];
}

/** Starts a QEMU that has nothing to do but to end. */
function quits({ file, env, args, arch }: Found, words: readonly string[], around: HostPaths) {
  return runTool({
    tool: arch.qemu,
    file,
    env,
    args: [...args, ...words, "-S", ...BARE, "-monitor", "stdio"],
    input: "quit\n",
    timeout: START_PATIENCE,
    ...cancelledBy(around),
  });
}

const START_PATIENCE = 20_000;

/** A device that can be opened is no proof: virtual machines that offer KVM inside may fail at its first use. */
async function kvmWorks(qemu: Found & Pick<Qemu, "confinement">, around: HostPaths): Promise<boolean> {
  const { arch, confinement } = qemu;
  if (arch.name !== hostArch()) return false;
  try {
    await access("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  const run = await quits(qemu, [...confinement, ...processor(arch, "kvm"), "-m", "64"], around);
  return run.ok;
}

const BARE = ["-nodefaults", "-no-user-config", "-display", "none", "-nic", "none"];

function processor(arch: GuestArch, accelerator: Qemu["accelerator"]): readonly string[] {
  const cpu = accelerator === "kvm" ? "host" : arch.processor;
  return ["-machine", arch.machine, "-accel", accelerator, "-cpu", cpu, "-smp", "1"];
}

export type GuestMachine = {
  readonly kernel: string;
  readonly initramfs: string;
  /** MiB. */
  readonly memory: number;
  /** The files that get the kernel's console and the agent's reports. */
  readonly console: string;
  readonly reports: string;
};

/** One processor, no devices but a console and the agent's port. A panic, like the agent's end, ends QEMU. */
export function qemuArguments(qemu: Qemu, machine: GuestMachine): readonly string[] {
  return [
    ...qemu.args,
    ...qemu.confinement,
    ...processor(qemu.arch, qemu.accelerator),
    ...["-m", String(machine.memory), ...BARE, "-no-reboot"],
    ...["-kernel", machine.kernel, "-initrd", machine.initramfs, "-append", commandLine(qemu.arch)],
    ...["-chardev", `file,id=console,path=${option(machine.console)}`, "-serial", "chardev:console"],
    ...["-chardev", `file,id=reports,path=${option(machine.reports)}`],
    // Each report is in its file when the agent goes on: what QEMU had still to fetch would be lost with the machine.
    ...["-device", "virtio-serial-pci,ioeventfd=off", "-device", "virtserialport,chardev=reports"],
  ];
}

/** QEMU's options are lists; a comma inside a value is doubled. */
function option(value: string): string {
  return value.replaceAll(",", ",,");
}

/** Everything up to warnings goes to the console. What only costs time in an emulated machine is left out. */
function commandLine(arch: GuestArch): string {
  return [`console=${arch.console}`, ...PARAMETERS].join(" ");
}

const PARAMETERS = [
  "quiet",
  "loglevel=5",
  "panic=-1",
  "mitigations=off",
  "nokaslr",
  "tsc=reliable",
  "no_timer_check",
  "random.trust_cpu=on",
];
