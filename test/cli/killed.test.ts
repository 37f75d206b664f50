import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { digest } from "#files/digest.ts";
import { encodeEnvelope } from "#formats/envelope/encode.ts";
import { Random } from "#fuzz/engine/random.ts";
import { bytecode, imageFor, Workplace, zbootFor } from "../pack/samples.ts";
import { cliOk, programFile, start } from "../support/cli.ts";
import { expectValue } from "../support/expect-value.ts";
import { extent } from "../support/extent.ts";
import { newKey } from "../support/keys.ts";
import { machineCode } from "../support/machine-code.ts";
import { arm64Image } from "../support/real-inputs.ts";
import { encodeZbootImage } from "../support/zboot-image.ts";

/** Some by default; `KEXEC_BPF_KILLS=50` for more. */
const KILLS = Number(process.env["KEXEC_BPF_KILLS"] ?? extent(1, 10));

/** Every file below a folder but temporaries and inputs, with its content's hash. */
function published(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
  return Object.fromEntries(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort()
      .map((file) => [file.slice(folder.length + 1), digest(readFileSync(file))]),
  );
}

const temporaries = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".kexec-bpf"));

type Command = {
  readonly name: string;
  /** Puts the inputs of both variants, `…-1` and `…-2`, in place. */
  readonly prepare: (place: Workplace) => Promise<void> | void;
  readonly words: (variant: 1 | 2) => string;
};

/** Large enough that writing takes its time. */
const large = (mark: number): Buffer => {
  const image = Buffer.concat([imageFor("arm64"), machineCode(6 << 20)]);
  image.writeBigUInt64LE(BigInt(image.length), 0x10);
  return image.fill(mark, image.length - 5000);
};

/**
 * Whether a command of several outputs was killed between two of its last renames: each file is whole, the old or the new one, and all
 * old ones have their second names still. No system call renames several files (`files/output-set.ts`).
 */
function betweenRenames(
  out: string,
  left: Readonly<Record<string, string>>,
  wanted: readonly Readonly<Record<string, string>>[],
): boolean {
  const names = [...new Set(wanted.flatMap((one) => Object.keys(one)))];
  const whole = names.every((name) => wanted.some((one) => one[name] === left[name]));
  return names.length > 1 && whole && temporaries(out).length >= names.length;
}

const COMMANDS: readonly Command[] = [
  {
    name: "extract",
    prepare: (place) => {
      for (const variant of [1, 2]) place.file(`in-${variant}`, gzipSync(large(variant), { level: 1 }));
    },
    words: (variant) => `extract in-${variant} -o out/kernel`,
  },
  {
    name: "pack",
    prepare: async (place) => {
      place.file("kernel", await zbootFor("arm64"));
      for (const variant of [1, 2]) place.file(`in-${variant}`, large(variant));
    },
    words: (variant) => `pack envelope kernel in-${variant} quiet -o out/envelope`,
  },
  {
    name: "unpack",
    prepare: async (place) => {
      const kernel = await zbootFor("arm64");
      for (const variant of [1, 2]) {
        const cmdline = Buffer.from(`variant=${variant}`);
        place.file(
          `in-${variant}`,
          encodeEnvelope({ machine: 183, kernel, initrd: large(variant), cmdline }),
        );
      }
    },
    words: (variant) => `unpack in-${variant} -o out/parts`,
  },
  {
    name: "decompose",
    prepare: async (place) => {
      place.file("parser.o", bytecode());
      await place.ok(
        "pack",
        "container",
        "--section",
        ".bpf.1=parser.o",
        "-o",
        "parser.bpf",
        "--no-manifest",
      );
      for (const variant of [1, 2]) {
        const zboot = expectValue(
          await encodeZbootImage({ arch: "arm64", compression: "gzip", image: large(variant) }),
        );
        const parts = { initrd: large(variant + 2), cmdline: Buffer.from(`variant=${variant}`) };
        place.file(`in-${variant}`, encodeEnvelope({ machine: 183, kernel: zboot, ...parts }));
      }
    },
    words: (variant) => `decompose parser.bpf in-${variant} --reference -o out/parts`,
  },
  {
    name: "sign",
    prepare: (place) => {
      const pair = newKey();
      place.file("key", readFileSync(pair.key));
      place.file("cert", readFileSync(pair.certificate));
      for (const variant of [1, 2]) place.file(`in-${variant}`, large(variant));
    },
    words: (variant) => `sign in-${variant} --key key --cert cert -o out/signed`,
  },
  {
    name: "corpus",
    prepare: async (place) => {
      for (const variant of [1, 2]) {
        const image = imageFor("arm64").fill(variant, 1000, 2000);
        const zboot = expectValue(await encodeZbootImage({ arch: "arm64", compression: "gzip", image }));
        place.file(`${variant}/in`, zboot);
      }
    },
    words: (variant) => `corpus --from ${variant}/in -o out`,
  },
];

describe.each(COMMANDS)("$name that is killed", ({ prepare, words }) => {
  test(`leaves all outputs old or all new, ${KILLS} times, and the next run takes away what was left`, async () => {
    const place = new Workplace();
    await prepare(place);
    place.file("out/.keep", "");
    const out = place.path("out");
    const run = (variant: 1 | 2) => start(words(variant).split(" "), { cwd: place.folder });
    programFile();
    const wanted: Readonly<Record<string, string>>[] = [];
    let longest = 0;
    for (const variant of [1, 2] as const) {
      const began = performance.now();
      const { status, stderr } = await run(variant).ended;
      longest = Math.max(longest, performance.now() - began);
      expect([status, stderr.replace(/^kexec-bpf: warning.*\n/gm, "")]).toEqual([0, ""]);
      wanted.push(published(out));
    }
    expect(wanted[0]).not.toEqual(wanted[1]);

    const random = new Random(20261129, 0);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const running = run(kill % 2 === 0 ? 1 : 2);
      let over = false;
      const ended = running.ended.finally(() => {
        over = true;
      });
      if (kill % 2 === 0) {
        // While the outputs are being written or put in place; every second time, at any moment.
        const others = new Set(temporaries(out));
        while (!over && temporaries(out).every((name) => others.has(name))) await sleep(0);
        await sleep(random.below(20));
      } else {
        await sleep((random.below(1000) / 1000) * longest);
      }
      running.kill("SIGKILL");
      await ended;
      const left = published(out);
      if (betweenRenames(out, left, wanted)) {
        // What the next kill leaves is to be compared with what a whole run left.
        expect((await run(1).ended).status).toBe(0);
        continue;
      }
      expect(wanted, `kill ${kill}`).toContainEqual(left);
    }
    expect((await run(1).ended).status).toBe(0);
    expect(published(out)).toEqual(wanted[0]);
    expect(temporaries(out)).toEqual([]);
  });
});

test(`fuzz that is killed leaves every case whole, ${KILLS} times, and goes on`, async () => {
  const place = new Workplace();
  const sizes = ["--max-kernel", "1M", "--max-initrd", "1M"];
  await cliOk(["build", "uki_parser_bpf.o", "--image", arm64Image(), "--abi", "v7", ...sizes, "-o", "."], {
    cwd: place.folder,
  });
  // Too small a limit: findings come, too.
  const words = ["fuzz", "uki_parser_bpf.o", "--corpus", "corpus", "--workers", "1", "--max-kernel", "39"];
  const random = new Random(20261129, 1);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const running = start([...words, "--time", "60s"], { cwd: place.folder });
    await sleep(random.below(2000));
    running.kill("SIGKILL");
    await running.ended;
    for (const [file] of Object.entries(published(place.folder)).filter(([name]) =>
      name.startsWith("corpus/"),
    )) {
      if (file.endsWith(".json"))
        expect(JSON.parse(place.read(file).toString())).toMatchObject({ schema: 1 });
      else
        expect(JSON.parse(place.read(file.replace(/img$/, "json")).toString())).toMatchObject({
          schema: 1,
        });
    }
  }
  const { stderr, signal } = await start([...words, "--runs", "10"], { cwd: place.folder }).ended;
  expect([signal, stderr]).toEqual([null, ""]);
  expect(temporaries(place.path("corpus"))).toEqual([]);
});
