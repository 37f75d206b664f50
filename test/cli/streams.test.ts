import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CLANGS, installed } from "../build/judges.ts";
import { bytecode, imageFor, Workplace, zbootFor } from "../pack/samples.ts";
import { kernelTree } from "../support/kernel-tree.ts";
import { shell } from "../support/shell.ts";

const CLANG = CLANGS.find(installed) ?? "clang";

async function workplace(): Promise<Workplace> {
  const place = new Workplace();
  place.file("kernel", imageFor("arm64"));
  place.file("zboot", await zbootFor("arm64"));
  place.file("object", bytecode());
  return place;
}

/** Commands of each bundle: the small way in, the plain forms, packing, all else. */
const COMMANDS = [
  "--version",
  "--help",
  "inspect zboot",
  "inspect zboot --json",
  "extract zboot -o out",
  "pack container --section .bpf.1=object -o out",
  "pack --help",
  "corpus --format zboot -o cases",
];

describe.each(COMMANDS)("`%s`", (words) => {
  test("says in one line that stdout is full, and that is status 1", async () => {
    const { folder } = await workplace();
    expect(shell(`kexec-bpf ${words} > /dev/full`, folder)).toEqual({
      status: 1,
      stdout: "",
      stderr: "kexec-bpf: stdout: cannot write: no space left (ENOSPC)\n",
    });
  });

  test("ends quietly, by status 141, where stdout's reader has gone", async () => {
    const { folder } = await workplace();
    const gone = `mkfifo pipe; exec 3<>pipe 4>pipe; exec 3<&-; kexec-bpf ${words} >&4`;
    expect(shell(gone, folder)).toEqual({ status: 141, stdout: "", stderr: "" });
  });

  test("is not disturbed by streams that are closed, and puts nothing said into a file", async () => {
    const { folder } = await workplace();
    expect(shell(`kexec-bpf ${words} <&-`, folder)).toMatchObject({ status: 0, stderr: "" });
    expect(shell(`kexec-bpf ${words} 2>&-`, folder)).toMatchObject({ status: 0 });
    const before = contents(folder);
    expect(shell(`kexec-bpf ${words} >&-`, folder)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(shell(`kexec-bpf ${words} <&- >&- 2>&-`, folder)).toMatchObject({ status: 0 });
    expect(contents(folder)).toEqual(before);
  });

  test("does its work where stderr is full or nobody reads it", async () => {
    const { folder } = await workplace();
    expect(shell(`kexec-bpf ${words} 2> /dev/full > told`, folder)).toMatchObject({ status: 0 });
    const gone = `mkfifo pipe; exec 3<>pipe 4>pipe; exec 3<&-; kexec-bpf ${words} 2>&4`;
    expect(shell(gone, folder)).toMatchObject({ status: 0, stderr: "" });
  });
});

function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`);
  return Object.fromEntries(files.map((file) => [file, readFileSync(file, "latin1")]));
}

test("a failure is told by its status alone where stderr is closed or full", async () => {
  const { folder } = await workplace();
  for (const where of ["2>&-", "2> /dev/full"]) {
    expect(shell(`kexec-bpf inspect none ${where}`, folder)).toEqual({ status: 1, stdout: "", stderr: "" });
  }
});

test("a build goes on to its end where the reader of what it tells goes away", () => {
  const { kexec } = kernelTree();
  const { stdout, status } = shell(
    `kexec-bpf make zboot V=1 ARCH=arm64 CLANG=${CLANG} O=out 2>&1 >told | head -1 > first; echo \${PIPESTATUS[0]}; ls out`,
    kexec,
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/^0\n/);
  expect(stdout).toContain("zboot.bpf\n");
  expect(stdout).toContain("zboot.manifest.json\n");
});

test("a reader of stdout that takes nothing does not keep SIGTERM waiting", async () => {
  // More than a pipe holds.
  const { folder } = await workplace();
  const { stdout } = shell(
    `mkfifo pipe; exec 3<>pipe
     kexec-bpf extract zboot -o - 2> told >&3 & watched=$!
     until [ "$(sed -n 's/^wchar: //p' /proc/$watched/io)" -ge 65536 ]; do sleep 0.1; done
     kill -TERM $watched; wait $watched; echo $?; cat told`,
    folder,
  );
  expect(stdout).toBe("143\nkexec-bpf: cancelled (SIGTERM)\n");
});
