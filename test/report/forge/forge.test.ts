import { describe, expect, it } from "vitest";
import { githubAnnotations } from "#report/forge/annotations.ts";
import { markdownSummary } from "#report/forge/summary.ts";
import {
  BAD,
  DIFFERENCE,
  ERRORS,
  FINDINGS,
  GOOD,
  SHORTFALLS,
  verification,
} from "../support/verifications.ts";

const HERE = { cwd: "/w", root: "/w" };

describe("annotations for GitHub", () => {
  it("are none where nothing is wrong", () => {
    expect(githubAnnotations(verification(GOOD), HERE)).toBe("");
  });

  it("stand at the parser's line, in one line of their own", () => {
    expect(githubAnnotations(verification({ ...BAD, findings: [DIFFERENCE] }), HERE)).toBe(
      "::error file=out/my parser_bpf.c,line=42,title=DIFFERS%3A p.bpf::" +
        "p.bpf on bad image.efi: command 0, payload: 4 bytes expected, 3 bytes emitted%0A" +
        'written by my parser_bpf.c:42  if (a < b && c > "d")%0Ain: undisturbed%0Afirst difference at byte 3%0A' +
        "expected:%0A  00000000  01 02 03 04%0Aemitted:%0A  00000000  01 02 03\n",
    );
  });

  it("stand at the image where no line is known", () => {
    expect(
      githubAnnotations(verification({ ...BAD, findings: [FINDINGS["went-on"]] }), HERE).startsWith(
        "::error file=bad image.efi,title=WENT ON%3A p.bpf::",
      ),
    ).toBe(true);
  });

  it.each([
    [{ cwd: "/w/sub", root: "/w" }, "sub/out/my parser_bpf.c"],
    [{ cwd: "/elsewhere", root: "/w" }, "out/my parser_bpf.c"],
    [{ cwd: "/w/sub", root: undefined }, "out/my parser_bpf.c"],
  ])("name files as the workspace does: %j", (workspace, name) => {
    const [line = ""] = githubAnnotations(verification({ ...BAD, findings: [DIFFERENCE] }), workspace).split(
      "\n",
    );
    expect(line.split(",")[0]).toBe(`::error file=${name}`);
  });

  it("are one for each finding, error and shortfall, and no text ends them or begins another", () => {
    const odd = { ...BAD, parser: "p.bpf", image: "a,b:c%0A\n::warning::x\r\u001b[31m" };
    const lines = githubAnnotations(
      { ...verification(odd), errors: ERRORS, shortfalls: SHORTFALLS },
      HERE,
    ).split("\n");
    expect(lines.pop()).toBe("");
    expect(lines).toHaveLength(BAD.findings.length + ERRORS.length + SHORTFALLS.length);
    for (const line of lines) expect(line).toMatch(/^::error (file=[^:,]*,)?(line=\d+,)?title=[^:,]*::.+$/);
    expect(lines.join("")).not.toContain("\u001b");
    expect(lines.find((line) => line.includes("WENT ON"))).toContain(
      "file=a%2Cb%3Ac%250A%0A%3A%3Awarning%3A%3Ax",
    );
  });
});

describe("the summary in Markdown", () => {
  it("begins with how it ended, and has a row for each parser and each verdict", () => {
    const lines = markdownSummary(verification(GOOD)).split("\n");
    expect(lines[0]).toBe("## kexec-bpf verify: nothing wrong was found");
    expect(lines[2]).toBe(
      "1 parser, 10 runs, 1 image judged (1 accepted, 0 refused)&#58; nothing wrong was found",
    );
    expect(lines).toContain("| p.bpf | v7 | uki | 1 | 0 | 00 |");
    expect(lines).toContain("| p.bpf | good.efi | ok | 9/9 | COPY/KERNEL (5), DONE |");
  });

  it("says what is wrong before all else, with the lines of each finding", () => {
    const text = markdownSummary({ ...verification(GOOD, BAD), errors: ERRORS, shortfalls: SHORTFALLS });
    expect(text.split("\n")[0]).toBe("## kexec-bpf verify: not passed");
    expect(text).toContain("- refused.efi is refused, and was to be accepted");
    expect(text.match(/<details>/g)).toHaveLength(BAD.findings.length + 1);
    expect(text).toContain("written by my parser&#95;bpf.c".replace("&#95;", "_"));
    const first = text.indexOf("| p.bpf | bad image.efi |");
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(text.indexOf("| p.bpf | good.efi |"));
  });

  it("does not pass what proves nothing", () => {
    expect(markdownSummary(verification())).toMatch(/^## kexec-bpf verify: not passed\n/);
    const short = { ...verification(GOOD), shortfalls: SHORTFALLS.slice(0, 1) };
    expect(markdownSummary(short)).toMatch(/^## kexec-bpf verify: not passed\n/);
  });

  it("lets no name be markup", () => {
    const odd = "<img src=x>|`[a](b)` **b** https://x @y\n# z\u0007";
    const text = markdownSummary(verification({ ...BAD, image: odd, findings: [DIFFERENCE] }));
    const others = markdownSummary(verification({ ...BAD, image: "plain", findings: [DIFFERENCE] }));
    const markup = (of: string) => of.replace(/&#\d+;/g, "").match(/[<>|`*[\]@#:]/g)?.length;
    expect(markup(text)).toBe(markup(others));
    expect(text.split("\n")).toHaveLength(others.split("\n").length);
  });

  it("stays below the 1 MiB that GitHub takes", () => {
    const findings = Array.from({ length: 40 }, () => ({ ...DIFFERENCE, trace: ["x<".repeat(50_000)] }));
    const many = Array.from({ length: 5_000 }, (_, i) => ({
      ...BAD,
      image: `${i}${"<".repeat(5_000)}`,
      commands: [{ title: "<".repeat(5_000), size: 0 }],
      findings,
    }));
    const text = markdownSummary({
      ...verification(...many),
      shortfalls: Array.from(
        { length: 5_000 },
        () => ({ kind: "unexpected", image: "<".repeat(500), expected: "accepted" }) as const,
      ),
    });
    expect(Buffer.byteLength(text)).toBeLessThan(1 << 20);
    expect(text.match(/And \d+ more \w+/g)?.at(-1)).toMatch(/ blocks$/);
  });
});
