// SPDX-License-Identifier: MIT
// Runs the parsers of each revision in the kernels of several Debian suites, and writes the table of README.md:
//
//   node scripts/kernel-matrix.mjs [SUITE...]
//
// Takes some minutes: kernels, and what builds modules for them, are fetched, and each boots twice. As root.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const README = join(root, "README.md");
const [BEGIN, END] = [
  "<!-- kernel-matrix: written by scripts/kernel-matrix.mjs -->",
  "<!-- /kernel-matrix -->",
];
const PARSERS = { v6: ["zboot", "uki"], v7: ["zboot", "uki", "plain"] };
/** Plain kernels of the corpus are arm64's. */
const KIND = ["--arch", "arm64", "--max-kernel", "32M", "--max-initrd", "1M"];

const suites = process.argv.slice(2);
const kernels = suites.length > 0 ? suites.flatMap((suite) => ["--deb", suite]) : ["--matrix"];
const folder = mkdtempSync(join(tmpdir(), "kexec-bpf-matrix-"));
try {
  const images = realImages();
  const rows = ["v6", "v7"].flatMap((revision) => {
    const out = join(folder, revision);
    program(["build", ...PARSERS[revision], "--image", images.zboot, "-o", out, "--abi", revision, ...KIND]);
    return tested(revision, out, Object.values(images));
  });
  const lines = rows.sort((a, b) => a[0].localeCompare(b[0], "en", { numeric: true })).map(markdown);
  const heading = ["kernel", "revision", "parser", "loads", "verifier's instructions", "streams equal"];
  const table = [markdown(heading), markdown(heading.map(() => "---")), ...lines].join("\n");
  const text = readFileSync(README, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md lacks ${BEGIN} or ${END}`);
  writeFileSync(README, `${before}${BEGIN}\n${table}\n${END}${after}`);
  console.log(table);
} finally {
  rmSync(folder, { recursive: true });
}

/** The table's rows for a revision. Difference, refusal and crash show in them and end the script badly. */
function tested(revision, out, images) {
  const corpus = join(folder, `corpus-${revision}`);
  program(["corpus", "--abi", revision, "-o", corpus]);
  const containers = PARSERS[revision].map((name) => join(out, `${name}.bpf`));
  const shown = [corpus, ...images].flatMap((image) => ["--image", image]);
  const { status, stdout, stderr } = spawnSync(
    join(root, "bin/kexec-bpf"),
    ["kernel-test", ...containers, ...shown, "--abi", revision, ...kernels, "--json"],
    { encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"] },
  );
  if (status !== 0) {
    console.error(stderr);
    process.exitCode = 1;
    if (stdout === "") throw new Error(`${revision}: no report`);
  }
  return JSON.parse(stdout).kernels.flatMap(({ release, parsers }) =>
    parsers
      .filter(({ name }) => !name.includes(".bpf.nested"))
      .map(({ name, load, cases, asVm, asReference }) => [
        release,
        revision,
        name.split(".")[0],
        load.state === "loaded" ? "yes" : load.state,
        String(load.instructions ?? ""),
        `${Math.min(asVm, asReference)} of ${cases} cases`,
      ]),
  );
}

/** A zboot image as Debian ships it, and a UKI: an x86 kernel with a small initrd and a command line behind systemd's stub. */
function realImages() {
  const uki = join(folder, "uki.efi");
  const stub = join(
    fetched("bookworm", "amd64", "systemd-boot-efi"),
    "usr/lib/systemd/boot/efi/linuxx64.efi.stub",
  );
  const kernel = only(
    join(fetched("bookworm-backports", "amd64", "linux-image-cloud-amd64"), "boot"),
    /^vmlinuz-/,
  );
  const parts = [
    [".linux", kernel, 0x2000000],
    [".initrd", given("initrd", new Uint8Array(70_000).fill(0x69)), 0x6000000],
    [".cmdline", given("cmdline", "console=ttyS0 token=seen\0"), 0x30000],
  ];
  const options = parts.flatMap(([name, file, address]) => [
    `--add-section=${name}=${file}`,
    `--change-section-vma=${name}=${address}`,
    `--set-section-flags=${name}=data,readonly`,
  ]);
  execFileSync("objcopy", [...options, stub, uki]);
  const modules = only(join(fetched("sid", "loong64", "linux-image-loong64"), "usr/lib/modules"), /./);
  return { zboot: join(modules, "vmlinuz"), uki };
}

function given(name, content) {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

function fetched(...words) {
  return execFileSync(join(root, "scripts/debian-package"), words, { encoding: "utf8" }).trim();
}

function only(place, name) {
  const [found, ...more] = readdirSync(place).filter((entry) => name.test(entry));
  if (found === undefined || more.length > 0) throw new Error(`${place}: not one ${name}`);
  return join(place, found);
}

function program(arguments_) {
  execFileSync(join(root, "bin/kexec-bpf"), arguments_, { stdio: ["ignore", "ignore", "inherit"] });
}

function markdown(cells) {
  return `| ${cells.join(" | ")} |`;
}
