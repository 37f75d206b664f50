import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Command } from "#abi/command.ts";
import { EMPTY_CONTEXT } from "#kexec-model/context.ts";
import { executeStream } from "#kexec-model/execute.ts";
import { parseZboot } from "#reference-parsers/zboot.ts";
import { expectValue } from "../support/expect-value.ts";
import { loong64Zboot } from "../support/real-inputs.ts";

const LIMITS = { kernel: 256 * 1024 * 1024, initrd: 0, cmdline: 0 };

/** zstd's own tool as the judge; `ended` is its exit status. */
function zstd(payload: Uint8Array): { readonly ended: number | null; readonly output: Buffer } {
  const { status, stdout } = spawnSync("zstd", ["-dc"], { input: payload, maxBuffer: 1 << 30 });
  return { ended: status, output: stdout };
}

const executed = (command: Command) =>
  executeStream({ revision: "v6", commands: [command] }, EMPTY_CONTEXT, { stage: "layer 1, .bpf" });

describe("Debian's loong64 zboot kernel", () => {
  let command: Command;

  beforeAll(() => {
    const image = readFileSync(loong64Zboot());
    const [sent] = expectValue(parseZboot({ image, limits: LIMITS, revision: "v6" }));
    if (sent === undefined) throw new Error("it sends nothing");
    command = sent;
  });

  test("gives the kernel that zstd -dc gives", async () => {
    const { context, refused } = await executed(command);
    const judge = zstd(command.payload);
    expect(judge.ended).toBe(0);
    expect(refused).toBeUndefined();
    expect(judge.output.length).toBeGreaterThan(1024 * 1024);
    expect(Buffer.compare(context.kernel ?? new Uint8Array(0), judge.output)).toBe(0);
  });

  test("gives none with the payload_size - 4 of the series' first parsers", async () => {
    const short = command.payload.subarray(0, command.payload.length - 4);
    expect(zstd(short).ended).toBe(1);
    const { context, refused } = await executed({ ...command, payload: short });
    expect(context).toEqual(EMPTY_CONTEXT);
    expect(refused).toMatchObject({
      reason: "not-decomposed",
      stage: "layer 1, .bpf",
      command: 0,
      detail: "DECOMPRESS/KERNEL fails",
      causes: [{ reason: "malformed", format: "zstd" }],
    });
  });
});
