import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PageFolder, PICTURES, pageFolder } from "./support/browser-page.ts";
import { Marionette } from "./support/marionette.ts";

const [LEFT, RIGHT] = ["\ue012", "\ue014"];

describe("the page in Firefox", () => {
  let files: PageFolder;
  let browser: Marionette;
  beforeAll(async () => {
    files = pageFolder();
    files.run("explore", "good.efi", "bad.img", "--parser", "v7/uki.bpf", "-o", "page.html");
    browser = await Marionette.start("/usr/bin/firefox-esr");
  });
  afterAll(() => browser.close());

  const open = async (hash: string) => {
    await browser.call("WebDriver:Navigate", { url: "about:blank" });
    await browser.call("WebDriver:Navigate", { url: `file://${files.in("page.html")}${hash}` });
  };
  const text = (selector: string) =>
    browser.evaluate(`return document.querySelector(${JSON.stringify(selector)})?.innerText`);

  it("steps forward and back to the same state, by keyboard", async () => {
    await open("#view=parser&image=good.efi&step=0");
    await browser.evaluate("document.querySelector('.transport button').focus()");
    const before = await text(".registers");
    await browser.press(RIGHT ?? "", 100);
    expect(await browser.evaluate("return location.hash")).toContain("step=100");
    expect(await text(".registers")).not.toBe(before);
    await browser.press(LEFT ?? "", 100);
    expect(await text(".registers")).toBe(before);
  });

  it("shows each view, without an error", async () => {
    for (const [view, selector] of [
      ["image", ".hex"],
      ["stream", ".ribbons"],
      ["parser", ".registers"],
      ["verdicts", ".empty"],
    ]) {
      await open(`#view=${view}&image=good.efi`);
      await browser.call("WebDriver:SetTimeouts", { implicit: 20_000 });
      await browser.call("WebDriver:FindElement", { using: "css selector", value: selector });
      const { value } = (await browser.call("WebDriver:TakeScreenshot", { full: false })) as {
        value: string;
      };
      writeFileSync(join(PICTURES, `firefox-${view}.png`), value, "base64");
    }
    expect(await browser.troubles()).toEqual([]);
  });
});
