// SPDX-License-Identifier: MIT
// Runs the benchmarks one after another and shows what all of them have measured in one table: `npm run bench:all`, some ten minutes.
//
//   node bench/all.mjs [--only NAME]... [--ubpf PATH] [--json FILE] [--compare FILE]
//
// NAME is that of a file beside this one; what is too long for all together takes fewer rounds here than by itself. --json writes the
// rows, --compare shows beside each figure that of an earlier FILE. The benchmarks' own words go to stderr. Exit status: 0; 1 where a
// benchmark failed, which is told in the table's place and has nothing to do with how fast anything was; 2 for wrong words.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROWS_FILE } from "./rows.mjs";
import { checkout, environment, machine, temporaryFolder } from "./surroundings.mjs";

const SCHEMA = 1;
/** Each with the words that make it short enough. */
const BENCHES = {
  build: ["--builds", "5", "--starts", "15"],
  formats: ["--rounds", "5", "--starts", "11"],
  pack: ["--rounds", "5", "--starts", "15"],
  memory: [],
  vm: ["--rounds", "5", "--seconds", "0.3"],
  prove: [],
  fleet: ["--kernels", "30", "--make", "5"],
  random: ["--count", "30000"],
  page: [],
};

const options = readOptions();
const temporary = temporaryFolder("bench-all");
main();

function main() {
  const earlier = options.compare === undefined ? undefined : read(options.compare);
  const names = options.only ?? Object.keys(BENCHES);
  const results = names.map(measure);
  const failed = results.filter(({ problem }) => problem !== undefined);
  const rows = results.flatMap(({ name, rows }) => rows.map((row) => ({ bench: name, ...row })));
  console.log(`machine  ${machine}\nnode     ${process.version}\n`);
  show(rows, earlier);
  for (const { name, problem } of failed) console.log(`\n${name} has not been measured: ${problem}`);
  if (options.json !== undefined) {
    const told = { schema: SCHEMA, machine, node: process.version, rows, failed };
    writeFileSync(options.json, `${JSON.stringify(told, undefined, 2)}\n`);
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", multiple: true },
        ubpf: { type: "string" },
        json: { type: "string" },
        compare: { type: "string" },
      },
    });
    const unknown = values.only?.find((name) => !Object.hasOwn(BENCHES, name));
    if (unknown === undefined) return values;
    console.error(`--only ${unknown}: ${Object.keys(BENCHES).join(", ")} are known`);
  } catch (error) {
    console.error(error.message);
  }
  process.exit(2);
}

/** The rows of an earlier run, by what they are of. */
function read(file) {
  const { schema, rows } = JSON.parse(readFileSync(file, "utf8"));
  if (schema !== SCHEMA) throw new Error(`${file}: schema ${schema}, and not ${SCHEMA}`);
  return new Map(rows.map((row) => [keyOf(row), row]));
}

const keyOf = ({ bench, work, peer }) => JSON.stringify([bench, work, peer]);

/** Runs a benchmark; its rows, and why it failed where it did. */
function measure(name) {
  const began = performance.now();
  const file = join(temporary, `${name}.json`);
  const more = name === "vm" && options.ubpf !== undefined ? ["--ubpf", options.ubpf] : [];
  const run = spawnSync(
    process.execPath,
    [join(checkout, "bench", `${name}.mjs`), ...BENCHES[name], ...more],
    { env: { ...environment(), [ROWS_FILE]: file }, stdio: ["ignore", 2, 2] },
  );
  console.error(`${name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  const rows = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
  const problem = run.status === 0 ? undefined : `its exit status is ${run.status ?? run.signal}`;
  return { name, rows, problem };
}

function show(rows, earlier) {
  const head = ["bench", "work", "beside", "figure", "spread", "goal", ""];
  const lines = rows.map((row) => [
    ...[row.bench, row.work, row.peer ?? "-", `${digits(row.value)} ${row.unit}`],
    row.low === row.high ? "-" : `${digits(row.low)} to ${digits(row.high)}`,
    ...[goalOf(row), row.met === null ? "" : row.met ? "met" : "missed"],
  ]);
  if (earlier !== undefined) {
    head.push("earlier");
    for (const [i, row] of rows.entries()) lines[i].push(change(row, earlier.get(keyOf(row))));
  }
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column].length)),
  );
  for (const line of [head, ...lines]) {
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
  }
}

function goalOf({ goal, more }) {
  return goal === null ? "-" : `${more ? "at least" : "at most"} ${goal}`;
}

function change({ value }, earlier) {
  return earlier === undefined
    ? "new"
    : `${digits(earlier.value)}: times ${(value / earlier.value).toFixed(2)}`;
}

/** Three digits that count; whole numbers beyond. */
function digits(value) {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
