import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriousFindings } from "./support/axe.ts";
import { opened, type PageFolder, PICTURES, pageFolder, startChromium } from "./support/browser-page.ts";

const HOSTILE = '<img src=x onerror="document.title=1">.img';

let files: PageFolder;
let page: string;
beforeAll(() => {
  files = pageFolder();
  page = files.in("page.html");
  files.run("explore", "good.efi", "bad.img", "markup.img", "--parser", "v7/uki.bpf", "-o", "page.html");
});

describe("the page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  it("steps forward and back to the same state, by keyboard alone", async () => {
    const { shown, trouble } = await opened(browser, page, "#view=parser&step=0");
    const state = () => shown.locator(".registers").innerText();
    await shown.locator(".transport button").first().focus();
    const before = await state();
    for (let n = 0; n < 500; n++) await shown.keyboard.press("ArrowRight");
    expect(await state()).not.toBe(before);
    for (let n = 0; n < 500; n++) await shown.keyboard.press("ArrowLeft");
    expect(shown.url()).toContain("step=0");
    expect(await state()).toBe(before);
    expect(trouble).toEqual([]);
  });

  it("shows each view, in which axe-core finds nothing serious", async () => {
    for (const view of ["image", "stream", "parser", "verdicts"]) {
      const { shown, trouble } = await opened(browser, page, `#view=${view}`);
      await shown.screenshot({ path: join(PICTURES, `${view}.png`) });
      expect(await seriousFindings(shown)).toEqual([]);
      expect(trouble).toEqual([]);
      await shown.close();
    }
  });

  it("names the bytes for which an image is refused", async () => {
    const { shown } = await opened(browser, page, `#view=parser&image=bad.img`);
    expect(await shown.locator(".refusal").innerText()).toContain("says");
  });

  it("takes an image that is chosen, and runs no script of its name or its content", async () => {
    const { shown, trouble } = await opened(browser, page, "");
    const buffer = Buffer.from("</script><b>MZ");
    await shown.setInputFiles("input[type=file]", { name: HOSTILE, mimeType: "", buffer });
    await shown.getByRole("navigation", { name: "Layers" }).getByText(HOSTILE).waitFor();
    expect(await shown.title()).toContain("kexec-bpf");
    expect(trouble).toEqual([]);
  });
});
