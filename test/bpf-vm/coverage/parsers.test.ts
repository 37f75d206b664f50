import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Revision } from "#abi/revisions.ts";
import { declaredFor, parseDeclarations } from "#bpf-vm/coverage/declared.ts";
import { coverageReport } from "#bpf-vm/coverage/report.ts";
import { probeReadSites } from "#bpf-vm/helpers/probe-read.ts";
import type { Injection } from "#bpf-vm/injection.ts";
import { loadParser } from "#bpf-vm/load-parser.ts";
import { contextLayout, runLoaded } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { CLANGS } from "../../formats/btf/clang.ts";
import { expectValue } from "../../support/expect-value.ts";
import { extent } from "../../support/extent.ts";
import { type ImageKind, images, type Share, wellFormed } from "../support/images.ts";
import { type BuiltParsers, buildParsers } from "../support/parsers.ts";

const CASES = CLANGS.flatMap((clang) =>
  (["v6", "v7"] as const).map((revision) => [clang, revision] as const),
);
/** Each image is one for all of them, or for one in `npm test`. */
const SHARES = extent(CASES.length, 1);
const declarations = expectValue(
  parseDeclarations(readFileSync("templates/coverage/unreachable.json", "utf8")),
);

/** Runs a parser over all images, and over the good ones with every call failing that can fail. */
function coverageOf(parser: Uint8Array, revision: Revision, kinds: readonly ImageKind[], share: Share) {
  const target = profileBtf(revision);
  const loaded = loadParser(parser, { target });
  const [program] = loaded.ok ? loaded.value.programs : [];
  const layout = contextLayout(target, revision);
  if (program === undefined || layout === undefined) throw new Error("no program");
  const coverage = new Uint8Array(program.lowered.bySlot.length);
  const run = (image: Uint8Array, injection: Injection = {}) =>
    runLoaded(program, image, layout, { coverage, injection });
  for (const image of images(kinds, share)) run(image);
  for (const image of wellFormed(kinds)) {
    const { calls } = run(image);
    for (let n = 1; n <= calls.reserves; n++) run(image, { failReserve: n });
    for (let n = 1; n <= calls.buffers; n++) run(image, { refuseBuffer: n });
    for (const failProbeSite of probeReadSites(program)) run(image, { failProbeSite });
    run(image, { noContext: true });
    run(image, { noImage: true });
  }
  return { program, coverage };
}

describe.skipIf(CLANGS.length === 0).each(CASES.map((one, index) => [...one, index] as const))(
  "the parsers that %s makes for %s (skipped where no clang is in PATH)",
  (clang, revision, index) => {
    let built: BuiltParsers;
    beforeAll(async () => {
      built = await buildParsers(revision, { clang });
    });

    it.each([
      ["zboot", ["zboot", "envelope"]],
      ["uki", ["uki"]],
      ...(revision === "v6" ? [] : ([["plain", ["plain"]]] as const)),
    ] as const)("have no branch in %s that is neither reached nor declared", (name, kinds) => {
      const { program, coverage } = coverageOf(built.file(`${name}.bpf`), revision, kinds, {
        part: index % SHARES,
        of: SHARES,
      });
      const report = coverageReport(program, coverage, declaredFor(declarations, name, revision));
      expect(report.unreached).toEqual([]);
      expect(report.contradicted).toEqual([]);
      expect(report.instructions.reached).toBe(report.instructions.total);
      // A declaration that no longer applies would be in the way of the next one to read it.
      expect(report.declared.length).toBeGreaterThan(name === "plain" ? -1 : 1);
    });
  },
);
