import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { allDescribed } from "#cli/command.ts";
import { COMMANDS } from "#cli/table.ts";
import { TOPICS } from "#commands/help/topics.ts";
import { EXIT } from "#report/exit-code.ts";
import { cli, cliOk } from "../../support/cli.ts";
import { newFolder } from "../../support/kernel-tree.ts";

const cwd = newFolder();
const topics = Object.entries(TOPICS);
const textOf = (name: string) => TOPICS[name]?.text ?? "";

describe.each(topics)("help %s", (name, { text }) => {
  it("prints a screen", async () => {
    expect(await cliOk(["help", name], { cwd })).toEqual({ status: 0, stdout: text, stderr: "" });
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(23);
    expect(text.split("\n").filter((line) => line.length > 78)).toEqual([]);
  });

  it("names commands, options and files that there are", () => {
    const commands = new Set(allDescribed(COMMANDS).map(({ names }) => names.join(" ")));
    const named = [...text.matchAll(/(?<!\.)kexec-bpf ([a-z][a-z-]+)(?: ([a-z]+)\b)?/g)];
    const unknown = named.filter(
      ([, one = "", two = ""]) => one !== "help" && !commands.has(one) && !commands.has(`${one} ${two}`),
    );
    expect(unknown.map(([whole]) => whole)).toEqual([]);
    const options = new Set([
      "help",
      ...allDescribed(COMMANDS).flatMap(({ row }) => Object.keys(row.options)),
    ]);
    const said = [...text.matchAll(/--([a-z][a-z0-9-]+)/g)].map(([, option = ""]) => option);
    expect(said.filter((option) => !options.has(option))).toEqual([]);
    const files = [...text.matchAll(/(?:docs|examples|scripts)\/[\w/-]+(?:\.md)?/g)].map(([file]) => file);
    expect(files.filter((file) => !existsSync(file) && file !== "scripts/sign-file")).toEqual([]);
  });
});

describe("topics", () => {
  it("are not called as commands are, and all are listed by help and in the manual page", async () => {
    expect(topics.filter(([name]) => Object.hasOwn(COMMANDS, name))).toEqual([]);
    const { stdout } = await cliOk(["help"], { cwd });
    await cliOk(["manual", "-o", "man1"], { cwd });
    const page = readFileSync(join(cwd, "man1/kexec-bpf.1"), "utf8");
    for (const [name, { describe: said }] of topics) {
      expect(stdout).toMatch(new RegExp(`^  help ${name} +${said}$`, "m"));
      expect(page).toContain(`\n.Ss ${name}\n`);
    }
    expect((await cliOk(["build", "--help"], { cwd })).stdout).not.toContain("Topics:");
  });

  it.each([
    [["help", "exitstatus"], "Did you mean exit-status?"],
    [["help", "parser"], "Did you mean parsers?"],
    [["help", "exit-status", "0"], "help exit-status 0: exit-status has no topics"],
    [["help", "frobnicate"], "Unknown command: frobnicate"],
    [["help", "__proto__"], "Unknown command: __proto__"],
    // It is no command.
    [["exit-status"], "Unknown command: exit-status"],
  ])("%j is a usage error", async (argv, says) => {
    const { status, stdout, stderr } = await cli(argv, { cwd });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`kexec-bpf: ${says}\n`);
  });

  it("exit-status has every status", () => {
    for (const status of Object.values(EXIT)) {
      expect(textOf("exit-status")).toMatch(new RegExp(`^  ${status} +[A-Z]`, "m"));
    }
  });

  it("environment has every variable that is read by its name, and no other", () => {
    const sources = readdirSync("src", { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("commands/help/"))
      .map((file) => readFileSync(join("src", file), "utf8"))
      .join("\n");
    const read = [...sources.matchAll(/\benv\["([A-Z0-9_]+)"\]/g)].map(([, name = ""]) => name);
    expect(read.length).toBeGreaterThan(10);
    const text = textOf("environment");
    const head = text.slice(0, text.indexOf("\n\n"));
    const named = [...head.matchAll(/^ {2}((?:[A-Z][A-Z0-9_]+(?:, )?)+)/gm)].flatMap(([, names = ""]) =>
      names.split(", ").filter((name) => name !== ""),
    );
    expect(read.filter((name) => !named.includes(name))).toEqual([]);
    expect(named.filter((name) => !sources.includes(name))).toEqual([]);
  });
});
