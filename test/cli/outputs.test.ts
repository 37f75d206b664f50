import { lstatSync, mkdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { bytecode, imageFor, Workplace, zbootFor } from "../pack/samples.ts";
import { cli } from "../support/cli.ts";
import { newKey } from "../support/keys.ts";
import { shell } from "../support/shell.ts";

const place = new Workplace();
/** Each command with a single output, without it. */
const SINGLE = [
  ["extract", "extract kernel.gz"],
  ["stream reference", "stream reference zboot"],
  ["sign", "sign object --key key --cert cert"],
  ["pack envelope", "pack envelope zboot /dev/null quiet"],
  ["pack container", "pack container --section .bpf.1=object"],
  ["pack pe", "pack pe zboot object"],
  ["pack zboot", "pack zboot kernel --compress gzip"],
  ["pack uki", "pack uki --linux kernel --arch arm64"],
] as const;

beforeAll(async () => {
  const pair = newKey();
  place.file("key", readFileSync(pair.key));
  place.file("cert", readFileSync(pair.certificate));
  place.file("kernel", imageFor("arm64"));
  place.file("kernel.gz", gzipSync(imageFor("arm64")));
  place.file("zboot", await zbootFor("arm64"));
  place.file("object", bytecode());
});

const run = (script: string) => shell(script, place.folder);
/** The same in this process, where nothing hangs on the streams. */
const here = (words: string, ...more: readonly string[]) =>
  cli([...words.split(" "), ...more], { cwd: place.folder });

describe.each(SINGLE)("the output of %s", (_name, words) => {
  test("goes to stdout for -, what is told to stderr; into a pipe, which stays one, with nothing beside it", () => {
    const { status, stdout } = run(
      `kexec-bpf ${words} -o file > told 2>&1
       kexec-bpf ${words} -o - > piped 2> told && cmp file piped && ! cmp -s piped told
       rm -rf pipes && mkdir pipes && mkfifo pipes/pipe
       cat pipes/pipe > piped & kexec-bpf ${words} -o pipes/pipe > told 2>&1; wait
       cmp file piped && ls -A pipes && test -p pipes/pipe`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "pipe\n" });
  });

  test("has its name, and its folder's, where that is not UTF-8", () => {
    const { status, stdout } = run(
      `odd=$(printf 'odd\\376'); rm -rf "$odd"; mkdir "$odd"; kexec-bpf ${words} -o file > told 2>&1
       kexec-bpf ${words} -o "$odd/$odd" > told 2>&1; kexec-bpf ${words} -o "$odd/$odd" > told 2>&1
       cmp file "$odd/$odd" && ls -Ab "$odd" | grep -v manifest`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "odd\\376\n" });
  });

  test("is usage where it is empty", async () => {
    const { status, stderr } = await here(words, "-o", "");
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("--output is empty") });
  });

  test("is refused where a folder is, with the old content kept", async () => {
    mkdirSync(place.path("folder"), { recursive: true });
    const { status, stderr } = await here(words, "-o", "folder");
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `kexec-bpf: ${place.path("folder")}: cannot write: it is a folder (EISDIR)\n`,
    });
  });
});

/** Why no device can be made and used here. */
function noDevices(): string | undefined {
  const made = shell("mknod null c 1 3 && echo x > null && rm null", place.folder);
  return made.status === 0 ? undefined : "not on this machine: no devices can be made";
}
const cause = noDevices();

test.skipIf(cause !== undefined).each(SINGLE)(
  `the output of %s goes into a device, which stays one, for root too${cause ? ` (${cause})` : ""}`,
  (name, words) => {
    const folder = `devices/${name.replace(" ", "-")}`;
    const { status, stdout, stderr } = run(
      `mkdir -p ${folder} && mknod ${folder}/null c 1 3 && kexec-bpf ${words} -o ${folder}/null > told && ls -A ${folder}`,
    );
    expect({ status, stdout, stderr: stderr.replace(/.*note.*\n/g, "") }).toMatchObject({
      status: 0,
      stdout: "null\n",
    });
    expect(lstatSync(place.path(`${folder}/null`)).isCharacterDevice()).toBe(true);
  },
);

describe("several outputs", () => {
  test.each(["decompose object zboot --reference", "unpack container", "corpus", "build zboot"])(
    "of `%s` cannot go to stdout",
    async (words) => {
      const { status, stdout, stderr } = await here(words, "-o", "-");
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain("--output -: several files cannot go to stdout");
    },
  );

  test("are refused where one is a pipe, before anything is written", () => {
    run("kexec-bpf pack container --section .bpf.1=object -o container");
    const { status, stdout, stderr } = run(
      "mkdir -p set && mkfifo set/bpf.1; kexec-bpf unpack container -o set; echo $?; ls -A set",
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\nbpf.1\n" });
    expect(stderr).toContain("a pipe or device in the place of an output is not supported");
  });

  test("of pack and its manifest are both old where the manifest cannot be put in place", () => {
    const { stdout, stderr } = run(
      "printf old > out.elf; mkdir -p out.elf.manifest.json; kexec-bpf pack envelope zboot /dev/null quiet -o out.elf; echo $?; cat out.elf",
    );
    expect(stdout).toBe("1\nold");
    expect(stderr).toContain("out.elf.manifest.json: cannot write: it is a folder (EISDIR)");
  });

  test("of sign and its manifest are both old where the manifest cannot be put in place", () => {
    const { stdout } = run(
      "printf old > signed; mkdir -p signed.manifest.json; kexec-bpf sign object --key key --cert cert -o signed; echo $?; cat signed",
    );
    expect(stdout).toBe("1\nold");
  });
});

test("an extracted kernel goes to other programs as it is, and behind what a file has already", () => {
  expect(
    run(
      `kexec-bpf extract kernel.gz -o - 2> told | cmp - kernel &&
       kexec-bpf extract kernel.gz -o >(cat > piped) > told && wait $! && cmp piped kernel &&
       printf kept > appended && kexec-bpf extract kernel.gz -o /dev/stdout >> appended 2> told &&
       { printf kept; cat kernel; } | cmp - appended`,
    ),
  ).toEqual({ status: 0, stdout: "", stderr: "" });
});

test("data and JSON cannot both go to stdout", async () => {
  for (const [, words] of SINGLE.filter(([name]) => name !== "stream reference")) {
    const { status, stdout } = await here(words, "-o", "-", "--json");
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, error: { reason: "usage" } });
  }
});

test("a reader of the output that goes away ends the command quietly", () => {
  const { stdout, stderr } = run("kexec-bpf extract kernel.gz -o - | head -c 1 | wc -c; echo $PIPESTATUS");
  expect({ stdout, stderr }).toEqual({ stdout: "1\n141\n", stderr: "" });
});

test("a build says that its folder's name must be UTF-8, and makes none", () => {
  const { status, stdout } = run(
    `mkdir -p empty; cd empty; kexec-bpf build zboot -o "$(printf 'odd\\376')" 2>&1; echo $?; ls -A`,
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^kexec-bpf: .*odd\\xfe: an output folder whose name is not UTF-8.*: clang and bpftool are given names as text\n1\n$/,
  );
});
