import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { REVISIONS, type Revision } from "#abi/revisions.ts";
import type { Verification } from "#core/verification.ts";
import { inspect, stream, verify } from "#library/index.ts";
import { casesOf, corpusFor } from "#verify/mutations/corpus.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { buildParsers } from "../../bpf-vm/support/parsers.ts";
import { expectValue } from "../../support/expect-value.ts";
import { newFolder, write } from "../../support/kernel-tree.ts";
import { buildPe } from "../../support/pe-builder.ts";
import { bundledModel, type PageModel } from "./bundled-model.ts";

type Extent = {
  /** Of the corpus' files one in so many is inspected. */
  readonly every: number;
  readonly parsers: readonly string[];
};

/** Tests that the page, bundled as browsers get it, says what the commands say. */
export function describeEquality({ every, parsers }: Extent): void {
  let page: PageModel;
  beforeAll(async () => {
    page = await bundledModel();
  });

  describe("the page, as browsers get it, says what inspect --json says", () => {
    it("of each file of the corpus", async () => {
      const folder = newFolder();
      const cases = goodFiles("v7").flatMap((file) =>
        casesOf(file).map(({ name, image }) => ({ name, image })),
      );
      expect(cases.length).toBeGreaterThan(300);
      for (const { name, image } of cases.filter((_, i) => i % every === 0)) {
        const bytes = image();
        const file = write(join(folder, `${name}.img`), bytes);
        const told = await inspect({ file });
        expect(await page.inspectBytes(file, bytes, { hashes: true }), name).toEqual(
          JSON.parse(JSON.stringify(told)),
        );
      }
    });
  });

  describe.each(REVISIONS)("the page's runs of %s", (revision: Revision) => {
    it.each(parsers.filter((name) => name !== "plain" || revision === "v7"))(
      "are those of verify --json and of stream: %s.bpf, for the whole corpus",
      async (name) => {
        const cwd = newFolder();
        const bytes = (await buildParsers(revision)).file(`${name}.bpf`);
        write(join(cwd, "p.bpf"), bytes);
        const judged = expectValue(await verify({ parsers: ["p.bpf"], faultPaths: false }, { cwd }));
        const { parsers: records, verdicts }: Verification = judged.verification;
        const limits = records[0]?.limits ?? null;
        const subjects = expectValue(
          page.openSubjects({ name: "p.bpf", limits, revision, reference: null, arch: null }, bytes),
        );
        expect(subjects.map((subject) => subject.name)).toEqual(records.map((record) => record.name));
        const images = new Map(
          subjects.flatMap(({ reference, arch }) =>
            expectValue(corpusFor(reference, revision, arch)).map((one) => [
              `kexec-bpf:${one.name}`,
              one.image,
            ]),
          ),
        );
        expect(verdicts.length).toBeGreaterThan(10);
        for (const { parser, image, commands, refusal, findings } of verdicts) {
          const subject = subjects.find((one) => one.name === parser);
          const shown = page.walk(
            subject as NonNullable<typeof subject>,
            images.get(image)?.() ?? new Uint8Array(),
          );
          expect({
            commands: shown.emitted.map(({ title, size }) => ({ title, size })),
            refusal: shown.refusal ?? null,
            findings: shown.verdict.findings.length,
          }).toEqual({ commands, refusal, findings: findings.length });
        }
      },
    );

    it("have the payloads that stream gives", async () => {
      const cwd = newFolder();
      const [uki] = goodFiles(revision).filter(({ format }) => format === "uki");
      const image = uki?.image ?? new Uint8Array();
      write(join(cwd, "uki.efi"), image);
      const bytes = (await buildParsers(revision)).file("uki.bpf");
      write(join(cwd, "uki.bpf"), bytes);
      const sent = expectValue(await stream({ parser: "uki.bpf", image: "uki.efi" }, { cwd }));
      const parser = { name: "uki.bpf", limits: null, revision, reference: null, arch: null } as const;
      const [subject] = expectValue(page.openSubjects(parser, bytes));
      const shown = page.walk(subject as NonNullable<typeof subject>, image);
      const payloads = shown.emitted.map(({ from, size }) =>
        Buffer.from(
          from === undefined ? image.subarray(0, 0) : image.subarray(from.offset, from.offset + size),
        ),
      );
      const text = (payload: Uint8Array) => Buffer.from(payload).toString("latin1").replace(/\0$/, "");
      expect(payloads.map(text)).toEqual(sent.commands.map(({ payload }) => text(payload)));
    });
  });

  describe("a plain kernel in an image is opened in place", () => {
    it.each(["arm64", "riscv", "loongarch"] as const)("%s", async (arch) => {
      const kernel =
        goodFiles("v7", arch).find(({ format }) => format === "plain")?.image ?? new Uint8Array();
      const { bytes } = buildPe([{ name: ".linux", data: Buffer.from(kernel) }]);
      const opened = expectValue(await page.openLayer(["uki.efi"], bytes));
      const inner = opened.inner.find(({ name }) => name === ".linux");
      const within = expectValue(await page.openInner(opened, inner as NonNullable<typeof inner>));
      expect(within.path).toEqual(["uki.efi", ".linux"]);
      expect(within.fields.map(({ name }) => name)).toContain("image_size");
    });
  });
}
