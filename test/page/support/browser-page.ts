import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { goodFiles } from "#verify/mutations/good-files.ts";

/** Where screenshots are left, for people. */
export const PICTURES = "out/browser";

/** A folder of its own for a test file, with a page and what it is made of. */
export type PageFolder = {
  readonly folder: string;
  /** `in(name)`: the path of a file in it. */
  readonly in: (name: string) => string;
  /** Runs the program there. */
  readonly run: (...words: readonly string[]) => void;
};

/** `good.efi` is a UKI, `bad.img` the beginning of one, `markup.img` has a script in it; `v7/` and `v6/` have the uki parser. */
export function pageFolder(): PageFolder {
  const folder = mkdtempSync(join(tmpdir(), "kexec-bpf-page-"));
  mkdirSync(PICTURES, { recursive: true });
  const program = join(process.cwd(), "dist/main.cjs");
  const run = (...words: readonly string[]) => {
    execFileSync(process.execPath, [program, ...words], { stdio: "pipe", cwd: folder });
  };
  for (const abi of ["v7", "v6"]) {
    const sizes = ["--max-kernel", "1M", "--max-initrd", "1M", "--abi", abi, "--arch", "arm64"];
    run("build", "-o", abi, ...sizes, "uki");
  }
  const uki = goodFiles("v7", "arm64").find(({ format }) => format === "uki")?.image ?? new Uint8Array();
  writeFileSync(join(folder, "good.efi"), uki);
  writeFileSync(join(folder, "bad.img"), uki.slice(0, 100));
  writeFileSync(join(folder, "markup.img"), "</script><script>document.title='1'</script>");
  return { folder, in: (name) => join(folder, name), run };
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** A page in which everything that goes wrong, or out, is noted. */
export async function opened(
  browser: Browser,
  file: string,
  hash: string,
): Promise<{ readonly shown: Page; readonly trouble: readonly string[] }> {
  const shown = await browser.newPage({ viewport: { width: 1400, height: 950 } });
  const trouble: string[] = [];
  shown.on("console", (message) => trouble.push(message.text()));
  shown.on("pageerror", (error) => trouble.push(error.message));
  shown.on("request", (request) => {
    if (!request.url().startsWith("file:")) trouble.push(request.url());
  });
  await shown.goto(`file://${file}${hash}`);
  await shown.waitForSelector("main > *");
  return { shown, trouble };
}

/** Drops a file onto the page, whose bytes a script in the page makes. */
export function drop(page: Page, name: string, script: string): Promise<void> {
  return page.evaluate(`(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([${script}], ${JSON.stringify(name)}));
    dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  })()`);
}

/** Bytes as a script says them. */
export function scriptOf(bytes: Uint8Array): string {
  return `Uint8Array.from(atob(${JSON.stringify(Buffer.from(bytes).toString("base64"))}), (c) => c.charCodeAt(0))`;
}
