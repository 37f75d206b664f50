import { expect, it } from "vitest";
import { withTemplateLines } from "#generate/template-lines.ts";

const source = { file: "a_parser_bpf.c", text: "one();\n\ttwo();\ntwice();\n#define X 3\n" };
const templates = [
  { file: "/t/a.hbs", text: "\n  two();\ntwice();\n" },
  { file: "/t/frame.hbs", text: "one();\ntwice();\n#define X {{x}}\n" },
];

it("a line of generated C that one template has is named by that template's line", () => {
  const log =
    "a_parser_bpf.c:2:1: error: bad [-Werror]\n two();\na_parser_bpf.c:1:2: warning: odd\n1 error generated.";
  expect(withTemplateLines(log, source, templates).split("\n")).toEqual([
    "a_parser_bpf.c:2:1: error: bad [-Werror]",
    "  from /t/a.hbs:2",
    " two();",
    "a_parser_bpf.c:1:2: warning: odd",
    "  from /t/frame.hbs:1",
    "1 error generated.",
  ]);
});

it.each([
  ["a line that two templates have", "a_parser_bpf.c:3:1: error: bad"],
  ["a line that was put together", "a_parser_bpf.c:4:1: error: bad"],
  ["a line past the end", "a_parser_bpf.c:40:1: error: bad"],
  ["another file", "vmlinux.h:2:1: error: bad"],
  ["a note", "a_parser_bpf.c:2:1: note: here"],
])("%s is left alone", (_what, log) => {
  expect(withTemplateLines(log, source, templates)).toBe(log);
});
