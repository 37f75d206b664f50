import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goodFiles } from "#verify/mutations/good-files.ts";
import { seriousFindings } from "./support/axe.ts";

const folder = mkdtempSync(join(tmpdir(), "kexec-bpf-page-"));
const pictures = "out/browser";
const run = (...words: readonly string[]) =>
  execFileSync(process.execPath, ["dist/main.cjs", ...words], { stdio: "pipe" });
const page = join(folder, "page.html");
const hostile = '<img src=x onerror="document.title=1">.img';

beforeAll(() => {
  mkdirSync(pictures, { recursive: true });
  const sizes = ["--max-kernel", "1M", "--max-initrd", "1M", "--abi", "v7", "--arch", "arm64"];
  run("build", "-o", join(folder, "out"), ...sizes, "uki");
  const uki = goodFiles("v7", "arm64").find(({ format }) => format === "uki");
  writeFileSync(join(folder, "good.efi"), uki?.image ?? "");
  writeFileSync(join(folder, "bad.img"), (uki?.image ?? new Uint8Array()).slice(0, 100));
  writeFileSync(join(folder, "markup.img"), "</script><script>document.title='1'</script>");
  const names = ["good.efi", "bad.img", "markup.img"].map((name) => join(folder, name));
  run("explore", ...names, "--parser", join(folder, "out", "uki.bpf"), "-o", page);
});

/** A page in which everything that goes wrong, or out, is noted. */
async function opened(browser: Browser, hash: string): Promise<{ shown: Page; trouble: string[] }> {
  const shown = await browser.newPage({ viewport: { width: 1400, height: 950 } });
  const trouble: string[] = [];
  shown.on("console", (message) => trouble.push(message.text()));
  shown.on("pageerror", (error) => trouble.push(error.message));
  shown.on("request", (request) => {
    if (!request.url().startsWith("file:")) trouble.push(request.url());
  });
  await shown.goto(`file://${page}${hash}`);
  await shown.waitForSelector("main > *");
  return { shown, trouble };
}

describe("the page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  });
  afterAll(() => browser.close());

  it("steps forward and back to the same state, by keyboard alone", async () => {
    const { shown, trouble } = await opened(browser, "#view=parser&step=0");
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
      const { shown, trouble } = await opened(browser, `#view=${view}`);
      await shown.screenshot({ path: join(pictures, `${view}.png`) });
      expect(await seriousFindings(shown)).toEqual([]);
      expect(trouble).toEqual([]);
      await shown.close();
    }
  });

  it("names the bytes for which an image is refused", async () => {
    const { shown } = await opened(browser, `#view=parser&image=${join(folder, "bad.img")}`);
    expect(await shown.locator(".refusal").innerText()).toContain("says");
  });

  it("takes an image that is chosen, and runs no script of its name or its content", async () => {
    const { shown, trouble } = await opened(browser, "");
    const buffer = Buffer.from("</script><b>MZ");
    await shown.setInputFiles("input[type=file]", { name: hostile, mimeType: "", buffer });
    await shown.getByRole("navigation", { name: "Layers" }).getByText(hostile).waitFor();
    expect(await shown.title()).toContain("kexec-bpf");
    expect(trouble).toEqual([]);
  });
});
