// SPDX-License-Identifier: MIT
// What the benchmarks have in common: the checkout under test, real kernels, a folder for what they write.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

export const checkout = fileURLToPath(new URL("..", import.meta.url));

export const machine = `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} CPUs, Linux ${release()}`;

/** @throws Error where `bin/kexec-bpf` has nothing to run */
export function requireBundle() {
  if (!existsSync(join(checkout, "dist/main.cjs"))) throw new Error("not built yet: npm run build");
}

/** A folder that is gone when the process ends, however it does. */
export function temporaryFolder(name, inside = tmpdir()) {
  const folder = mkdtempSync(join(inside, `kexec-bpf-${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Nobody is to be told something by the caller's variables: NODE_EXTRA_CA_CERTS, for one, doubles node's start. */
export function environment() {
  const kept = ["HOME", "KEXEC_BPF_CACHE", "LANG", "PATH", "TMPDIR", "XDG_CACHE_HOME"];
  return Object.fromEntries(
    kept.filter((name) => name in process.env).map((name) => [name, process.env[name]]),
  );
}

/** A module from the sources of this checkout rather than from what was last built, by way of a file in `folder`. */
export async function load(entryPoint, folder) {
  const outfile = join(folder, "subjects.mjs");
  await build({
    absWorkingDir: checkout,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    // As dist/ is made: constants become literals.
    minifySyntax: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    logLevel: "warning",
    // What the bundle holds of CommonJS requires Node's modules.
    banner: {
      js: 'import{createRequire as requireOf}from"node:module";const require=requireOf(import.meta.url);',
    },
  });
  return import(pathToFileURL(outfile).href);
}

/** A path inside an unpacked Debian package; undefined where it cannot be had, and the script says why. */
export function debianPackage(suite, arch, name, inside) {
  const run = spawnSync(join(checkout, "scripts/debian-package"), [suite, arch, name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return run.status === 0 ? join(run.stdout.trim(), inside) : undefined;
}

/** An uncompressed arm64 Image. */
export function debianImage() {
  const boot = debianPackage("bookworm", "arm64", "linux-image-cloud-arm64", "boot");
  return onlyIn(boot, (name) => (name.startsWith("vmlinuz-") ? name : undefined));
}

/** An x86 vmlinux. */
export function debianVmlinux() {
  const sources = debianPackage("bookworm-backports", "amd64", "linux-headers-cloud-amd64", "usr/src");
  return onlyIn(sources, (name) => join(name, "vmlinux"));
}

/** The first file that exists of those that `pathOf` makes of the folder's names. */
export function onlyIn(folder, pathOf) {
  if (folder === undefined) return undefined;
  return readdirSync(folder)
    .map(pathOf)
    .filter((path) => path !== undefined)
    .map((path) => join(folder, path))
    .find(existsSync);
}
