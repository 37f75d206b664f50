// SPDX-License-Identifier: MIT
/**
 * The page that `explore` writes, in Chromium: how long until a 64 MiB image that is chosen has its map, how long a step of a run takes
 * from key to next frame, what the page weighs on the disk and in memory, beside
 * the goals. The exit status says that the page is not too large, never how fast it was: that is the machine's, too.
 *
 *   node bench/page.mjs        needs dist/, and what scripts/setup --browser installs
 */
import { execFileSync } from "node:child_process";
import { statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { addRow } from "./rows.mjs";
import { checkout, machine, requireBundle, temporaryFolder } from "./surroundings.mjs";

const STEPS = 300;
const MIB = 1 << 20;
/** MiB, without images. */
const LARGEST = 1.5;
const folder = temporaryFolder("page");
const run = (...words) =>
  execFileSync(process.execPath, [join(checkout, "dist/main.cjs"), ...words], { cwd: folder, stdio: "pipe" });

/** Files: a UKI of 64 MiB, its parser, and the page with that parser alone. */
function prepare() {
  run(
    "build",
    "uki",
    "--arch",
    "arm64",
    "--abi",
    "v7",
    "--max-kernel",
    "64M",
    "--max-initrd",
    "1M",
    "-o",
    "out",
  );
  run("corpus", "--format", "uki", "-o", "corpus");
  const [kernel, small] = [join(folder, "kernel"), join(folder, "corpus/uki.img")];
  execFileSync("cp", [small, kernel]);
  truncateSync(kernel, 63 * MIB);
  run("pack", "uki", "--arch", "arm64", "--cmdline", "quiet", "--linux", "kernel", "-o", "large.efi");
  truncateSync(join(folder, "large.efi"), 64 * MIB);
  run("explore", "--parser", "out/uki.bpf", "-o", "page.html");
  run("explore", "-o", "empty.html");
}

/** In the page: presses a key so many times, each after the frame of the one before. Gives milliseconds, sorted. */
const PRESS = `(async () => {
  const target = document.querySelector(".transport button");
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const times = [];
  target.focus();
  for (let n = 0; n < ${STEPS}; n++) {
    const started = performance.now();
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await Promise.resolve();
    document.body.getBoundingClientRect();
    times.push(performance.now() - started);
    await frame();
  }
  return times.sort((a, b) => a - b);
})()`;

requireBundle();
console.log(`node ${process.version}, ${machine}`);
prepare();
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--enable-precise-memory-info"],
});
const page = await browser.newPage();
await page.goto(`file://${join(folder, "page.html")}`);
await page.waitForSelector("main > *");
await page.evaluate(`addEventListener("change", () => { window.chosenAt = performance.now(); }, true);
  new MutationObserver(() => {
    if (document.querySelector(".map rect.part") && !window.mappedAt) window.mappedAt = performance.now();
  }).observe(document.body, { childList: true, subtree: true });`);
await page.setInputFiles("input[type=file]", join(folder, "large.efi"));
await page.waitForSelector(".map rect.part", { timeout: 60_000 });
const map = await page.evaluate("window.mappedAt - window.chosenAt");
const memory = await page.evaluate("performance.memory.usedJSHeapSize");
await page.getByRole("button", { name: "Parser" }).click();
await page.waitForSelector(".transport");
const times = await page.evaluate(PRESS);
await browser.close();
const of = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
const size = statSync(join(folder, "empty.html")).size / MIB;
const rows = [
  ["map of a 64 MiB image", map, "ms", 1000],
  [`a step, median of ${STEPS}`, of(0.5), "ms", 16],
  ["a step, 95 of 100", of(0.95), "ms", undefined],
  ["the page without images", size, "MiB", LARGEST],
  ["memory of scripts, the image beside it", memory / MIB, "MiB", undefined],
];
for (const [what, value, unit, most] of rows) {
  addRow({ work: `page: ${what}`, unit, values: [value], goal: most });
  const limit = most === undefined ? "" : `goal ${most} ${unit}: ${value <= most ? "met" : "missed"}`;
  console.log(`${what.padEnd(40)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(4)} ${limit}`.trimEnd());
}
process.exitCode = size <= LARGEST ? 0 : 1;
