import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { CLANGS, installed } from "../build/judges.ts";
import { cli, cliOk } from "../support/cli.ts";
import { extent } from "../support/extent.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { buildZboot } from "../support/zboot-builder.ts";
import { bootImages, buildAndroidBoot as build, EXAMPLE, REFERENCE } from "./support/android-boot.ts";

const RUNS = extent(300, 1500);
/** The words of a short campaign with the example's reference, which keeps nothing for the next one. */
const campaign = () => [
  ...["--reference", REFERENCE, "--runs", String(RUNS)],
  ...["--workers", "1", "--corpus", newFolder()],
];

describe.skipIf(!CLANGS.some(installed))("Android boot images (skipped where there is no clang)", () => {
  let parser: string;
  let maker: Awaited<ReturnType<typeof bootImages>>;
  beforeAll(async () => {
    parser = join(await build(EXAMPLE, "v7"), "android_boot.bpf");
    maker = await bootImages();
  });
  const verify = (file: string, ...words: readonly string[]) =>
    cli(["verify", file, ...words, "--json"], { cwd: newFolder() });
  const image = (parts: object = {}) => write(join(newFolder(), "boot.img"), maker.bootImage(parts));

  it("are taken apart as the reference says, hostile ones too", async () => {
    const { status, stdout } = await verify(parser, "--reference", REFERENCE);
    const { counts, verdicts, parsers } = JSON.parse(stdout);
    expect([status, verdicts.filter(({ ok }: { ok: boolean }) => !ok)]).toEqual([0, []]);
    expect(counts.accepted).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(500);
    expect(parsers).toMatchObject([{ reference: "android-boot" }]);
  });

  it("are taken apart by v6's parser, too, and by one that is judged by itself", async () => {
    const v6 = join(await build(EXAMPLE, "v6"), "android_boot.bpf");
    expect((await verify(v6, "--reference", REFERENCE, "--image", image(), "--abi", "v6")).status).toBe(0);
    const { status, stdout } = await verify(parser, "--reference", "none", "--image", image());
    expect([status, JSON.parse(stdout).parsers[0].reference]).toEqual([0, "none"]);
  });

  it("need not be looked at for long by a campaign with the example's own images", async () => {
    const words = campaign();
    const { stdout } = await cliOk(["fuzz", parser, ...words, "--json"], { cwd: newFolder() });
    expect(JSON.parse(stdout)).toMatchObject({ reference: "android-boot", cases: RUNS });
  });

  it("are judged by what they were recorded to be, where that is all that is known", async () => {
    const kbs = join(newFolder(), "boot.kbs");
    await cliOk(["stream", "record", parser, image(), "-o", kbs], { cwd: newFolder() });
    expect((await verify(parser, "--expected", kbs, "--image", image())).status).toBe(0);
    const other = await verify(parser, "--expected", kbs, "--image", image({ cmdline: "other" }));
    expect(other.status).toBe(1);
    expect(JSON.parse(other.stdout).verdicts[0].findings).toMatchObject([{ kind: "difference", index: 1 }]);
    expect((await verify(parser, "--expected", kbs)).status).toBe(2);
  });

  it("measure a build, with what their kernel is", async () => {
    const boot = image({ kernel: buildZboot(new Uint8Array(5000)), ramdisk: new Uint8Array(3000) });
    const out = await build(EXAMPLE, "v7", "--image", boot, "--json");
    const header = readFileSync(join(out, "image_size.h"), "utf8");
    expect(header).toContain("#define INITRD_SIZE 3000\n");
  });

  it("are shown by inspect, and made hostile by corpus", async () => {
    const { stdout } = await cliOk(["inspect", image(), "--reference", REFERENCE], { cwd: newFolder() });
    expect(stdout).toMatch(/^format +android-boot$/m);
    expect(stdout).toMatch(/^android-boot v7 +COPY\/KERNEL +5000 bytes from 0x1000/m);
    const folder = newFolder();
    await cliOk(["corpus", "--reference", REFERENCE, "-o", folder], { cwd: folder });
    const { status } = await verify(parser, "--reference", REFERENCE, "--image", join(folder, "v4-gzip.img"));
    expect(status).toBe(0);
  });

  it("show what a wrong parser does: by the reference, by itself, by a campaign", async () => {
    const targets = newFolder();
    cpSync(EXAMPLE, targets, { recursive: true });
    const body = readFileSync(join(targets, "android-boot.hbs"), "utf8");
    const wrong = body.replace(" || !part_inside(&parts->initrd, image->size)", "");
    expect(wrong).not.toBe(body);
    write(join(targets, "android-boot.hbs"), wrong);
    const file = join(await build(targets, "v7"), "android_boot.bpf");
    const cut = write(
      join(newFolder(), "cut.img"),
      maker.bootImage({ ramdisk: new Uint8Array(9000) }).slice(0, -5000),
    );
    const kinds = async (...words: readonly string[]) =>
      JSON.parse(
        (await verify(file, "--image", cut, "--expect", "refused", ...words)).stdout,
      ).verdicts[0].findings.map(({ kind }: { kind: string }) => kind);
    expect(await kinds("--reference", REFERENCE)).toEqual(["stray-read"]);
    expect(await kinds("--reference", "none")).toEqual(["stray-read"]);
    const words = campaign();
    expect((await cli(["fuzz", file, ...words], { cwd: newFolder() })).status).toBe(1);
  });

  it("a reference that is at fault is a finding of its own, not one of the parser", async () => {
    const file = write(join(newFolder(), "r.mjs"), 'export default { name: "r", parse() { return {}; } };');
    const { status, stdout } = await verify(parser, "--reference", file, "--image", image());
    expect(status).toBe(1);
    expect(JSON.parse(stdout).verdicts[0].findings).toMatchObject([{ kind: "bad-reference" }]);
  });
});
