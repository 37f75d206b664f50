import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { newFolder } from "../support/kernel-tree.ts";

const PACKAGE = { name: "kexec-bpf", version: "0.1.0", license: "MIT" };

/** What a release's tarball has to hold. */
const HELD = [
  "dist/man/man1/kexec-bpf.1",
  "dist/completions/bash",
  "dist/completions/zsh",
  "dist/completions/fish",
  "hooks/60-kexec-bpf.install",
  "docs/architecture.md",
];

const CHANGELOG = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- New.\n\n## 0.1.0 (2026-01-02)\n\n- First.\n";

function git(folder: string, ...words: readonly string[]): string {
  const identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
  return execFileSync("git", [...identity, ...words], { cwd: folder, encoding: "utf8" });
}

/** A repository with the script, whose package is small, and good in the eyes of its judge. */
function repository(held: readonly string[] = HELD): string {
  const folder = newFolder("release");
  const lock = { ...PACKAGE, lockfileVersion: 3, requires: true, packages: { "": PACKAGE } };
  const files: Readonly<Record<string, string>> = {
    "package.json": JSON.stringify(PACKAGE),
    "package-lock.json": JSON.stringify(lock),
    "CHANGELOG.md": CHANGELOG,
    "scripts/test-package": "#!/bin/sh\n",
    ...Object.fromEntries(held.map((name) => [name, "text\n"])),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode: 0o755 });
  }
  for (const name of ["scripts/release", "scripts/provenance.mjs"]) cpSync(name, join(folder, name));
  git(folder, "init", "-q");
  git(folder, "add", ".");
  git(folder, "commit", "-qm", "All");
  return folder;
}

/** npm as it is on this machine, but for its SBOM, which the npm of Debian 13 does not make: named after the folder, as npm's is. */
function npmFolder(): string {
  const folder = newFolder("npm");
  const npm = execFileSync("which", ["npm"], { encoding: "utf8" }).trim();
  const sbom = `'{"bomFormat":"CycloneDX","metadata":{"component":{"name":"%s"}}}' "$(basename "$PWD")"`;
  writeFileSync(
    join(folder, "npm"),
    `#!/bin/sh\nif [ "$1" != sbom ]; then exec ${npm} "$@"; fi\nif [ "$2" != --help ]; then printf ${sbom}; fi\n`,
    { mode: 0o755 },
  );
  return folder;
}

function release(folder: string, ...words: readonly string[]) {
  const identity = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@example.org" };
  const committer = { GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@example.org" };
  const PATH = `${npmFolder()}:${process.env["PATH"]}`;
  // npm 11 warns of settings that it does not know, as many a machine has them.
  const settings = { npm_config_unheard_of: "1" };
  const env = {
    ...process.env,
    PATH,
    ...settings,
    ...identity,
    ...committer,
    SOURCE_DATE_EPOCH: "1800000000",
  };
  return spawnSync("scripts/release", words, { cwd: folder, env, encoding: "utf8" });
}

const text = (...path: readonly string[]) => readFileSync(join(...path), "utf8");

const FILES = [
  "SHA256SUMS",
  "kexec-bpf-0.2.0.cdx.json",
  "kexec-bpf-0.2.0.intoto.json",
  "kexec-bpf-0.2.0.tgz",
];

describe("scripts/release", () => {
  it("refuses words that it does not know", () => {
    for (const words of [
      [],
      ["v0.2.0"],
      ["0.2"],
      ["0.2.0", "0.3.0"],
      ["0.2.0", "--output"],
      ["0.2.0", "--push"],
    ]) {
      expect(release(".", ...words)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage: /) });
    }
  });

  it("refuses a checkout with changes, a tag that is there, and a version without its chapter", () => {
    const folder = repository();
    expect(release(folder, "0.1.0").stderr).toContain("no chapter '## 0.1.0 (unreleased)'");
    expect(release(folder, "0.3.0").stderr).toContain("no chapter '## 0.3.0 (unreleased)'");
    git(folder, "tag", "v0.2.0");
    expect(release(folder, "0.2.0").stderr).toContain("there is a tag v0.2.0 already");
    writeFileSync(join(folder, "new"), "");
    expect(release(folder, "0.2.0")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("changes that are not committed"),
    });
  });

  it("sets the version, heads the chapter, commits, tags, and leaves the files with their digests", () => {
    const folder = repository();
    const out = newFolder("out");
    expect(release(folder, "0.2.0", "--output", out)).toMatchObject({ status: 0, stderr: "" });
    expect(git(folder, "log", "-1", "--format=%s %D")).toMatch(/^Release 0\.2\.0 .*tag: v0\.2\.0/);
    expect(git(folder, "status", "--porcelain")).toBe("");
    expect(text(folder, "CHANGELOG.md")).toBe(CHANGELOG.replace("(unreleased)", "(2027-01-15)"));
    for (const name of ["package.json", "package-lock.json"]) {
      expect(JSON.parse(text(folder, name))).toMatchObject({ version: "0.2.0" });
    }
    expect(readdirSync(out)).toEqual(FILES);
    expect(JSON.parse(text(out, "kexec-bpf-0.2.0.cdx.json"))).toMatchObject({
      bomFormat: "CycloneDX",
      metadata: { component: { name: "kexec-bpf" } },
    });
    const [, digest] = /^(\S+) {2}kexec-bpf-0\.2\.0\.tgz$/m.exec(text(out, "SHA256SUMS")) ?? [];
    const source = { name: "source", digest: { gitCommit: git(folder, "rev-parse", "HEAD").trim() } };
    expect(JSON.parse(text(out, "kexec-bpf-0.2.0.intoto.json"))).toMatchObject({
      subject: [{ name: "kexec-bpf-0.2.0.tgz", digest: { sha256: digest } }],
      predicate: { buildDefinition: { resolvedDependencies: expect.arrayContaining([source]) } },
    });
  });

  it("makes the files in a dry run, and leaves version, changelog and history alone", () => {
    const folder = repository();
    const out = newFolder("out");
    const before = git(folder, "rev-parse", "HEAD");
    expect(release(folder, "0.2.0", "--dry-run", "--output", out)).toMatchObject({ status: 0 });
    expect(readdirSync(out)).toEqual(FILES);
    expect(git(folder, "rev-parse", "HEAD")).toBe(before);
    expect(git(folder, "status", "--porcelain") + git(folder, "tag")).toBe("");
    expect(release(folder, "0.2.0", "--output", out).stderr).toContain("is not empty");
  });

  it.each(["dist/man/man1/kexec-bpf.1", "hooks/60-kexec-bpf.install"])(
    "ends, and puts everything back, where the tarball does not hold %s",
    (missing) => {
      const folder = repository(HELD.filter((name) => name !== missing));
      const ended = release(folder, "0.2.0", "--output", newFolder("out"));
      expect(ended).toMatchObject({ status: 1, stderr: `release: the tarball does not hold ${missing}\n` });
      expect(git(folder, "status", "--porcelain") + git(folder, "tag")).toBe("");
      expect(existsSync(join(folder, "out"))).toBe(false);
    },
  );
});
