import { VERSION } from "#api/common/version.ts";
import { upToDate } from "#build/up-to-date.ts";
import { outputFolder, requestKey } from "#commands/request-key.ts";
import { ownArguments } from "./arguments.ts";
import { cachedScript } from "./cached-script.ts";
import { onOwnProcess } from "./own-process.ts";
import { asksForHelp, asksForVersion } from "./own-words.ts";

/** What `pack` packs. Other words are told what these are. */
const PACKED: ReadonlySet<string> = new Set(["envelope", "pe", "container", "zboot", "uki"]);

/**
 * The way in. What needs nothing is answered here, before the rest of the program is loaded: the
 * version, and a build that has nothing to do. `inspect`, `extract` and packing have scripts of their own,
 * which start faster than the rest does.
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
  const script = asksForHelp(argv) || asksForVersion(argv) ? undefined : scriptOf(argv);
  if (script === "quick") return cachedScript<typeof import("./quick.ts")>("quick").runQuick(argv);
  if (script === "pack") return cachedScript<typeof import("./pack.ts")>("pack").runPack(argv);
  if (script === "build") return cachedScript<typeof import("./build.ts")>("build").runBuilds(argv);
  const { runProcess } = await import("./process.ts");
  await runProcess(argv);
}

/** The script of a command that has one beside this. */
function scriptOf(argv: readonly string[]): "quick" | "pack" | "build" | undefined {
  const [first, second] = argv;
  // A module of the user's is loaded by import(), which those scripts do without.
  if (argv.some((word) => word.startsWith("--ref"))) return undefined;
  if (first === "inspect" || first === "extract") return "quick";
  if (first === "build" || first === "make") return "build";
  return first === "unpack" || (first === "pack" && PACKED.has(second ?? "")) ? "pack" : undefined;
}

function say(text: string): Promise<void> {
  return onOwnProcess((io) => {
    io.stdout(text);
    return 0;
  });
}

void main();
