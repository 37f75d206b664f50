import { expect, it } from "vitest";
import type { Command } from "#abi/command.ts";
import type { Emission } from "#verify/emission.ts";
import { ownStream } from "#verify/own-stream.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const COPY: Command = {
  ...{ command: "COPY", subcommand: "KERNEL", pipeline: undefined, payload: Uint8Array.of(1) },
};
const DONE: Command = { ...COPY, command: "DONE", subcommand: undefined, payload: new Uint8Array(0) };
const BROKEN = {
  reason: "malformed",
  format: "command",
  section: "header",
  offset: 0,
  detail: "so",
} as const;

/** What programs sent and said, as far as the stream is made of it. */
const emission = (commands: readonly (Command | typeof BROKEN)[], ...said: readonly string[][]) =>
  ({
    emitted: commands.map((command) => ({ command })),
    runs: said.map((trace) => ({ outcome: { trace } })),
  }) as unknown as Emission;

const held = (revision: "v6" | "v7", ...commands: readonly (Command | typeof BROKEN)[]) =>
  expectValue(ownStream({ revision }, emission(commands))).map(({ command }) => command);

it("a parser that no reference judges is held to its own stream, which ends in DONE in v7", () => {
  expect(held("v6", COPY)).toEqual(["COPY"]);
  expect(held("v7", COPY)).toEqual(["COPY", "DONE"]);
  expect(held("v7", COPY, DONE)).toEqual(["COPY", "DONE"]);
  expect(held("v7", BROKEN, COPY)).toEqual(["COPY", "DONE"]);
  expect(held("v7", BROKEN)).toEqual(["DONE"]);
});

it("where it sends nothing, its last words say why", () => {
  const failure = (...said: readonly string[][]) =>
    expectFailure(ownStream({ revision: "v7" }, emission([], ...said)));
  const unsupported = { reason: "unsupported", what: "the image" };
  expect(failure()).toEqual({ ...unsupported, detail: "the parser says nothing" });
  expect(failure(["one", "two"], ["three"], [])).toEqual({ ...unsupported, detail: "three" });
});
