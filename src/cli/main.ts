import { VERSION } from "#api/version.ts";
import { upToDate } from "#build/up-to-date.ts";
import { outputFolder, requestKey } from "#commands/request-key.ts";
import { ownArguments } from "./arguments.ts";
import { cachedScript } from "./cached-script.ts";
import { onOwnProcess } from "./own-process.ts";
import { asksForHelp, asksForVersion, isPacking } from "./own-words.ts";

/**
 * The way in. What needs nothing is answered here, before the rest of the program is loaded: the
 * version, and a build that has nothing to do. The plain forms of `inspect` and `extract` go without yargs; packing has
 * a bundle of its own.
 */
async function main(): Promise<void> {
  const argv = ownArguments(process.argv);
  if (argv.length === 1 && argv[0] === "--version") {
    return say(`${VERSION}\n`);
  }
  // `clean` undoes what is remembered.
  if ((argv[0] === "make" && !argv.includes("clean")) || argv[0] === "build") {
    const cwd = process.cwd();
    const out = outputFolder(argv, process.env, cwd);
    const summary = out === undefined ? undefined : upToDate(out, requestKey(argv, process.env, cwd));
    if (summary !== undefined) {
      return say(summary);
    }
  }
  if ((argv[0] === "inspect" || argv[0] === "extract") && !asksForHelp(argv) && !asksForVersion(argv)) {
    return cachedScript<typeof import("./quick.ts")>("quick").runQuick(argv);
  }
  if (isPacking(argv)) {
    return cachedScript<typeof import("./pack-process.ts")>("pack").runPackProcess(argv);
  }
  const { runProcess } = await import("./process.ts");
  await runProcess(argv);
}

function say(text: string): Promise<void> {
  return onOwnProcess((io) => {
    io.stdout(text);
    return 0;
  });
}

void main();
