// SPDX-License-Identifier: MIT
// What lies in object files, by readelf: our own decoder is not the judge of our own files.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** The bytes of a symbol. */
export function symbolBytes(file, name) {
  const line = (readelf(["-sW", file]) ?? "")
    .split("\n")
    .map((text) => text.trim().split(/\s+/))
    .find((words) => words.at(-1) === name);
  if (line === undefined) throw new Error(`${file} has no symbol ${name}`);
  const [, value, size, , , , index] = line;
  const section = sectionsOf(file).find((one) => one.index === Number(index));
  if (section === undefined) throw new Error(`${file}: ${name} is in no section`);
  const start = section.offset + Number.parseInt(value, 16);
  return readFileSync(file).subarray(start, start + Number(size));
}

export function sectionsOf(file) {
  const row = /^\s*\[\s*(\d+)\]\s+(\S+)\s+\S+\s+[0-9a-f]+\s+([0-9a-f]+)/;
  return (readelf(["-SW", file]) ?? "").split("\n").flatMap((line) => {
    const [, index, name, offset] = row.exec(line) ?? [];
    return index === undefined ? [] : [{ index: Number(index), name, offset: Number.parseInt(offset, 16) }];
  });
}

function readelf(args) {
  const run = spawnSync("readelf", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return run.status === 0 ? run.stdout : undefined;
}
