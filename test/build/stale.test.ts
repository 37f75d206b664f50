import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Digests } from "#build/digests.ts";
import { parseState, type State, statePath } from "#build/state/state.ts";
import { digest } from "#files/digest.ts";
import { isSettled, stampOf, TICKS } from "#files/stamp.ts";
import { cli, runProgram } from "../support/cli.ts";
import { kernelTree, newFolder, script, write } from "../support/kernel-tree.ts";
import { CLANGS, installed } from "./judges.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

/** Writes other bytes of the same number into a file, whose times of modification and inode stay. */
function changeInPlace(file: string, from: string, to: string): void {
  const { atimeMs, mtimeMs } = statSync(file);
  const text = readFileSync(file, "latin1");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to), "latin1");
  utimesSync(file, atimeMs / 1000, mtimeMs / 1000);
}

it("a stamp tells a file that was changed in place with its time kept", async () => {
  const file = write(join(newFolder(), "file"), "one");
  utimesSync(file, 1000, 1000);
  const before = stampOf(file);
  await new Promise((resolve) => setTimeout(resolve, TICKS));
  writeFileSync(file, "two");
  utimesSync(file, 1000, 1000);
  expect(stampOf(file)).not.toBe(before);
});

it.each([
  { name: "two ticks later", stamp: "3:0:1700000000123456789:7", now: 1_700_000_000_144, settled: true },
  { name: "in the same tick", stamp: "3:0:1700000000123456789:7", now: 1_700_000_000_124, settled: false },
  {
    name: "where the clock is behind",
    stamp: "3:0:1700000009123456789:7",
    now: 1_700_000_000_144,
    settled: false,
  },
  {
    name: "a second later, of whole seconds",
    stamp: "3:0:1700000000000000000:7",
    now: 1_700_000_001_000,
    settled: false,
  },
  {
    name: "three seconds later, of whole seconds",
    stamp: "3:0:1700000000000000000:7",
    now: 1_700_000_003_000,
    settled: true,
  },
])("a stamp is settled or not: $name", ({ stamp, now, settled }) => {
  expect(isSettled(stamp, now)).toBe(settled);
});

const noState = (): State => ({ rules: {}, digests: {}, facts: {}, requests: {} });

it("a file that was just written is hashed again although its stamp is the same", async () => {
  const out = newFolder();
  const file = write(join(out, "file"), "two");
  const stamp = stampOf(file);
  const state = { ...noState(), digests: { [file]: { stamp, digest: digest("one"), young: true as const } } };
  const all = await new Digests(out, state, new AbortController().signal).all(["file"]);
  expect(all).toEqual({ ok: true, value: { file: digest("two") } });
});

it("a file from outside has the digest of the first look throughout a run", async () => {
  const file = write(join(newFolder(), "file"), "one");
  const digests = new Digests(newFolder(), noState(), new AbortController().signal);
  expect(await digests.all([file])).toMatchObject({ ok: true });
  writeFileSync(file, "another");
  expect(await digests.all([file])).toEqual({ ok: true, value: { [file]: digest("one") } });
  expect(await digests.changed({ [file]: digest("one") })).toBe(file);
});

it("what a build remembers has no file that might have changed under its stamp", async () => {
  const { kexec } = kernelTree();
  expect((await cli(["make", "image_size.h", "ARCH=arm64"], { cwd: kexec })).status).toBe(0);
  const state = parseState(readFileSync(statePath(kexec), "utf8"));
  if (typeof state === "string") throw new Error(state);
  const [request] = Object.values(state.requests);
  const output = join(kexec, "image_size.h");
  expect(request?.stamps[output]).toBe(stampOf(output));
  expect(state.digests[output]?.young).toBeUndefined();
});

it("an output, an input and a tool that change in place with their time kept are no reason for nothing to do", async () => {
  const { kexec } = kernelTree();
  const targets = newFolder("targets");
  const bpftool = script(join(newFolder("tools"), "bpftool"), 'exec bpftool "$@" # a');
  const words = ["make", "zboot.bpf", "ARCH=arm64", `BPFTOOL=${bpftool}`, `TARGETS=${targets}`];
  const run = () => runProgram(words, { cwd: kexec });
  await run();
  const nothing = `kexec-bpf: nothing to be done for 'zboot.bpf' in ${kexec}\n`;
  expect((await run()).stdout).toBe(nothing);
  changeInPlace(join(kexec, "zboot.bpf"), "ELF", "FLE");
  expect((await run()).stdout).toContain("zboot.bpf");
  expect((await run()).stdout).toBe(nothing);
  changeInPlace(bpftool, "# a", "# b");
  expect((await run()).stdout).toContain("LSKEL");
  expect((await run()).stdout).toBe(nothing);
});

it("an input that changes while its rule runs fails the build, which names it", async () => {
  const { kexec } = kernelTree({ ownVmlinux: true });
  const bpftool = script(
    join(newFolder("tools"), "bpftool"),
    `case "$*" in *"btf dump"*) printf x >> "$4";; esac\nexec bpftool "$@"`,
  );
  const { status, stderr } = await cli(["make", "vmlinux.h", "ARCH=arm64", `BPFTOOL=${bpftool}`], {
    cwd: kexec,
  });
  expect(status).toBe(1);
  expect(stderr).toContain(
    "vmlinux.btf: a file that changes while it is read is not supported: something has written to it",
  );
});

it("a manifest has the digest of the template that the outputs were made from", async () => {
  const { kexec } = kernelTree();
  const targets = newFolder("targets");
  const parts = { v6: { kernel: "COPY" }, v7: { kernel: "COPY" } };
  const description = { description: "takes all", body: { v6: "taker", v7: "taker" }, parts };
  write(join(targets, "taker.json"), JSON.stringify(description));
  const body = `struct scratch {
	struct parts parts;
};

static __always_inline bool locate(const struct image *image, struct scratch *scratch)
{
	scratch->parts.kernel.size = image->size;
	return true;
}
`;
  const template = write(join(targets, "taker.hbs"), body);
  const clang = script(
    join(newFolder("tools"), "clang"),
    `case "$*" in *" -c "*) echo "/* edited */" >> ${template};; esac\nexec ${CLANG} "$@"`,
  );
  const words = ["make", "taker", "ARCH=arm64", `CLANG=${clang}`, `TARGETS=${targets}`, "O=out"];
  const first = await runProgram(words, { cwd: kexec });
  expect(first).toMatchObject({ status: 0 });
  const manifest = JSON.parse(readFileSync(join(kexec, "out/taker.manifest.json"), "utf8"));
  expect(JSON.stringify(manifest)).toContain(digest(body));
  expect((await runProgram(words, { cwd: kexec })).stdout).toContain("taker_parser_bpf.c");
});
