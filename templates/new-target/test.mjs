// Builds the parser for both revisions, judges it on hostile images, and fuzzes it for a while: node --test
// KEXEC_BPF names another program than the one on PATH, VMLINUX_BTF the kernel whose types are used.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const here = import.meta.dirname;
const reference = join(here, "@NAME@.mjs");
const work = mkdtempSync(join(tmpdir(), "@NAME@-"));
after(() => rmSync(work, { recursive: true }));

function kexecBpf(...words) {
  const program = process.env.KEXEC_BPF ?? "kexec-bpf";
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  assert.equal(status, 0, `kexec-bpf ${words.join(" ")}\n${error ?? ""}${stdout?.slice(-4000)}${stderr}`);
  return stdout;
}

for (const revision of ["v6", "v7"]) {
  test(`the ${revision} parser does what the reference says`, () => {
    const out = join(work, revision);
    const kernel = process.env.VMLINUX_BTF === undefined ? [] : ["--vmlinux", process.env.VMLINUX_BTF];
    const build = [
      "build",
      "@NAME@",
      "--targets",
      here,
      "--abi",
      revision,
      "--max-kernel",
      "1M",
      "--max-initrd",
      "1M",
    ];
    kexecBpf(...build, ...kernel, "-o", out);
    const parser = join(out, "@NAME@.bpf");
    const verification = JSON.parse(
      kexecBpf("verify", parser, "--abi", revision, "--reference", reference, "--json"),
    );
    assert.ok(verification.counts.accepted > 0 && verification.counts.refused > 0);
    kexecBpf("fuzz", parser, "--abi", revision, "--reference", reference, "--runs", "2000", "--workers", "1");
  });
}
