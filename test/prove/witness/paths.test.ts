import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PathState } from "#prove/machine/state.ts";
import { waysThrough } from "#prove/paths/paths.ts";
import { forgetTerms } from "#prove/terms/term.ts";
import { TriedImage, wholeImage } from "#prove/witness/candidate.ts";
import { type Example, injectionOf, probeCalls, slotsOf } from "#prove/witness/example.ts";
import { replay } from "#prove/witness/replay.ts";
import { originalOf, theoremOf } from "../../../mutation/bytecode/subject.ts";
import { buildParsers } from "../../bpf-vm/support/parsers.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";

afterAll(forgetTerms);

/** A built parser's paths to its end, with an image of the corpus for each that has one there. */
async function pathsWithImages(name: "zboot" | "uki") {
  const folder = newFolder();
  const built = await buildParsers("v6");
  write(join(folder, `v6/${name}.bpf`), built.file(`${name}.bpf`));
  const { subject, program, images } = await originalOf({ folder, revision: "v6", name });
  const theorem = theoremOf(subject, program, subject.limits);
  const { ends, turnEnds } = waysThrough(theorem);
  const probesATurn = Math.max(0, ...turnEnds.map(({ trail }) => probeCalls(program, trail)));
  const turnSlots = new Set([
    ...turnEnds.flatMap(({ trail }) => slotsOf(trail)),
    ...ends.flatMap(({ loops }) => loops.flatMap((end) => (end.kind === "denied" ? slotsOf(end.trail) : []))),
  ]);
  const candidates = images.map(
    (image) => new TriedImage(wholeImage(image()), theorem.specification?.search),
  );
  const found = ends.flatMap((state): { readonly state: PathState; readonly example: Example }[] => {
    const fit = candidates.map((one) => one.fits(state, [])).find((one) => one !== undefined);
    if (fit === undefined) return [];
    const injection = injectionOf(program, state, fit.turn, probesATurn);
    return [{ state, example: { image: fit.image.bytes(), injection } }];
  });
  const go = (example: Example, state: PathState) =>
    replay(program, subject.context, example, state, turnSlots);
  return { ends, found, go };
}

describe.each(["zboot", "uki"] as const)("images of the corpus, on the paths of %s", (name) => {
  let looked: Awaited<ReturnType<typeof pathsWithImages>>;
  beforeAll(async () => {
    looked = await pathsWithImages(name);
  });

  it("are taken down them by the virtual machine, and down no others", () => {
    const { ends, found, go } = looked;
    expect(found.length).toBeGreaterThan(ends.length / 2);
    expect(found.map(({ state, example }) => go(example, state))).toEqual(found.map(() => undefined));
    for (const { example, state } of found) {
      const others = found.filter((other) => other.state !== state && other.example.image !== example.image);
      for (const other of others) expect(go(example, other.state)).toBeDefined();
    }
  });

  it("do not come where a path was tampered with", () => {
    const { found, go } = looked;
    for (const { example, state } of found) {
      const { trail } = state;
      if (trail === undefined) throw new Error("a path without an instruction");
      const shorter = { ...state, trail: trail.before };
      expect(go(example, shorter)).toMatchObject({ slot: trail.slot });
      const turned = withTurn(state);
      if (turned !== undefined) expect(go(example, turned)).toBeDefined();
    }
  });
});

/** The same path, with its last jump gone the other way. */
function withTurn(state: PathState): PathState | undefined {
  const turn = (trail: PathState["trail"]): PathState["trail"] => {
    if (trail === undefined) return undefined;
    if (trail.taken !== undefined) return { ...trail, taken: !trail.taken };
    const before = turn(trail.before);
    return before && { ...trail, before };
  };
  const trail = turn(state.trail);
  return trail && { ...state, trail };
}
