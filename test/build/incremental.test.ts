import {
  appendFileSync,
  cpSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cli, cliOk, ENVIRONMENT, type Outcome, runProgram } from "../support/cli.ts";
import { type KernelTree, kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";

/** The outputs that a run of make says it makes. */
const made = ({ stdout }: Outcome): string[] =>
  [...stdout.matchAll(/^ {2}[A-Z]+ +(\S+)$/gm)].map(([, name]) => name ?? "").sort();

const NOTHING: string[] = [];

const CLANG = CLANGS.find(installed) ?? "clang";

/** One tree for most tests; each finds everything built in it. */
let tree: KernelTree;

/** A cache of its own: what other tests do to the one that all share would be a change. */
const cache = newFolder("cache");
symlinkSync(join(ENVIRONMENT["KEXEC_BPF_CACHE"] ?? "", "tools"), join(cache, "tools"));
const env = { KEXEC_BPF_CACHE: cache };

const make = (...words: string[]): Promise<Outcome> =>
  cliOk(["make", "zboot", "uki", "ARCH=arm64", ...words], { cwd: tree.kexec, env });

beforeAll(async () => {
  tree = kernelTree({ ownVmlinux: true });
  expect(made(await make())).toHaveLength(25);
});

beforeEach(() => make());

/** Everything of a parser from its object on. */
const fromObject = (parser: string): string[] =>
  ["parser_bpf.o", "parser_bpf.lskel.h", "bytecode.c", "bytecode.o"].map((name) => `${parser}_${name}`);

it("a run writes its state once, and one that fails does too", async () => {
  const { kexec } = kernelTree();
  await cliOk(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec });
  const written: string[] = [];
  const watcher = watch(join(kexec, ".kexec-bpf"), (event, name) => {
    if (event === "rename" && name === "state.json") written.push(name);
  });
  const times = async (...words: readonly string[]) => {
    written.length = 0;
    const { status } = await cli(["make", ...words, "ARCH=arm64"], { cwd: kexec });
    // What inotify has to tell comes before what is written now.
    const mark = join(kexec, ".kexec-bpf/mark");
    await new Promise<void>((resolve) => {
      const seen = (_event: string, name: string | null) => {
        if (name !== "mark") return;
        watcher.off("change", seen);
        resolve();
      };
      watcher.on("change", seen);
      writeFileSync(mark, "");
    });
    rmSync(mark);
    return [status, written.length];
  };
  expect(await times("image_size.h", "bpf_helper_defs.h")).toEqual([0, 1]);
  expect(await times("image_size.h", "vmlinux.h", `BPFTOOL=${failingBpftool()}`)).toEqual([1, 1]);
  watcher.close();
});

function failingBpftool(): string {
  const version =
    'case $* in *version*) echo "bpftool v7.5.0"; echo "using libbpf v1.5" ;; *) exit 1 ;; esac';
  return script(join(newFolder("bin"), "bpftool"), version);
}

describe("a second run", () => {
  it("of make does nothing and says so", async () => {
    const again = await make();
    expect(again).toMatchObject({ status: 0 });
    expect(again.stdout).toBe(`kexec-bpf: nothing to be done for 'zboot uki' in ${tree.kexec}\n`);
  });

  it("of make -s does nothing and says nothing", async () => {
    expect((await make("-s")).stdout).toBe("");
  });

  it("of build does nothing and says so, as text and as JSON", async () => {
    const cwd = newFolder();
    const words = ["build", "zboot.bpf", "--kernel-tree", tree.root, "--arch", "arm64"];
    const first = JSON.parse((await cliOk([...words, "--json"], { cwd })).stdout);
    expect(first).toMatchObject({ schema: 1, ran: 8 });
    const second = await cliOk([...words, "--json"], { cwd });
    expect(JSON.parse(second.stdout)).toEqual({ ...first, ran: 0, milliseconds: 0 });
    expect(second.stderr).not.toContain("CLANG");
    expect((await cliOk(words, { cwd })).stdout.split("\n")[0]).toBe("nothing to do: all is up to date");
  });

  it("as a process answers the same with and without the memory of the first", async () => {
    const program = () => runProgram(["make", "zboot", "ARCH=arm64"], { cwd: tree.kexec, env });
    const stdout = `kexec-bpf: nothing to be done for 'zboot' in ${tree.kexec}\n`;
    // With nothing remembered of this command line, the program looks at every rule, and talks of it.
    expect(await program()).toMatchObject({ status: 0, stdout, stderr: expect.stringContaining("ABI v7") });
    expect(await program()).toMatchObject({ status: 0, stdout, stderr: "" });
    rmSync(join(tree.kexec, "zboot.bpf"));
    expect(made(await program())).toEqual(["zboot.bpf"]);
    expect(await program()).toMatchObject({ status: 0, stdout, stderr: "" });
  });
});

describe("after a change", () => {
  it("of the vmlinux's time alone no rule runs", async () => {
    utimesSync(tree.vmlinux, new Date(), new Date());
    expect(made(await make())).toEqual(NOTHING);
  });

  it("of an output by hand, the output is made again, and nothing else since it is as it was", async () => {
    const file = join(tree.kexec, "zboot_parser_bpf.lskel.h");
    const before = readFileSync(file);
    appendFileSync(file, "/* mine */\n");
    expect(made(await make())).toEqual(["zboot_parser_bpf.lskel.h"]);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(made(await make())).toEqual(NOTHING);
  });

  it.each(["vmlinux.h", "zboot_parser_bpf.o", "uki_bytecode.o", "uki.bpf", ".kexec-bpf/image_size.h"])(
    "that deletes %s, just that is made again",
    async (name) => {
      rmSync(join(tree.kexec, name));
      const rule = name === ".kexec-bpf/image_size.h" ? "image_size.h" : name;
      expect(made(await make())).toEqual([rule]);
    },
  );

  it("of MAX_INITRD, image_size.h is made again and what follows from it", async () => {
    const changed = made(await make("MAX_INITRD=32M"));
    const follows = [...fromObject("zboot"), ...fromObject("uki"), "uki.bpf", "zboot.bpf"];
    const manifests = ["uki.manifest.json", "zboot.manifest.json"];
    expect(changed).toEqual(["image_size.h", "plain_parser_bpf.o", ...follows, ...manifests].sort());
  });

  it("of MAX_INITRD, what comes out the same stops there: v6's zboot carries no initrd", async () => {
    await make("ABI=v6", "O=v6");
    const changed = made(await make("ABI=v6", "O=v6", "MAX_INITRD=32M"));
    expect(changed.filter((name) => name.startsWith("zboot"))).toEqual([
      "zboot.manifest.json",
      "zboot_parser_bpf.o",
    ]);
    expect(changed).toContain("uki.bpf");
  });

  it("of the bytecode object's maker, only the object and what holds it are made again", async () => {
    const words = ["build", "zboot.bpf", "--kernel-tree", tree.root, "--arch", "arm64"];
    const cwd = newFolder();
    await cliOk(words, { cwd });
    const { stderr } = await cliOk([...words, "--bytecode-object", "compiled"], { cwd });
    // clang compiles bytecode.c, which the direct way does not need.
    const expected = ["zboot.bpf", "zboot_bytecode.c", "zboot_bytecode.o"];
    expect(made({ status: 0, stdout: stderr, stderr: "" })).toEqual(expected);
  });

  it("of a header that the compiler alone names, the objects are made again", async () => {
    const headers = newFolder("headers");
    cpSync("/usr/include/bpf", join(headers, "bpf"), { recursive: true });
    const build = () => make(`LIBBPF_HEADERS=${headers}`, "O=found");
    await build();
    expect(made(await build())).toEqual(NOTHING);
    for (const name of ["bpf_helper_defs.h", "bpf_helpers.h"]) {
      appendFileSync(join(headers, "bpf", name), "/* changed */\n");
      const changed = made(await build());
      expect(changed, name).toEqual(expect.arrayContaining(["uki_parser_bpf.o", "zboot_parser_bpf.o"]));
      expect(made(await build()), name).toEqual(NOTHING);
    }
  });

  it("of the state file into something else, all is made again and works", async () => {
    const one = (): Promise<Outcome> =>
      cliOk(["make", "image_size.h", "ARCH=arm64", "O=one"], { cwd: tree.kexec });
    await one();
    for (const text of ["", "null", "[]", '{"version":1}', '{"version":0}']) {
      writeFileSync(join(tree.kexec, "one/.kexec-bpf/state.json"), text);
      expect(made(await one()), text).toEqual(["image_size.h"]);
      expect(made(await one()), text).toEqual(NOTHING);
    }
  });
});

/** The smallest target of a user's own: takes a file for a kernel when it begins with `KRNL`. */
const OWN_TARGET = {
  description: "takes a file that begins with KRNL",
  body: { v6: "taker", v7: "taker" },
  parts: { v6: { kernel: "COPY" }, v7: { kernel: "COPY" } },
};
const OWN_BODY = `struct scratch {
	char magic[4];
	struct parts parts;
};

static __always_inline bool locate(const struct image *image, struct scratch *scratch)
{
	if (!read_image(image, 0, scratch->magic, sizeof(scratch->magic)))
		return refuse("too short");
	if (scratch->magic[0] != 'K' || scratch->magic[1] != 'R')
		return refuse("not a KRNL file");
	scratch->parts.kernel.size = image->size;
	return true;
}
`;

describe("a target of the user's own", () => {
  it("builds beside the others, and a change of its template re-runs its rules alone", async () => {
    const targets = newFolder("targets");
    write(join(targets, "taker.json"), JSON.stringify(OWN_TARGET));
    write(join(targets, "taker.hbs"), OWN_BODY);
    const build = () => make("taker", `TARGETS=${targets}`, "O=own");
    const own = [...fromObject("taker"), "taker.bpf", "taker.manifest.json", "taker_parser_bpf.c"].sort();
    expect(made(await build()).filter((name) => name.startsWith("taker"))).toEqual(own);

    // Of the same length: line numbers are part of the program.
    write(join(targets, "taker.hbs"), OWN_BODY.replace("!= 'R'", "!= 'S'"));
    expect(made(await build())).toEqual(own);
    expect(made(await build())).toEqual(NOTHING);
  });

  it("whose template is edited while clang is at work is built again by the next run", async () => {
    const targets = newFolder("targets");
    write(join(targets, "taker.json"), JSON.stringify(OWN_TARGET));
    const template = write(join(targets, "taker.hbs"), OWN_BODY);
    const edited = write(join(newFolder(), "edited.hbs"), OWN_BODY.replace("!= 'R'", "!= 'S'"));
    const clang = script(
      join(newFolder("tools"), "clang"),
      `case "$*" in *" -c "*) cp ${edited} ${template};; esac\nexec ${CLANG} "$@"`,
    );
    const words = [
      "make",
      "taker_parser_bpf.o",
      `TARGETS=${targets}`,
      `CLANG=${clang}`,
      "ARCH=arm64",
      "O=edited",
    ];
    const build = () => runProgram(words, { cwd: tree.kexec });
    expect(made(await build())).toContain("taker_parser_bpf.o");
    expect(made(await build())).toEqual(["taker_parser_bpf.c", "taker_parser_bpf.o"]);
  });
});
