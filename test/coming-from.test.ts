import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "#cli/table.ts";

/** Rows of docs/coming-from.md with their second column. */
const ROWS = [
  ...readFileSync("docs/coming-from.md", "utf8").matchAll(/^\| (?!expected|-)[^|]+ \| ([^|]+) \|$/gm),
];

/** What stands in code there and begins with a command: the words of it. */
const CALLS = ROWS.flatMap(([, here = ""]) =>
  [...here.matchAll(/`([a-z][a-z-]+(?: [a-z][a-z-]*)?(?: --[a-z-]+)*)`/g)].map(([, words = ""]) =>
    words.split(" "),
  ),
).filter(([name = ""]) => Object.hasOwn(COMMANDS, name));

describe("docs/coming-from.md", () => {
  it("has a table for each of the four tools", () => {
    expect(ROWS.length).toBeGreaterThan(35);
    expect(CALLS.length).toBeGreaterThan(35);
  });

  it.each([...new Set(CALLS.map((words) => words.join(" ")))])("names what there is: %s", (call) => {
    const [name = "", ...rest] = call.split(" ");
    const of = COMMANDS[name];
    const entry = of !== undefined && "commands" in of ? of.commands[rest[0] ?? ""] : of;
    const options = entry !== undefined && "row" in entry ? Object.keys(entry.row.options) : [];
    const named = rest.flatMap((word) => (word.startsWith("--") ? [word.slice(2)] : []));
    expect(entry).toBeDefined();
    expect(options).toEqual(expect.arrayContaining(named));
  });
});
