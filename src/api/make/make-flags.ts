import { type MakeSwitches, NO_SWITCHES, SWITCHES, VALUED } from "./options-of-make.ts";

/** What a make that runs this program hands down to it. */
export type Inherited = {
  readonly switches: MakeSwitches;
  /** Jobs at a time; undefined where it does not say. One with a job server: this process is the one job that it was given. */
  readonly jobs: number | undefined;
};

/**
 * Reads MAKEFLAGS as GNU make writes it ("Communicating Options to a Sub-make"): letters without a dash first, then words, then `--` and
 * variables, which are in the environment as well. What is not known here is the parent's own business and is passed over.
 */
export function inheritedFlags(env: Readonly<Record<string, string | undefined>>): Inherited {
  let switches = NO_SWITCHES;
  let jobs: number | undefined;
  let server = false;
  const set = (name: string): void => {
    if (Object.hasOwn(SWITCHES, name)) switches = { ...switches, ...SWITCHES[name] };
  };
  const words = (env["MAKEFLAGS"] ?? "").split(" ");
  const end = words.indexOf("--");
  for (const [at, word] of words.slice(0, end < 0 ? undefined : end).entries()) {
    if (word.startsWith("--")) {
      const [name = ""] = word.slice(2).split("=");
      if (name === "jobserver-auth" || name === "jobserver-fds") server = true;
      set(name);
    } else if (word.startsWith("-") || (at === 0 && !word.includes("="))) {
      for (const letter of lettersOf(word.replace(/^-/, ""))) set(letter);
      const number = /^-j(\d+)$/.exec(word)?.[1];
      if (number !== undefined) jobs = Math.max(1, Number(number));
    }
  }
  return { switches, jobs: server ? 1 : jobs };
}

/** The letters up to one whose value follows. */
function lettersOf(word: string): readonly string[] {
  const letters = [...word];
  const end = letters.findIndex((letter) => Object.hasOwn(VALUED, letter) || letter === "I");
  return end < 0 ? letters : letters.slice(0, end);
}
