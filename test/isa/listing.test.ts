import { expect, it, describe as suite } from "vitest";
import { lineText, list, type SourceLine } from "#isa/listing.ts";
import { decoded, slot } from "./instructions.ts";

const PROGRAM = decoded(
  slot(0xb7, 6, 0, 0, 3),
  [...slot(0x18, 1, 0, 0, 5), ...slot(0)],
  slot(0x85, 0, 1, 0, 1),
  slot(0x95),
  slot(0xb7, 0, 0, 0, 1),
  slot(0x95),
);

const line = (slots: number, number: number, text: string, file = "/src/parser.c"): SourceLine => ({
  offset: 8 * slots,
  file,
  text,
  line: number,
});

const FUNCTIONS = [
  { offset: 0, name: "parse" },
  { offset: 40, name: "helper" },
];

suite("a listing", () => {
  it("puts functions and source lines before what comes from them, as the verifier's log does", () => {
    const lines = [
      line(0, 10, "  int six = 3;"),
      line(1, 11, "\treturn f(5);"),
      line(5, 4, "return 1;", "part.h"),
    ];
    expect(list({ instructions: PROGRAM, lines, functions: FUNCTIONS }).map(lineText)).toEqual([
      "parse:",
      "; int six = 3; @ parser.c:10",
      "0: (b7) r6 = 3",
      "; return f(5); @ parser.c:11",
      "1: (18) r1 = 0x5",
      "3: (85) call pc+1#helper",
      "4: (95) exit",
      "helper:",
      "; return 1; @ part.h:4",
      "5: (b7) r0 = 1",
      "6: (95) exit",
    ]);
  });

  it("is the bare program without them", () => {
    expect(list({ instructions: PROGRAM }).map(lineText).slice(2, 4)).toEqual([
      "3: (85) call pc+1",
      "4: (95) exit",
    ]);
  });

  it("says a line once for all columns, and again after another", () => {
    const lines = [
      line(0, 7, "a"),
      line(1, 7, "a"),
      line(3, 8, "b"),
      line(4, 7, "a"),
      line(5, 7, "a", "b.c"),
    ];
    const shown = list({ instructions: PROGRAM, lines }).flatMap((listed) =>
      listed.kind === "source" ? [`${listed.file}:${listed.line}`] : [],
    );
    expect(shown).toEqual(["/src/parser.c:7", "/src/parser.c:8", "/src/parser.c:7", "b.c:7"]);
  });

  it("says a line again where a function begins", () => {
    const lines = [line(0, 7, "a"), line(5, 7, "a")];
    const listed = list({ instructions: PROGRAM, lines, functions: FUNCTIONS });
    expect(listed.filter(({ kind }) => kind === "source").length).toBe(2);
  });

  it("lets nothing that points into a two-slot load or outside add or hide an instruction", () => {
    const lines = [line(2, 1, "inside"), line(70, 2, "outside")];
    const listed = list({ instructions: PROGRAM, lines, functions: [{ offset: 16, name: "inside" }] });
    expect(listed.map(({ kind }) => kind)).toEqual(PROGRAM.map(() => "instruction"));
  });

  it("takes names given for calls before those of its functions", () => {
    const names = { local: () => "other" };
    const text = list({ instructions: PROGRAM, functions: FUNCTIONS, names }).map(lineText);
    expect(text).toContain("3: (85) call pc+1#other");
  });
});
