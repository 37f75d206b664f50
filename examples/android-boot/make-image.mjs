#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// Makes an Android boot image: ./make-image.mjs KERNEL [RAMDISK [CMDLINE]] -o FILE [--v3]
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const PAGE = 4096;

/** The bytes of a boot image; header version 3 or 4, cmdline of at most 1536 characters. */
export function bootImage({
  version = 4,
  kernel = Buffer.alloc(5000, "K"),
  ramdisk = Buffer.alloc(0),
  cmdline = "quiet",
}) {
  const header = Buffer.alloc(PAGE);
  header.write("ANDROID!", 0, "latin1");
  header.writeUInt32LE(kernel.length, 8);
  header.writeUInt32LE(ramdisk.length, 12);
  header.writeUInt32LE(version === 4 ? 1584 : 1580, 20);
  header.writeUInt32LE(version, 40);
  header.write(cmdline, 44, 1536, "latin1");
  return Uint8Array.from(Buffer.concat([header, padded(kernel), padded(ramdisk)]));
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & (PAGE - 1))]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { output: { type: "string", short: "o" }, v3: { type: "boolean" } },
  });
  const [kernel, ramdisk, cmdline] = positionals;
  if (kernel === undefined || values.output === undefined) {
    process.stderr.write("usage: make-image.mjs KERNEL [RAMDISK [CMDLINE]] -o FILE [--v3]\n");
    process.exit(2);
  }
  const parts = {
    version: values.v3 ? 3 : 4,
    kernel: readFileSync(kernel),
    ...(ramdisk !== undefined && { ramdisk: readFileSync(ramdisk) }),
    ...(cmdline !== undefined && { cmdline }),
  };
  writeFileSync(values.output, bootImage(parts));
}
