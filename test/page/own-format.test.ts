import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { inspect } from "#library/index.ts";
import type { PageData } from "#page/data.ts";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { CLANGS, installed } from "../build/judges.ts";
import { bootImages, buildAndroidBoot, EXAMPLE, REFERENCE } from "../own-formats/support/android-boot.ts";
import { cliOk, runProgram } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { bundledModel, type PageModel } from "./support/bundled-model.ts";

/** A page's data, with the bytes that they name. */
function pageOf(file: string) {
  const text = readFileSync(file, "utf8");
  const data = JSON.parse(/id="data">(.*)<\/script>/.exec(text)?.[1] ?? "") as PageData;
  const blobs = [...text.matchAll(/data-blob="\d+">([^<]*)</g)].map(([, piece = ""]) =>
    Uint8Array.from(Buffer.from(piece, "base64")),
  );
  return { text, data, blobs };
}

describe.skipIf(!CLANGS.some(installed))(
  "a page with a format of the user's own (skipped where there is no clang)",
  () => {
    let model: PageModel;
    let cwd: string;
    beforeAll(async () => {
      model = await bundledModel();
      cwd = newFolder();
      const { bootImage } = await bootImages();
      write(
        join(cwd, "good.img"),
        bootImage({ kernel: Buffer.alloc(5000, "K"), ramdisk: Buffer.alloc(300) }),
      );
      const bad = bootImage({});
      bad[40] = 9;
      write(join(cwd, "bad.img"), bad);
      write(
        join(cwd, "uki.efi"),
        goodFiles("v7", "arm64").find(({ format }) => format === "uki")?.image ?? "",
      );
      const out = await buildAndroidBoot(EXAMPLE, "v7");
      write(join(cwd, "p.bpf"), readFileSync(join(out, "android_boot.bpf")));
      const module = `import own from ${JSON.stringify(pathToFileURL(REFERENCE))};
      const parse = (input) => {
        const answer = own.parse(input);
        if (answer.parts) answer.parts.kernel.command = "DECOMPRESS";
        return answer;
      };
      export default { ...own, name: "contrary", parse };`;
      write(join(cwd, "contrary.mjs"), module);
    });

    /** What the page makes of what is in it. */
    function opened(file: string) {
      const { data, blobs, text } = pageOf(file);
      const images = data.images.map((image) => ({
        ...image,
        bytes: blobs[image.blob ?? -1] ?? Uint8Array.of(),
      }));
      if (data.format === null) throw new Error("no format");
      const format = model.recordedFormat(data.format, images);
      const subjects = data.parsers.flatMap(({ blob, ...parser }) =>
        expectValue(model.openSubjects(parser, blobs[blob] ?? Uint8Array.of(), format.reference)),
      );
      const bytesOf = (name: string) => images.find((image) => image.name === name)?.bytes ?? Uint8Array.of();
      /** The runs of the first parser, as the page judges them. */
      const run = (bytes: Uint8Array) => {
        const [subject] = subjects;
        if (subject === undefined) throw new Error("no parser");
        return model.walk(format.judging(subject, bytes), bytes);
      };
      return { text, data, format, bytesOf, run };
    }

    describe("explore --reference ./FORMAT.mjs", () => {
      let page: ReturnType<typeof opened>;
      beforeAll(async () => {
        const words = ["good.img", "bad.img", "uki.efi", "--parser", "p.bpf", "--reference", REFERENCE];
        await cliOk(["explore", ...words, "-o", "page.html"], { cwd });
        page = opened(join(cwd, "page.html"));
      });

      it("says of each image what inspect says, with nothing of the module in it", async () => {
        for (const name of ["good.img", "bad.img", "uki.efi"]) {
          const file = join(cwd, name);
          const told = expectValue(await inspect({ file, reference: REFERENCE, hashes: false }));
          const own = page.format.reference;
          const shown = expectValue(
            await model.inspectBytes(file, page.bytesOf(name), { hashes: false, own }),
          );
          expect(shown).toEqual(JSON.parse(JSON.stringify(told)));
        }
        expect(page.data.format?.file).toBe("android-boot.mjs");
        expect(page.text).not.toContain("latin1(");
        expect(page.text).not.toContain(EXAMPLE);
      });

      it("shows fields and parts of one that it takes", async () => {
        const { fields, inspection, refusals } = expectValue(
          await model.openLayer(["good.img"], page.bytesOf("good.img"), page.format),
        );
        expect(inspection.format).toBe("android-boot");
        expect(inspection.parts).toMatchObject([
          { name: "android-boot cmdline", offset: 44, size: 5 },
          { name: "android-boot kernel", offset: 4096, size: 5000 },
          { name: "android-boot initrd", offset: 12288, size: 300 },
        ]);
        expect(refusals).toEqual([]);
        expect(fields.slice(0, 2)).toMatchObject([
          { group: "header", name: "magic", offset: 0, size: 8, value: '"ANDROID!"' },
          { group: "header", name: "kernel_size", offset: 8, value: "5000", source: "android-boot.mjs" },
        ]);
      });

      it("says why it does not take one, at which byte", async () => {
        const { fields, refusals } = expectValue(
          await model.openLayer(["bad.img"], page.bytesOf("bad.img"), page.format),
        );
        expect(refusals).toMatchObject([{ offset: 40, ofAll: true }]);
        expect(refusals[0]?.text).toContain("header_version 9");
        expect(fields.find(({ offset }) => offset === 40)).toMatchObject({
          name: "header_version",
          value: "0x9",
        });
        const uki = expectValue(await model.openLayer(["uki"], page.bytesOf("uki.efi"), page.format));
        expect([uki.refusals.length, uki.fields.some(({ source }) => source === "android-boot.mjs")]).toEqual(
          [1, false],
        );
      });

      it("judges parsers by what the module said", () => {
        const good = page.run(page.bytesOf("good.img"));
        expect([good.subject.reference, good.verdict.findings]).toEqual([page.format.reference, []]);
        expect(good.expected).toMatchObject([
          { title: "COPY/KERNEL", from: { offset: 4096, size: 5000 } },
          { title: "COPY/INITRD", from: { offset: 12288, size: 300 } },
          { title: "COPY/CMDLINE", size: 6, from: { offset: 44, size: 5 } },
          { title: "DONE", size: 0, from: undefined },
        ]);
        expect(page.run(page.bytesOf("bad.img"))).toMatchObject({ refusal: { offset: 40 }, emitted: [] });
      });

      it("judges by nothing where the module was not asked: what is dropped there", async () => {
        const dropped = page.bytesOf("good.img").slice();
        expect(page.run(dropped)).toMatchObject({ subject: { reference: "none" }, refusal: undefined });
        const { refusals, fields } = expectValue(await model.openLayer(["good.img"], dropped, page.format));
        expect([refusals, fields]).toEqual([[], []]);
      });
    });

    it("says what is wrong with a module that throws, without its folder", async () => {
      write(join(cwd, "bad.mjs"), 'export default { name: "bad", parse() { throw new Error("ouch"); } };');
      const words = ["good.img", "--parser", "p.bpf", "--reference", "./bad.mjs", "-o", "bad.html"];
      await cliOk(["explore", ...words], { cwd });
      const page = opened(join(cwd, "bad.html"));
      const { refusals } = expectValue(
        await model.openLayer(["good.img"], page.bytesOf("good.img"), page.format),
      );
      const text = "bad.mjs: the reference is at fault: parse() throws: ouch";
      expect(refusals).toEqual([{ text, offset: undefined, ofAll: true }]);
      const kinds = page.run(page.bytesOf("good.img")).verdict.findings.map(({ kind }) => kind);
      expect(kinds).toEqual(["bad-reference"]);
    });

    it("judges all by a built-in one that is named, or by nothing", async () => {
      await cliOk(["explore", "good.img", "--parser", "p.bpf", "--reference", "none", "-o", "page.html"], {
        cwd,
      });
      const { data } = pageOf(join(cwd, "page.html"));
      expect([data.format, data.parsers[0]?.reference, data.images[0]?.answers]).toEqual([null, "none", []]);
    });

    it.each([
      ["verify", ["--image", "good.img"]],
      ["fuzz", ["--runs", "1", "--workers", "1"]],
    ])("%s --html has rows that open runs with the same findings", async (command, more) => {
      const words = [command, "p.bpf", "--reference", "./contrary.mjs", ...more, "--html", `${command}.html`];
      const { status } = await runProgram(words, { cwd });
      expect(status).toBe(1);
      const page = opened(join(cwd, `${command}.html`));
      const rows = page.data.tables.at(command === "verify" ? 1 : 0)?.rows ?? [];
      expect(rows.length).toBeGreaterThan(0);
      const [{ run } = { run: null }] = rows;
      const { verdict, subject } = page.run(page.bytesOf(run?.image ?? ""));
      expect(subject.reference).toBe(page.format.reference);
      expect(verdict.findings.map(({ kind }) => kind)).toEqual(["difference"]);
    });
  },
);
