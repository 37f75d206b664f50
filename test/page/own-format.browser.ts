import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootImages, buildAndroidBoot, EXAMPLE, REFERENCE } from "../own-formats/support/android-boot.ts";
import { seriousFindings } from "./support/axe.ts";
import {
  drop,
  opened,
  type PageFolder,
  PICTURES,
  pageFolder,
  scriptOf,
  startChromium,
} from "./support/browser-page.ts";

describe("the page with a format of the user's own", () => {
  let files: PageFolder;
  let browser: Browser;
  beforeAll(async () => {
    files = pageFolder();
    const { bootImage } = await bootImages();
    const bad = bootImage({});
    bad[40] = 9;
    const kernel = execFileSync("gzip", ["-9"], { input: Buffer.alloc(5000, "K") });
    writeFileSync(files.in("good.boot"), bootImage({ kernel, ramdisk: Buffer.alloc(300) }));
    writeFileSync(files.in("bad.boot"), bad);
    copyFileSync(join(await buildAndroidBoot(EXAMPLE, "v7"), "android_boot.bpf"), files.in("boot.bpf"));
    const words = ["good.boot", "bad.boot", "--parser", "boot.bpf", "--reference", REFERENCE];
    files.run("explore", ...words, "-o", "own.html");
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  it("has its parts and fields, which lead to their bytes, and opens what is inside", async () => {
    const { shown, trouble } = await opened(browser, files.in("own.html"), "");
    await shown.getByRole("button", { name: "header: kernel_size" }).click();
    expect(shown.url()).toContain("at=0x8");
    expect(await shown.locator(".inspector").innerText()).toContain("android-boot.mjs");
    await shown.screenshot({ path: join(PICTURES, "own-format.png") });
    expect(await seriousFindings(shown)).toEqual([]);
    await shown.getByRole("button", { name: "▸ android-boot kernel" }).click();
    await shown.getByRole("navigation", { name: "Layers" }).getByText("android-boot kernel (gzip)").waitFor();
    expect(trouble).toEqual([]);
    await shown.close();
  });

  it("says why one is not taken, which leads to the byte, and that the parser agrees", async () => {
    const { shown, trouble } = await opened(browser, files.in("own.html"), "#image=bad.boot");
    await shown.getByRole("button", { name: /header_version 9/ }).click();
    expect(shown.url()).toContain("at=0x28");
    await shown.screenshot({ path: join(PICTURES, "own-format-refused.png") });
    expect(await seriousFindings(shown)).toEqual([]);
    await shown.getByRole("button", { name: "Stream" }).click();
    const stream = await shown.locator(".stream").innerText();
    expect(stream).toContain("judged by android-boot");
    expect(stream).toContain("refused, as it should be");
    expect(trouble).toEqual([]);
    await shown.close();
  });

  it("says of a dropped file that the module was not asked", async () => {
    const { shown, trouble } = await opened(browser, files.in("own.html"), "");
    expect(await shown.locator(".note").count()).toBe(0);
    await drop(shown, "late.boot", scriptOf(readFileSync(files.in("good.boot"))));
    await shown.getByText("late.boot is shown as formats that the page knows").waitFor();
    await shown.getByRole("button", { name: "Stream" }).click();
    expect(await shown.locator(".stream").innerText()).toContain("judged by none");
    expect(trouble).toEqual([]);
    await shown.close();
  });
});
