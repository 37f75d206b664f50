import { truncateSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPe } from "../support/pe-builder.ts";
import {
  drop,
  opened,
  type PageFolder,
  pageFolder,
  scriptOf,
  startChromium,
} from "./support/browser-page.ts";

let files: PageFolder;
let browser: Browser;
beforeAll(async () => {
  files = pageFolder();
  files.run("explore", "-o", "empty.html");
  browser = await startChromium();
});
afterAll(() => browser.close());

/** An ELF file with so many sections, all of whose headers are there. */
function elfOf(sections: number): Buffer {
  const file = Buffer.alloc(64 + 64 * sections);
  file.write("\u007fELF\u0002\u0001\u0001", 0, "latin1");
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(183, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(64n, 40);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(64, 58);
  // More than 65,279 of them are counted in the first one's sh_size.
  file.writeBigUInt64LE(BigInt(sections), 64 + 32);
  for (let i = 1; i < sections; i++) file.writeUInt32LE(1, 64 + 64 * i + 4);
  return file;
}

describe("hostile files do not freeze the page:", () => {
  it("a UKI of 512 MiB, to whose end the bytes go", async () => {
    const { shown, trouble } = await opened(browser, files.in("empty.html"), "");
    const size = 512 << 20;
    const { bytes } = buildPe([{ name: ".linux", data: Buffer.alloc(512) }]);
    writeFileSync(files.in("large.efi"), bytes);
    truncateSync(files.in("large.efi"), size);
    await shown.setInputFiles("input[type=file]", files.in("large.efi"));
    await shown.getByRole("button", { name: ".linux" }).first().waitFor({ timeout: 120_000 });
    await shown.locator(".hex").focus();
    await shown.keyboard.press("End");
    await shown.waitForURL(/at=0x1fffffff/);
    expect(await shown.locator(".hex .at").first().getAttribute("data-at")).toBe(String(size - 1));
    expect(trouble).toEqual([]);
    await shown.close();
  });

  it("an ELF file of a million sections", async () => {
    const { shown, trouble } = await opened(browser, files.in("empty.html"), "");
    writeFileSync(files.in("many.elf"), elfOf(1_000_000));
    await shown.setInputFiles("input[type=file]", files.in("many.elf"));
    await shown.locator(".hex").waitFor({ timeout: 120_000 });
    await shown.locator(".hex").focus();
    await shown.keyboard.press("End");
    await shown.waitForURL(/at=0x3d0903f/);
    expect(await shown.locator("main *").count()).toBeLessThan(20_000);
    expect(trouble).toEqual([]);
    await shown.close();
  });

  it("section names that are markup", async () => {
    const { shown, trouble } = await opened(browser, files.in("empty.html"), "");
    const { bytes } = buildPe([{ name: "<img/s>", data: Buffer.from("</script>") }]);
    await drop(shown, "\u202e<b>\u0007.efi", scriptOf(bytes));
    await shown.getByRole("button", { name: "<img/s>" }).first().waitFor();
    expect(await shown.locator("main img, main b").count()).toBe(0);
    expect(trouble).toEqual([]);
  });

  it("one that the browser cannot read, of which it says so", async () => {
    const { shown, trouble } = await opened(browser, files.in("empty.html"), "");
    await shown.evaluate("File.prototype.arrayBuffer = () => Promise.reject(new Error('gone'))");
    await drop(shown, "gone.efi", "''");
    await shown.getByRole("alert").getByText("gone.efi: the browser cannot read it").waitFor();
    expect(trouble).toEqual([]);
  });
});
