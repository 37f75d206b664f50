import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Revision, revisionProfile } from "#abi/revisions.ts";
import { renderParser, templateFiles } from "#generate/parser-source.ts";
import { loadTargets, type Target } from "#generate/target.ts";
import { templateContext } from "#generate/template-context.ts";
import { cliOk, runProgram } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { kernelTree } from "../support/kernel-tree.ts";
import { file, temporaryFolder } from "../toolchain/temporary-folder.ts";

const REVISIONS = ["v6", "v7"] as const;

async function ours(name: string): Promise<Target> {
  const targets = await loadTargets(["templates"]);
  const target = targets.ok ? targets.value.get(name) : undefined;
  if (target === undefined) throw new Error(`no target ${name}`);
  return target;
}

type Options = { kernelHasContext?: boolean; seedPayloadSize?: boolean };

async function render(templates: string, target: Target, revision: Revision, options: Options = {}) {
  const files = await templateFiles(templates, target, revision);
  if (!files.ok) return files;
  const profile = revisionProfile(revision);
  const context = {
    target,
    arch: "arm64" as const,
    profile,
    kernelHasContext: false,
    seedPayloadSize: false,
    ...options,
  };
  return renderParser(files.value, target, templateContext(context));
}

async function source(name: string, revision: Revision, options: Options = {}): Promise<string> {
  return expectValue(await render("templates", await ours(name), revision, options));
}

/** C without its comments, so that prose is not taken for code. */
const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

describe.each(["zboot", "uki"])("the source of %s", (name) => {
  describe.each(REVISIONS)("for %s", (revision) => {
    test("begins with a licence, has no template left in it and ends with one new line", async () => {
      const text = await source(name, revision);
      expect(text.startsWith("// SPDX-License-Identifier: GPL-2.0-only\n")).toBe(true);
      expect(text).not.toMatch(/\{\{|\}\}|undefined|\[object/);
      expect(text).toMatch(/[^\n]\n$/);
      expect(text).toContain(`${name}_parser_bpf.c - `);
    });

    test("is the same every time", async () =>
      expect(await source(name, revision)).toBe(await source(name, revision)));

    test("asserts the header's size and that of the scratch record", async () => {
      const text = code(await source(name, revision));
      expect(text).toContain(`_Static_assert(sizeof(struct kexec_command) == ${revision === "v6" ? 8 : 10},`);
      expect(text).toContain("_Static_assert(sizeof(struct scratch) + 8 <= MIN_RING_SIZE");
    });

    test("has the four rings, the anchor, and a discard for each reservation", async () => {
      const text = code(await source(name, revision));
      expect([...text.matchAll(/\} (\w+) SEC\("\.maps"\)/g)].map(([, map]) => map)).toEqual([
        "ringbuf_1",
        "ringbuf_2",
        "ringbuf_3",
        "ringbuf_4",
      ]);
      expect(text).toContain('SEC("fentry.s/kexec_image_parser_anchor")');
      const reserved = text.match(/bpf_ringbuf_reserve\(/g) ?? [];
      expect(reserved.length).toBeGreaterThanOrEqual(2);
      expect(text.match(/bpf_ringbuf_discard\(/g)).toHaveLength(reserved.length);
    });

    test("sends DONE in v7 only", async () =>
      expect(code(await source(name, revision)).includes(".cmd = CMD_DONE")).toBe(revision === "v7"));

    test("sets the pipeline flag for uki of v7 only, and there once", async () => {
      const flags = code(await source(name, revision)).match(/\.pipeline_flag = PIPELINE_FILL/g) ?? [];
      expect(flags).toHaveLength(name === "uki" && revision === "v7" ? 1 : 0);
    });

    test("declares the context only where the kernel has none", async () => {
      expect(await source(name, revision)).toContain("struct kexec_context {");
      expect(await source(name, revision, { kernelHasContext: true })).not.toContain(
        "struct kexec_context {",
      );
    });

    test("cuts the size trailer off only when asked, and only where there is a zboot payload", async () => {
      const cut = "size -= 4;";
      expect(await source(name, revision)).not.toContain(cut);
      expect((await source(name, revision, { seedPayloadSize: true })).includes(cut)).toBe(name === "zboot");
    });
  });
});

test("zboot carries the kernel alone in v6, and what the envelope holds in v7", async () => {
  const reserved = (text: string) =>
    [...code(text).matchAll(/bpf_ringbuf_reserve\(&(\w+)/g)].map(([, ring]) => ring);
  expect(reserved(await source("zboot", "v6"))).toEqual(["ringbuf_1", "ringbuf_4"]);
  expect(reserved(await source("zboot", "v7"))).toEqual(["ringbuf_1", "ringbuf_2", "ringbuf_3", "ringbuf_4"]);
  expect(code(await source("zboot", "v6"))).not.toContain("elf");
});

describe("templates of one's own", () => {
  async function rendered(files: Readonly<Record<string, string>>) {
    const folder = await temporaryFolder();
    for (const [name, text] of Object.entries(files)) await file(join(folder, name), text);
    const body = join(folder, "body.hbs");
    const target = { ...(await ours("zboot")), name: "own", body: { v6: body, v7: body } };
    const result = await render(folder, target, "v7");
    if (result.ok) return result.value;
    if (result.failure.reason !== "bad-target") return result.failure;
    return [result.failure.file?.replace(`${folder}/`, ""), result.failure.detail];
  }
  const none = { "partials/none.hbs": "" };

  test("are rendered body in frame, partials by their names, nothing escaped", async () =>
    expect(
      await rendered({
        "frame.hbs": "{{target}}\n{{> body}}\n{{#each parts}}{{name}} {{/each}}.\n\n",
        "body.hbs": "<{{abi.imageData}}>\n  {{> inner}}\n",
        "partials/inner.hbs": '"{{abi.revision}}"\nand\n',
      }),
    ).toBe('own\n<parsing_buf[0]>\n  "v7"\n  and\nkernel initrd cmdline .\n'));

  test("name the file and the line of a syntax error", async () => {
    const [name, detail] = (await rendered({
      ...none,
      "frame.hbs": "{{> body}}",
      "body.hbs": "one\ntwo\n{{#each parts}\nfour\n{{/each}}\n",
    })) as string[];
    expect(name).toBe("body.hbs");
    expect(detail).toContain("Parse error on line 3:");
    expect(detail).not.toContain("\n");
  });

  test.each([
    ["the body", "body.hbs", { "frame.hbs": "{{> body}}", "body.hbs": "one\n{{nobody}}\n" }],
    ["the frame", "frame.hbs", { "frame.hbs": "one\n{{nobody}}\n{{> body}}", "body.hbs": "" }],
    [
      "a partial",
      "partials/inner.hbs",
      { "frame.hbs": "{{> body}}", "body.hbs": "\n\n\n{{> inner}}", "partials/inner.hbs": "one\n{{nobody}}" },
    ],
  ])("name the file and the line of a variable that does not exist, in %s", async (_, name, files) =>
    expect(await rendered({ ...none, ...files })).toEqual([
      name,
      expect.stringMatching(/^"nobody" not defined - 2:2$/),
    ]),
  );

  test("name the file of a member that does not exist", async () =>
    expect(await rendered({ ...none, "frame.hbs": "{{> body}}", "body.hbs": "{{abi.nobody}}" })).toEqual([
      "body.hbs",
      expect.stringContaining('"nobody" not defined'),
    ]));

  test("name the file that includes a partial which does not exist", async () =>
    expect(await rendered({ ...none, "frame.hbs": "{{> body}}", "body.hbs": "{{> nobody}}" })).toEqual([
      "body.hbs",
      expect.stringContaining("nobody could not be found"),
    ]));

  test("name the file that cannot be read", async () =>
    expect(await rendered({ ...none, "frame.hbs": "{{> body}}" })).toMatchObject({
      reason: "file-failed",
      file: expect.stringMatching(/\/body\.hbs$/),
      code: "ENOENT",
    }));

  test("must have a folder of partials", async () => {
    const folder = await temporaryFolder();
    expect(await render(folder, await ours("zboot"), "v7")).toEqual({
      ok: false,
      failure: { reason: "file-failed", operation: "read", file: join(folder, "partials"), code: "ENOENT" },
    });
  });

  test("are all listed, the body first, the partials in the order of their names", async () => {
    const folder = await temporaryFolder();
    for (const name of ["b.hbs", "a.hbs", "README"]) await file(join(folder, "partials", name), "");
    const target = { ...(await ours("zboot")), body: { v6: join(folder, "body.hbs") } };
    expect(await templateFiles(folder, target, "v6")).toEqual({
      ok: true,
      value: [
        target.body.v6,
        join(folder, "frame.hbs"),
        join(folder, "partials", "a.hbs"),
        join(folder, "partials", "b.hbs"),
      ],
    });
  });
});

test("the bundled program, whose templates were compiled before, makes the same sources of them", async () => {
  const { kexec } = kernelTree();
  const sources = ["zboot", "uki", "plain"].map((name) => `${name}_parser_bpf.c`);
  for (const revision of REVISIONS) {
    const made = revision === "v6" ? sources.slice(0, 1) : sources;
    const words = ["make", ...made, "ARCH=arm64", `ABI=${revision}`];
    await cliOk([...words, "O=here"], { cwd: kexec });
    expect(await runProgram([...words, "O=bundled"], { cwd: kexec })).toMatchObject({ status: 0 });
    for (const name of made) {
      const [here, bundled] = ["here", "bundled"].map((out) => readFileSync(join(kexec, out, name), "utf8"));
      expect(bundled).toBe(here);
    }
  }
});
