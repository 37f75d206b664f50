// SPDX-License-Identifier: MIT
// The page without any data, one HTML file: its script and its style are named by their hashes in the Content-Security-Policy, so that
// nothing else can run, whatever an image's names hold, and nothing can be fetched.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { bundleForBrowsers, root } from "./page-bundle.mjs";

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Where the data go. */
const DATA = "<!-- data -->";

export async function pageHtml() {
  // An end tag in a string would end the script.
  const script = (await bundleForBrowsers("src/page/view/main.tsx")).replaceAll("</script", "<\\/script");
  const style = await readFile(`${root}src/page/view/style.css`, "utf8");
  const policy = [
    "default-src 'none'",
    // zstd is decoded by WebAssembly.
    `script-src ${hash(script)} 'wasm-unsafe-eval'`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kexec-bpf</title>
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript: it runs parsers.</noscript></div>
${DATA}
<script>${script}</script>
</body>
</html>
`;
}
