import { describe, expect, it } from "vitest";
import { ignoredValues, ignoredValuesOf } from "./support/ignored-values.ts";

it("no promise and no Result of ours is ignored, in src/, test/ or mutation/", () => {
  expect(ignoredValues(process.cwd())).toEqual([]);
});

const DECLARATIONS = `
  export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: string };
  export declare function checked(): Result<number>;
  export declare function written(): Promise<Result<void>>;
  export declare function waited(): Promise<void>;
  export declare function plain(): number;
  export declare const is: boolean;
  export declare const list: readonly number[];
`;
const IMPORTS = 'import { type Result, checked, is, list, plain, waited, written } from "./declarations.ts";';

/** Statements whose value is lost. */
const LOST = [
  "checked()",
  "(checked())",
  "await written()",
  "written()",
  "waited()",
  "waited().then(plain)",
  "is && checked()",
  "is ? checked() : plain()",
  "(is ? waited : undefined)?.()",
  "list.map(waited)",
  "Promise.all([waited()])",
  "await Promise.all(list.map(written))",
  "new Promise(() => undefined)",
];

/** Functions whose value is lost where nothing is wanted of them. */
const LOST_BY_CALLBACKS = [
  "async () => {}",
  "() => checked()",
  "() => { if (is) return checked(); return undefined; }",
  "function () { return waited(); }",
];

const USED = [
  "plain();",
  "await waited();",
  "void waited();",
  "void (await written());",
  "let result: Result<number>; result = checked(); (result = checked());",
  "let promise: Promise<void> | undefined; promise ??= waited();",
  "const result = checked(); if (!result.ok) return result;",
  "return written();",
  "const results = list.map(() => checked()); if (results.every(({ ok }) => ok)) return 0;",
  "list.forEach(() => plain()); list.forEach(() => void waited());",
];

describe("the check of ignored values", () => {
  // One project of all, so that one compiler is started.
  const contents = [...LOST, ...LOST_BY_CALLBACKS.map((callback) => `list.forEach(${callback})`), ...USED];
  const file = (content: string) => `case-${contents.indexOf(content)}.ts`;
  const all = ignoredValuesOf({
    "declarations.ts": DECLARATIONS,
    "in/lines.ts": "export {};\n\n// A comment.\nPromise.resolve(\n  1,\n);\n",
    ...Object.fromEntries(
      contents.map((content) => [
        file(content),
        `${IMPORTS}\nexport async function made() {\n  ${content};\n  return;\n}\n`,
      ]),
    ),
  });
  const found = (name: string) => all.filter((line) => line.startsWith(`${name}:`));

  it.each(LOST)("finds what is lost in the statement %s", (statement) => {
    expect(found(file(statement))).toEqual([`${file(statement)}:3: ${statement}`]);
  });

  it.each(LOST_BY_CALLBACKS)("finds what %s returns where nothing is wanted", (callback) => {
    const name = file(`list.forEach(${callback})`);
    expect(found(name)).toEqual([`${name}:3: ${callback}`]);
  });

  it.each(USED)("lets pass what is used, or left on purpose: %s", (content) => {
    expect(found(file(content))).toEqual([]);
  });

  it("names the folder, the line and how the statement begins", () => {
    expect(found("in/lines.ts")).toEqual(["in/lines.ts:4: Promise.resolve("]);
  });
});
