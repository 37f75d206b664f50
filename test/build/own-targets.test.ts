import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cli, cliOk, runProgram } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";
import { INTERFACES, kernelBtf } from "./kernel-with-interface.ts";

const CLANG = CLANGS.find(installed) ?? "clang";
const DESCRIPTION = { description: "d", body: "fit", parts: { v7: { kernel: ["DECOMPRESS", "COPY FILL"] } } };
const BODY = `struct scratch {
	struct parts parts;
};

static __always_inline bool locate(const struct image *image, struct scratch *scratch)
{
	scratch->parts.kernel.size = image->size;
	scratch->parts.kernel.command = CMD_COPY;
	return true;
}
`;

/** Builds the target fit of these files, by name, and gives what came of it. */
async function build(files: Readonly<Record<string, string>>, description: object = DESCRIPTION) {
  const targets = newFolder("targets");
  write(join(targets, "fit.json"), JSON.stringify(description));
  for (const [name, text] of Object.entries({ "fit.hbs": BODY, ...files })) write(join(targets, name), text);
  const out = newFolder();
  const from = ["--vmlinux", kernelBtf(CLANG, INTERFACES.v7), "--arch", "arm64", "--max-kernel", "64K"];
  const words = ["build", "fit", "--targets", targets, ...from, "--max-initrd", "64K", "-o", out];
  return { ...(await cli(words, { cwd: out })), out, targets };
}

describe.skipIf(!CLANGS.some(installed))(
  "a target of the user's own (skipped where there is no clang)",
  () => {
    it("chooses between commands by what the body finds", async () => {
      const { out, status } = await build({});
      expect(status).toBe(0);
      const image = write(join(out, "x.img"), "a kernel");
      await cliOk(["stream", "record", "fit.bpf", image, "-o", "x.kbs"], { cwd: out });
      const { stdout } = await cliOk(["stream", "show", join(out, "x.kbs")], { cwd: out });
      expect(stdout).toContain("0  COPY/KERNEL FILL  8 bytes");
    });

    it("whose body sets a part that the description does not list is refused, with the body's line", async () => {
      const { status, stderr, targets } = await build({
        "fit.hbs": BODY.replace("\treturn true;", "\tscratch->parts.initrd.size = 1;\n\treturn true;"),
      });
      expect(status).toBe(1);
      expect(stderr).toContain("'initrd' is unavailable: fit.json lists no initrd in its parts of v7");
      expect(stderr).toContain(`from ${join(targets, "fit.hbs")}:9`);
    });

    it("finds partials beside itself and in partials/, and those that these use", async () => {
      const { status, out } = await build({
        "fit.hbs": BODY.replace("struct scratch", "{{> mine}}\n\nstruct scratch"),
        "mine.hbs": "{{> deeper}}\n",
        "partials/deeper.hbs": "/* deeper */\n",
        "unused.hbs": "{{nothing}}\n",
      });
      expect(status).toBe(0);
      expect(readFileSync(join(out, "fit_parser_bpf.c"), "utf8")).toContain("\n/* deeper */\n");
    });

    it("has no partial of a name that is built in", async () => {
      const { status, stderr, targets } = await build({
        "fit.hbs": `{{> part-inside}}\n${BODY}`,
        "part-inside.hbs": "/* mine */\n",
      });
      expect(status).toBe(1);
      const file = join(targets, "part-inside.hbs");
      expect(stderr).toContain(
        `${file}: target fit: the partial part-inside needs another name: that one is built in`,
      );
    });

    it("with two braces in its C is told how to write them", async () => {
      const { status, stderr, targets } = await build({
        "fit.hbs": BODY.replace(
          "struct scratch {",
          "static const int zero[1][1] = {{0}};\n\nstruct scratch {",
        ),
      });
      expect(status).toBe(1);
      expect(stderr).toContain(`${join(targets, "fit.hbs")}: target fit: `);
      expect(stderr).toContain("in C, write a blank between them, { {0} }");
    });

    it("made by new-target is built as it is, and does what its reference says", async () => {
      const folder = newFolder();
      const { stdout } = await cliOk(["new-target", "my_format", "--json"], { cwd: folder });
      const { files } = JSON.parse(stdout);
      expect(files).toEqual(["my_format.json", "my_format.hbs", "my_format.mjs", "my_format.test.mjs"]);
      const again = await cli(["new-target", "my_format"], { cwd: folder });
      expect(again).toMatchObject({ status: 2 });
      expect(again.stderr).toContain("my_format.json is there already");
      const targets = join(folder, "my_format");
      const from = ["--vmlinux", kernelBtf(CLANG, INTERFACES.v7), "--arch", "arm64", "--max-kernel", "64K"];
      await cliOk(["build", "my_format", "--targets", targets, ...from, "-o", folder], { cwd: folder });
      const judged = ["verify", "my_format.bpf", "--reference", join(targets, "my_format.mjs"), "--json"];
      const { counts } = JSON.parse((await cliOk(judged, { cwd: folder })).stdout);
      expect(counts.accepted).toBeGreaterThan(20);
      expect(counts.refused).toBeGreaterThan(20);
    });

    it("has a module that the bundled program loads, too, whose code was compiled before", async () => {
      const folder = newFolder();
      write(join(folder, "fit.json"), JSON.stringify({ ...DESCRIPTION, reference: "fit.mjs" }));
      write(join(folder, "fit.hbs"), BODY);
      write(join(folder, "fit.mjs"), 'throw new Error("it was loaded");');
      const image = write(join(folder, "image"), "a kernel");
      const from = ["--vmlinux", kernelBtf(CLANG, INTERFACES.v7), "--image", image, "--arch", "arm64"];
      const words = ["build", "fit", "--targets", folder, ...from, "-o", folder];
      expect((await runProgram(words, { cwd: folder })).stderr).toContain(
        "it cannot be loaded: it was loaded",
      );
    });

    it.each(["Fit", "all", "a-b"])("cannot be named %s", async (name) => {
      expect(await cli(["new-target", name], { cwd: newFolder() })).toMatchObject({ status: 2 });
    });
  },
);
