import { VERSION } from "#api/common/version.ts";
import { EXIT } from "#report/exit-code.ts";
import type { Io } from "#report/io.ts";
import { printing } from "#report/printing.ts";
import { report, reportUsage } from "#report/report-failure.ts";
import { findCommand, isGroup } from "./command.ts";
import { askedFor } from "./help-topic.ts";
import { asksForHelp, asksForJson, asksForVersion } from "./own-words.ts";
import { COMMANDS } from "./table.ts";

/**
 * Runs the program.
 *
 * @param argv the arguments after the program's name
 * @returns the exit status (`report/exit-code.ts`)
 */
export async function run(argv: readonly string[], world: Io): Promise<number> {
  const io = printing(world, asksForJson(argv));
  const asked = await askedFor(argv);
  if (!asked.ok) return report(io, asked.failure);
  if ("topic" in asked.value) {
    io.stdout(asked.value.topic.text);
    return EXIT.ok;
  }
  if ("unknown" in asked.value) {
    const { unknownTopic } = await import("./help.ts");
    return reportUsage(io, await unknownTopic(asked.value.unknown));
  }
  const { words } = asked.value;
  const found = findCommand(COMMANDS, words);
  if (found !== undefined && !asksForHelp(words)) {
    if (asksForVersion(words)) {
      io.stdout(io.json ? await versionJson(io) : `${VERSION}\n`);
      return EXIT.ok;
    }
    return found.command.run(found.rest, io);
  }
  const [first = "", second] = words;
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (entry !== undefined && isGroup(entry) && !asksForHelp(words) && !asksForVersion(words)) {
    const said = second === undefined ? first : `${first} ${second}`;
    return reportUsage(io, `${said}: ${Object.keys(entry.commands).join(", ")} are known`);
  }
  if (io.json && asksForVersion(words) && !asksForHelp(words)) {
    io.stdout(await versionJson(io));
    return EXIT.ok;
  }
  const { help } = await import("./help.ts");
  const helped = await help(words, io.columns);
  if ("complaint" in helped) return reportUsage(io, helped.complaint);
  io.stdout(helped.text);
  return EXIT.ok;
}

/** The program's version, with those of Node and of all tools that it may call: null for what is missing, or does not say. */
async function versionJson(io: Io): Promise<string> {
  const { toolVersions } = await import("#api/tool-versions.ts");
  const tools = await toolVersions(io);
  return `${JSON.stringify({ schema: 1, version: VERSION, node: process.versions.node, tools })}\n`;
}
