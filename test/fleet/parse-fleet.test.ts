import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseFleet } from "#fleet/file/parse-fleet.ts";
import { fleetSchema } from "#fleet/file/schema.ts";
import { expectFailure, expectValue } from "../support/expect-value.ts";

const parse = (value: unknown) =>
  parseFleet(typeof value === "string" ? value : JSON.stringify(value), "/f/FLEET.json");
const problems = (value: unknown) => expectFailure(parse(value)).problems;
const kernel = { name: "a", image: "a.img" };
const of = (...kernels: readonly unknown[]) => ({ schema: 1, kernels });

describe("a FLEET.json", () => {
  it("is complete when it is read: paths absolute, sizes in bytes, defaults in every kernel", () => {
    const text = {
      $schema: "fleet.schema.json",
      schema: 1,
      defaults: { arch: "aarch64", limits: { initrd: "64M", cmdline: 4096 }, targets: ["zboot"] },
      kernels: [
        { ...kernel, btf: "/b", limits: { initrd: 5 }, verify: ["x", "/y"] },
        {
          name: "b",
          btf: "b",
          limits: { kernel: "32M" },
          arch: "x86_64",
          sign: { key: "k", certificate: "c" },
        },
      ],
    };
    expect(expectValue(parse(text)).kernels).toEqual([
      {
        ...{ name: "a", btf: "/b", image: "/f/a.img", arch: "arm64", abi: "auto" },
        limits: { kernel: undefined, initrd: 5, cmdline: 4096 },
        ...{ targets: ["zboot"], targetFolders: [], verify: ["/f/x", "/y"], sign: undefined, prove: false },
      },
      {
        ...{ name: "b", btf: "/f/b", image: undefined, arch: "x86", abi: "auto" },
        limits: { kernel: 32 << 20, initrd: 64 << 20, cmdline: 4096 },
        ...{ targets: ["zboot"], targetFolders: [], verify: [], prove: false },
        sign: { key: "/f/k", certificate: "/f/c", allowWeak: false },
      },
    ]);
  });

  it("whose kernel has an image alone takes the types from it", () => {
    expect(expectValue(parse(of(kernel))).kernels[0]?.btf).toBe("/f/a.img");
  });

  it.each<readonly [string, unknown, readonly string[]]>([
    ["is no JSON", "{", [expect.stringContaining("it is not JSON: ")]],
    ["is a list", "[]", ["[], where an object is expected"]],
    ["says no schema", { kernels: [kernel] }, ["schema: nothing: this version reads 1"]],
    ["is of another schema", { schema: 2, kernels: [kernel] }, ["schema: 2: this version reads 1"]],
    ["has no kernels", { schema: 1, kernels: [] }, ["kernels: [], where a list of kernels is expected"]],
    [
      "has a field that there is not",
      { ...of(kernel), kernel: 1 },
      ["kernel: there is no such field: defaults"],
    ],
    ["has a kernel without a name", of({ image: "a" }), ["kernels[0].name: is missing"]],
    [
      "has a name that is no folder's",
      of({ ...kernel, name: "../a" }),
      ['kernels[0].name: "../a", where a name of letters, digits, and . _ + ~ - within is expected'],
    ],
    [
      "has one name twice",
      of(kernel, { ...kernel, name: "A" }),
      ['kernels[1].name: "A" is the name of kernels[0], too'],
    ],
    ["has a kernel of nothing", of({ name: "a" }), ["kernels[0]: it has neither btf nor image"]],
    [
      "has nothing to measure",
      of({ name: "a", btf: "b" }),
      ["kernels[0]: it has neither image to measure nor limits.kernel"],
    ],
    [
      "has wrong values, which are all told",
      of({
        ...kernel,
        arch: "mips",
        abi: "v8",
        limits: { initrd: "big", kernel: -1 },
        targets: "zboot",
        prove: 1,
      }),
      [
        'kernels[0].arch: "mips", where one of arm64, riscv, loongarch, x86 is expected',
        'kernels[0].abi: "v8", where one of auto, v6, v7 is expected',
        'kernels[0].limits.initrd: "big", where bytes, or text such as "64M", is expected',
        'kernels[0].limits.kernel: -1, where bytes, or text such as "64M", is expected',
        'kernels[0].targets: "zboot", where a list of names is expected',
        "kernels[0].prove: 1, where true or false is expected",
      ],
    ],
    [
      "signs with half of what that needs",
      of({ ...kernel, sign: { key: "k", cert: "c" } }),
      [
        "kernels[0].sign.cert: there is no such field: key, certificate, allowWeak",
        "kernels[0].sign.certificate: is missing",
      ],
    ],
  ])("that %s is refused with the place", (_what, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

it("docs/fleet.schema.json is the schema that is checked by (bin/kexec-bpf fleet schema prints it)", () => {
  expect(JSON.parse(readFileSync("docs/fleet.schema.json", "utf8"))).toEqual(fleetSchema());
});
