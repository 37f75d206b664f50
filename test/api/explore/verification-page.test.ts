import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PageImages } from "#api/explore/result-page.ts";
import { verificationTables } from "#api/explore/verification-page.ts";
import type { Verification } from "#core/verification.ts";
import type { PageData } from "#page/data.ts";
import { openSubjects } from "#page/model/subjects.ts";
import { pathsOf, walk } from "#page/model/walk.ts";
import { commandsText } from "#report/finding-text.ts";
import { IMAGES } from "../../fixtures/wrong-parsers/images.ts";
import { BAD, ERRORS, GOOD, REFUSED, SHORTFALLS, verification } from "../../report/support/verifications.ts";
import { cliOk, runProgram } from "../../support/cli.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { amd64Kernel, arm64Image } from "../../support/real-inputs.ts";

describe("the tables of a verification", () => {
  const tables = verificationTables(
    { ...verification(GOOD, REFUSED, BAD), errors: ERRORS, shortfalls: SHORTFALLS },
    [0.5, 1, 2.00049],
  );

  it("have a row for each verdict, finding and problem, and a cell for each column", () => {
    expect(tables.map(({ title, rows }) => [title, rows.length])).toEqual([
      ["Verdicts", 3],
      ["Findings", BAD.findings.length],
      ["Not shown", ERRORS.length + SHORTFALLS.length],
    ]);
    for (const { columns, rows } of tables)
      for (const { cells } of rows) expect(cells).toHaveLength(columns.length);
  });

  it("open the run behind a row: of a finding the first that shows it", () => {
    const [verdicts, findings, problems] = tables;
    expect(verdicts?.rows[0]?.run).toEqual({ image: "good.efi", parser: "p.bpf", path: null });
    expect(findings?.rows.map(({ run }) => run?.path)).toEqual(BAD.findings.map(({ runs }) => runs[0]));
    expect(problems?.rows.every(({ run }) => run === null)).toBe(true);
    expect(verdicts?.rows[2]?.cells.at(-1)).toBe(2);
  });

  it("are that of the verdicts alone where nothing is wrong", () => {
    expect(verificationTables(verification(GOOD), [0]).map(({ title }) => title)).toEqual(["Verdicts"]);
  });
});

describe("the images of a page", () => {
  it("are those for which there is room, first those with which something is wrong", () => {
    const kept = new PageImages();
    const image = (name: string, size: number) => ({ name, bytes: new Uint8Array(size) });
    kept.add(image("small", 10), false);
    kept.add(image("large", 17 << 20), false);
    kept.add(image("large and wrong", 17 << 20), true);
    kept.add(image("wrong, and too much", 16 << 20), true);
    kept.add(image("small", 10), true);
    expect(kept.images.map(({ name }) => name)).toEqual(["small", "large and wrong"]);
  });
});

describe("verify --html", () => {
  let data: PageData;
  let blobs: readonly Uint8Array[];
  let verified: Verification;
  let cwd: string;
  beforeAll(async () => {
    cwd = newFolder();
    const from = ["--image", arm64Image(), "--vmlinux", amd64Kernel().vmlinux];
    const sizes = ["--max-kernel", "100000", "--max-initrd", "4096", "--max-cmdline", "2048"];
    await cliOk(["build", "zboot", "uki", ...from, ...sizes, "--seed-payload-size", "-o", "out"], { cwd });
    for (const name of ["zboot", "uki"]) copyFileSync(join(cwd, `out/${name}.bpf`), join(cwd, `${name}.bpf`));
    write(join(cwd, "<b>.img"), IMAGES.zboot);
    const words = ["zboot.bpf", "uki.bpf", "--image", "<b>.img", "--html", "page.html", "--json"];
    const { stdout } = await runProgram(["verify", ...words], { cwd });
    verified = JSON.parse(stdout) as Verification;
    const page = readFileSync(join(cwd, "page.html"), "utf8");
    data = JSON.parse(/id="data">(.*)<\/script>/.exec(page)?.[1] ?? "") as PageData;
    blobs = [...page.matchAll(/data-blob="\d+">([^<]*)</g)].map(([, text = ""]) =>
      Buffer.from(text, "base64"),
    );
  });

  it("holds what was judged, byte for byte", () => {
    expect(data.images.map(({ name, blob }) => [name, Buffer.from(blobs[blob ?? -1] ?? [])])).toEqual([
      ["<b>.img", Buffer.from(IMAGES.zboot)],
    ]);
    expect(data.parsers.map(({ name, blob }) => [name, Buffer.from(blobs[blob] ?? [])])).toEqual(
      ["zboot.bpf", "uki.bpf"].map((name) => [name, readFileSync(join(cwd, name))]),
    );
  });

  it("says what the JSON says, and its rows open runs that the page can make, with the same outcome", () => {
    expect(verified.verdicts.filter(({ ok }) => !ok)).not.toEqual([]);
    expect(data.tables[0]?.rows.map(({ cells }) => cells.slice(0, 3))).toEqual(
      verified.verdicts.map(({ parser, image, ok }) => [parser, image, ok]),
    );
    const subjects = data.parsers.flatMap(({ blob, ...parser }) =>
      expectValue(openSubjects(parser, blobs[blob] ?? new Uint8Array())),
    );
    for (const { parser, image, ok, commands, faultPaths } of verified.verdicts) {
      const subject = subjects.find(({ name }) => name === parser);
      const shown =
        subject &&
        walk(subject, blobs[data.images.find(({ name }) => name === image)?.blob ?? -1] ?? new Uint8Array());
      expect(shown?.emitted.map(({ title, size }) => ({ title, size }))).toEqual(commands);
      expect(shown?.verdict.findings.length === 0 || !ok).toBe(true);
      expect(shown && pathsOf(shown)).toHaveLength(1 + faultPaths.run);
    }
    const titles = new Set(
      subjects.flatMap((subject) =>
        pathsOf(walk(subject, blobs[0] ?? new Uint8Array())).map(({ title }) => title),
      ),
    );
    for (const { run } of data.tables[1]?.rows ?? []) expect(titles).toContain(run?.path);
    expect(data.tables[0]?.rows[0]?.cells[5]).toBe(commandsText(verified.verdicts[0] ?? GOOD));
  });

  it("says what could not be judged, in place of what an earlier run said", async () => {
    const { status } = await runProgram(["verify", "none.bpf", "--image", "none", "--html", "page.html"], {
      cwd,
    });
    expect(status).toBe(1);
    const page = existsSync(join(cwd, "page.html")) ? readFileSync(join(cwd, "page.html"), "utf8") : "";
    expect(page).toContain('"title":"Not shown"');
  });
});
