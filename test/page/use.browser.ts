import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
  files.run(
    "explore",
    "good.efi",
    "bad.img",
    "--parser",
    "v6/uki.bpf",
    "--parser",
    "v7/uki.bpf",
    "-o",
    "both.html",
  );
  browser = await startChromium();
});
afterAll(() => browser.close());

describe("files that are dropped", () => {
  it("are looked at: an image, and a container that then runs on it", async () => {
    const { shown, trouble } = await opened(browser, files.in("empty.html"), "");
    await drop(shown, "dropped.efi", scriptOf(readFileSync(files.in("good.efi"))));
    await shown.getByRole("button", { name: ".linux" }).first().waitFor();
    await drop(shown, "dropped.bpf", scriptOf(readFileSync(files.in("v7/uki.bpf"))));
    await shown.getByRole("button", { name: "Stream" }).click();
    await shown.getByText("emitted is what is expected, byte for byte").first().waitFor();
    expect(trouble).toEqual([]);
  });
});

describe("a stream", () => {
  it("is followed by its ribbon: the command that is chosen, in the address, and the others faint", async () => {
    const { shown, trouble } = await opened(browser, files.in("both.html"), "#view=stream&image=good.efi");
    const v7 = shown.getByRole("region", { name: "v7/uki.bpf", exact: true });
    await v7.getByRole("button", { name: "COPY/INITRD" }).click();
    expect(shown.url()).toContain("command=1");
    expect(await v7.locator("svg g.faint").count()).toBeGreaterThan(1);
    expect(await v7.locator("svg g:not(.faint) path.ribbon").count()).toBe(2);
    expect(await v7.locator("svg g:not(.faint)").textContent()).toContain("COPY/INITRD");
    expect(trouble).toEqual([]);
  });

  it("of v6 stands beside that of v7", async () => {
    const { shown } = await opened(browser, files.in("both.html"), "#view=stream&image=good.efi");
    const boxes = await Promise.all(
      ["v6/uki.bpf", "v7/uki.bpf"].map((name) =>
        shown.getByRole("region", { name, exact: true }).boundingBox(),
      ),
    );
    const [v6, v7] = boxes;
    expect(v6?.y).toBe(v7?.y);
    expect((v6?.x ?? 0) + (v6?.width ?? 0)).toBeLessThanOrEqual(v7?.x ?? 0);
  });
});

describe("a refused image", () => {
  it("shows the byte that decided, one click away", async () => {
    const { shown } = await opened(browser, files.in("both.html"), "#view=parser&image=bad.img");
    const button = shown.locator(".refusal .deciding").first();
    const [, at = ""] = /at (0x[0-9a-f]+)/.exec(await button.innerText()) ?? [];
    await button.click();
    await shown.waitForURL(new RegExp(`view=image.*at=${at}(&|$)`));
    await shown.locator(".hex .at").first().waitFor();
    expect(Number(await shown.locator(".hex .at").first().getAttribute("data-at"))).toBe(Number(at));
  });
});

describe("results", () => {
  it("are filtered, sorted, and open the run behind a row", async () => {
    const sizes = ["--max-kernel", "1M", "--max-initrd", "1M", "--abi", "v7", "--arch", "arm64"];
    files.run("build", "-o", "wrong", ...sizes, "--seed-payload-size", "zboot");
    files.run("corpus", "--format", "zboot", "-o", "corpus");
    // What is wrong is its exit status.
    expect(() =>
      files.run("verify", "wrong/zboot.bpf", "--image", "corpus", "--html", "verdicts.html"),
    ).toThrow();
    const { shown, trouble } = await opened(browser, files.in("verdicts.html"), "#view=verdicts");
    const table = shown.getByRole("region", { name: "Verdicts", exact: true });
    const all = await table.locator("output").innerText();
    await table.getByRole("searchbox").fill("differs bad");
    const [, few = "", of = ""] = /(\d+) of (\d+)/.exec(await table.locator("output").innerText()) ?? [];
    expect(all).toBe(`${of} of ${of}`);
    expect(Number(few)).toBeGreaterThan(0);
    expect(Number(few)).toBeLessThan(Number(of));
    expect(await table.locator(".verdict.good").count()).toBe(0);
    const images = () => table.locator(".rows .row span:nth-child(2)").allInnerTexts();
    await table.getByRole("button", { name: "image" }).first().click();
    const up = await images();
    await table.getByRole("button", { name: "image" }).first().click();
    expect((await images())[0]).not.toBe(up[0]);
    await table.locator(".rows .row").first().click();
    await shown.locator(".registers").waitFor();
    expect(shown.url()).toContain("view=parser");
    expect(shown.url()).toContain("alone=1");
    expect(trouble).toEqual([]);
  });
});

describe("the keyboard alone", () => {
  it("opens a view, chooses a part, and moves in the bytes", async () => {
    const { shown, trouble } = await opened(browser, files.in("both.html"), "#view=stream&image=good.efi");
    const tabTo = async (name: string) => {
      for (let n = 0; n < 80; n++) {
        await shown.keyboard.press("Tab");
        const found = await shown.evaluate(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? ''",
        );
        if (String(found).startsWith(name)) return;
      }
      throw new Error(`no way to ${name}`);
    };
    await tabTo("Image");
    await shown.keyboard.press("Enter");
    await shown.locator(".hex").waitFor();
    await tabTo(".linux");
    await shown.keyboard.press("Enter");
    expect(shown.url()).toContain("at=0x");
    await tabTo("Bytes");
    await shown.keyboard.press("End");
    const size = readFileSync(files.in("good.efi")).length;
    expect(shown.url()).toContain(`at=0x${(size - 1).toString(16)}`);
    await shown.keyboard.press("ArrowLeft");
    expect(shown.url()).toContain(`at=0x${(size - 2).toString(16)}`);
    expect(trouble).toEqual([]);
  });
});
