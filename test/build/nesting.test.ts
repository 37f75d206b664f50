import { describe, expect, test } from "vitest";
import { checkFit, checkNesting, fittingTargets, layersOf, placesOf } from "#build/nesting.ts";
import type { Target } from "#generate/target.ts";

function target(name: string, arm64: readonly string[] = [], more: Partial<Target> = {}): Target {
  return {
    name,
    description: name,
    body: { v6: "body.hbs", v7: "body.hbs" },
    parts: {},
    architectures: ["arm64", "riscv"],
    nested: arm64.length === 0 ? {} : { arm64 },
    types: [],
    reference: undefined,
    file: `/targets/${name}.json`,
    ...more,
  };
}

const byName = (...targets: readonly Target[]) => new Map(targets.map((one) => [one.name, one]));

function fault(...targets: readonly Target[]): unknown {
  const checked = checkNesting(byName(...targets));
  return checked.ok ? "fine" : checked.failure;
}

const bad = (name: string, detail: string) => ({
  reason: "bad-target",
  target: name,
  detail: `"nested.arm64": ${detail}`,
  file: `/targets/${name}.json`,
});

describe("targets may nest", () => {
  test("nothing, one, several, and one that nests on", () => {
    expect(fault(target("a"))).toBe("fine");
    expect(fault(target("a", ["b"]), target("b"))).toBe("fine");
    expect(fault(target("a", ["b", "c"]), target("b"), target("c"))).toBe("fine");
    expect(fault(target("a", ["b"]), target("b", ["c", "d"]), target("c"), target("d"))).toBe("fine");
  });

  test("one of several that nests only for another machine", () => {
    const elsewhere = target("b", [], { nested: { riscv: ["c"] } });
    expect(fault(target("a", ["b", "c"]), elsewhere, target("c"))).toBe("fine");
  });
});

describe("targets may not nest", () => {
  test("one that is not described", () => {
    expect(fault(target("a", ["b"]))).toEqual(bad("a", "there is no target b"));
  });

  test("themselves, at whatever depth", () => {
    expect(fault(target("a", ["a"]))).toEqual(bad("a", "a nests a"));
    expect(fault(target("a", ["b"]), target("b", ["a"]))).toEqual(bad("a", "a nests b nests a"));
  });

  test("one twice", () => {
    expect(fault(target("a", ["b", "b"]), target("b"))).toEqual(bad("a", "names b twice"));
  });

  test("several of which one nests on", () => {
    const detail = "b, one of several, nests others: only one that is nested alone can";
    expect(fault(target("a", ["c", "b"]), target("b", ["c"]), target("c"))).toEqual(bad("a", detail));
  });
});

describe("the layers of a container", () => {
  const places = (name: string, targets: ReadonlyMap<string, Target>, arch: "arm64" | "riscv") => {
    const outermost = targets.get(name);
    if (outermost === undefined) throw new Error(`no target ${name}`);
    return placesOf(layersOf(outermost, { targets, arch })).map((place) => [
      place.section,
      place.target.name,
    ]);
  };
  const targets = byName(target("a", ["b"]), target("b", ["c", "d"]), target("c"), target("d"));

  test("name every parser's place, the outermost first", () => {
    expect(places("a", targets, "arm64")).toEqual([
      [".bpf.1", "a"],
      [".bpf.nested/.bpf.1", "b"],
      [".bpf.nested/.bpf.nested/.bpf.1", "c"],
      [".bpf.nested/.bpf.nested/.bpf.2", "d"],
    ]);
  });

  test("are those of the build's machine", () => {
    expect(places("a", targets, "riscv")).toEqual([[".bpf.1", "a"]]);
  });

  test("leave out what there is nothing to build of", () => {
    const fewer = byName(target("a", ["b", "c"]), target("c"));
    expect(places("a", fewer, "arm64")).toEqual([
      [".bpf.1", "a"],
      [".bpf.nested/.bpf.1", "c"],
    ]);
  });
});

describe("of targets for other kernels", () => {
  const targets = byName(
    target("both"),
    target("old", [], { body: { v6: "old.hbs" } }),
    target("x86", [], { architectures: ["x86"] }),
  );
  const build = { revision: "v7", arch: "arm64" } as const;

  test("nothing is built that is not asked for", () => {
    expect([...fittingTargets(targets, build).keys()]).toEqual(["both"]);
    expect([...fittingTargets(targets, { ...build, revision: "v6" }).keys()]).toEqual(["both", "old"]);
  });

  test("those that are asked for are refused, with what they are for", () => {
    const refusal = (...goals: readonly string[]) => {
      const fit = checkFit(goals, targets, build);
      return fit.ok ? "fine" : fit.failure;
    };
    expect(refusal("both", "vmlinux.h")).toBe("fine");
    const reason = "bad-target";
    expect(refusal("both", "old")).toEqual({
      reason,
      target: "old",
      detail: "is for v6, not for v7",
      file: "/targets/old.json",
    });
    expect(refusal("x86")).toMatchObject({ reason, target: "x86", detail: "is for x86, not for arm64" });
  });
});
