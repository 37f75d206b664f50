import { setTimeout as sleep } from "node:timers/promises";

/**
 * Every tool leads a process group of its own, so that a wrapper script, a compiler driver or a shell
 * can be ended together with all that it started. A group of its own also means that the terminal's
 * Ctrl-C no longer reaches it: what ends this process has to be passed on, which is done here.
 */

/** How long a group may tidy up between SIGTERM and SIGKILL, in milliseconds. */
const GRACE = 1000;
const POLL = 20;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A group that will be, is, or was. */
export type ProcessGroup = {
  /** To be called as soon as the leader runs. A group's id is its leader's process id. */
  readonly start: (leader: number) => void;
  /** Asks the group to end; a second later it has no choice. Resolves when nothing more is to be done. */
  readonly end: () => Promise<void>;
  /**
   * To be called when the leader has exited, or has not been started: whatever it left behind in its group is
   * killed, since a forgotten grandchild would hold the output's pipe open and keep the caller waiting.
   */
  readonly release: () => void;
};

type Member = {
  leader: number | undefined;
  /** Called with the signal that is ending this process, before the group is asked to end. */
  readonly onInterrupt: (signal: NodeJS.Signals) => void;
};

/** The groups that end when this process does. */
const members = new Set<Member>();

/**
 * From here on this process ends the group when it ends itself. To be called before the leader is started: a
 * signal that comes between the start and this call would find nobody who knows of the group.
 */
export function openGroup(onInterrupt: (signal: NodeJS.Signals) => void): ProcessGroup {
  const member: Member = { leader: undefined, onInterrupt };
  if (members.size === 0) {
    process.on("exit", killAll);
    for (const signal of SIGNALS) process.on(signal, passOn);
  }
  members.add(member);
  return {
    start: (leader) => {
      member.leader = leader;
    },
    end: () => end(member),
    release: () => {
      if (!members.delete(member)) return;
      signalGroup(member, "SIGKILL");
      // Its id may soon be another's.
      member.leader = undefined;
      if (members.size === 0) unhook();
    },
  };
}

/** @returns false when the group has no process left */
function signalGroup({ leader }: Member, signal: NodeJS.Signals | 0): boolean {
  if (leader === undefined) return false;
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

async function end(member: Member): Promise<void> {
  signalGroup(member, "SIGTERM");
  for (let waited = 0; waited < GRACE; waited += POLL) {
    if (!signalGroup(member, 0)) return;
    await sleep(POLL);
  }
  // The leader's exit is awaited elsewhere. Members that an idle init never reaps stay visible as
  // zombies, so there is no second wait for the group to vanish.
  signalGroup(member, "SIGKILL");
}

function unhook(): void {
  process.off("exit", killAll);
  for (const signal of SIGNALS) process.off(signal, passOn);
}

/** An exit handler gets no time for asynchronous work, hence no grace. */
function killAll(): void {
  for (const member of members) signalGroup(member, "SIGKILL");
}

function passOn(signal: NodeJS.Signals): void {
  // A listener of our own keeps the signal from ending this process. Where nobody else listens, it
  // must end all the same, and by the same signal, so that the parent shell sees why.
  const alone = process.listenerCount(signal) === 1;
  const ended = Array.from(members, (member) => {
    member.onInterrupt(signal);
    return end(member);
  });
  if (!alone) return;
  void Promise.all(ended).then(() => {
    // Whoever awaited the ended tools may have started others meanwhile.
    killAll();
    unhook();
    process.kill(process.pid, signal);
  });
}
