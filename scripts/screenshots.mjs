// SPDX-License-Identifier: MIT
// screenshots.mjs PAGE FOLDER: the page's views of a stream and of a run, as scripts/pictures wants them.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [file = "", folder = ""] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1000, height: 560 }, colorScheme: "light" });
for (const [name, hash] of [
  ["stream", "#view=stream&command=0"],
  ["parser", "#view=parser&step=217"],
]) {
  await page.goto(`${pathToFileURL(file).href}${hash}`);
  await page.reload();
  await page.waitForSelector("main > *");
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
await browser.close();
