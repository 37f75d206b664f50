// SPDX-License-Identifier: MIT
// Compares kexec-bpf with make and the usual tools on the same inputs: `npm run bench`.
//
//   node bench/build.mjs [--builds ROUNDS] [--starts ROUNDS] [--vmlinux FILE] [--image FILE]
//
// Prints medians, their spread and ratios beside the goals. The exit status says that the comparison was
// an honest one (both sides made the same programs), never how fast it was: that is the machine's, too.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { showComparison } from "./comparison.mjs";
import { interleave } from "./measure.mjs";
import { sectionsOf, symbolBytes } from "./object-symbols.mjs";
import { peerMakefile } from "./peer-makefile.mjs";
import {
  checkout,
  debianImage,
  debianVmlinux,
  environment,
  machine,
  requireBundle,
  temporaryFolder,
} from "./surroundings.mjs";

const TARGETS = ["zboot", "uki"];
/** The parser that is edited: the one whose container the other nests. */
const EDITED = "zboot";
/** The size of `struct cmd_hdr`, in bytes. */
const COMMAND_HEADER = { v6: 8, v7: 10 };
const JOBS = "-j2";

const GOALS = { cold: 0.25, edited: 0.3, idle: 1.41, version: 1.2 };
const CPU_GOALS = { cold: 0.35, edited: 0.4 };

const { values: options } = parseArgs({
  options: {
    builds: { type: "string", default: "5" },
    starts: { type: "string", default: "21" },
    vmlinux: { type: "string" },
    image: { type: "string" },
  },
});
const temporary = temporaryFolder("bench");
main();

function main() {
  const inputs = {
    vmlinux: options.vmlinux ?? debianVmlinux() ?? "/sys/kernel/btf/vmlinux",
    image: options.image ?? debianImage(),
  };
  if (inputs.image === undefined) throw new Error("no kernel image to measure: --image FILE");
  const program = copyProgram();
  const tools = findTools(program);
  const ours = ourSide(program, tools, inputs);
  const peer = peerSide(ours, tools, inputs);
  describe(inputs, tools, ours.report);

  // Both sides' results are compared before anything is timed, and once more behind the last edit.
  ours.build();
  peer.build();
  const unedited = compareOutputs(ours.out, peer.out, ours.report);

  const starts = interleave(
    [
      { name: "node -e 0", command: ours.node(["-e", "0"]) },
      { name: "version", command: ours.program(["--version"]) },
      { name: "idle", command: ours.make(TARGETS) },
      { name: "make, idle", command: peer.make() },
    ],
    Number(options.starts),
  );
  const edited = interleave(
    [
      { name: "edited", before: (round) => peer.take(ours.edit(round)), command: ours.make(TARGETS) },
      { name: "make, edited", command: peer.make() },
    ],
    Number(options.builds),
  );
  if (compareOutputs(ours.out, peer.out, ours.report).equals(unedited)) {
    throw new Error(`the edit does not show in ${EDITED}'s program: one parser's rebuild was not measured`);
  }
  const cold = interleave(
    [
      { name: "cold", before: ours.clean, command: ours.make(TARGETS) },
      // What the kernel loads, without the headers for people, which make cannot do without.
      { name: "containers", before: ours.clean, command: ours.make(TARGETS.map((name) => `${name}.bpf`)) },
      { name: "make, cold", before: peer.clean, command: peer.make() },
    ],
    Number(options.builds),
  );
  compareOutputs(ours.out, peer.out, ours.report);
  const all = { ...starts, ...edited, ...cold };
  const show = (ours, peer, title, goal, cpuGoal) =>
    showComparison(all, { title, ours, peer, goal, cpuGoal });

  console.log("\nbuilds: both parsers, ratio to make -j2");
  show("cold", "make, cold", "cold build", GOALS.cold, CPU_GOALS.cold);
  show("containers", "make, cold", "cold build, the two containers alone", GOALS.cold);
  show("edited", "make, edited", "one parser edited", GOALS.edited, CPU_GOALS.edited);
  show("idle", "make, idle", "nothing to do");
  console.log("\nstarts: ratio to node -e 0");
  show("idle", "node -e 0", "nothing to do", GOALS.idle);
  show("version", "node -e 0", "--version", GOALS.version);
}

function describe({ vmlinux, image }, tools, report) {
  const version = (file, ...args) => (output(file, args) ?? "").split("\n", 1)[0];
  console.log(`machine  ${machine}`);
  console.log(`node     ${process.version}`);
  console.log(`make     ${version("make", "--version")}`);
  for (const { name, path, detail } of Object.values(tools)) {
    console.log(`${name.padEnd(8)} ${detail} (${path})`);
  }
  console.log(`vmlinux  ${vmlinux}`);
  console.log(`image    ${image} (${report.sizes.image} bytes)`);
  console.log(`parsers  ${TARGETS.join(", ")} for ${report.arch}, ABI ${report.abi.revision}`);
}

/** A build as the user has it installed, whose templates can be edited. */
function copyProgram() {
  requireBundle();
  const to = join(temporary, "package");
  for (const part of ["bin", "dist", "templates", "package.json"]) {
    cpSync(join(checkout, part), join(to, part), { recursive: true });
  }
  return { root: to, file: join(to, "bin/kexec-bpf") };
}

function findTools(program) {
  const answer = JSON.parse(output(program.file, ["doctor", "--json"]) ?? "{}");
  const find = (name) => answer.tools?.find((tool) => tool.name === name && tool.state === "found");
  const tools = { clang: find("clang"), bpftool: find("bpftool"), libbpf: find("libbpf") };
  for (const [name, tool] of Object.entries(tools)) {
    if (tool === undefined) throw new Error(`${name} is missing: npm run setup`);
  }
  return tools;
}

/** kexec-bpf: its commands, and what it says of a build of its own. */
function ourSide({ root, file }, tools, { vmlinux, image }) {
  const out = join(temporary, "ours");
  const env = environment();
  const variables = [
    `CLANG=${tools.clang.path}`,
    `BPFTOOL=${tools.bpftool.path}`,
    `LIBBPF_HEADERS=${tools.libbpf.path}`,
    `VMLINUX_BTF=${vmlinux}`,
    `KERNEL_IMAGE=${image}`,
  ];
  const program = (args) => ({ file, args, cwd: temporary, env });
  // In the same environment: NODE_EXTRA_CA_CERTS, for one, doubles the time that node takes to start.
  const node = (args) => ({ file: "node", args, cwd: temporary, env });
  const make = (goals, folder = out) => program(["make", JOBS, ...goals, ...variables, `O=${folder}`]);
  const run = (command) => {
    const done = spawnSync(command.file, command.args, { ...command, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${command.args.join(" ")}: ${done.stderr}`);
    return done;
  };

  const side = join(temporary, "side");
  const wanted = Object.entries({
    "--output": side,
    "--vmlinux": vmlinux,
    "--image": image,
    "--clang": tools.clang.path,
    "--bpftool": tools.bpftool.path,
    "--libbpf-headers": tools.libbpf.path,
  }).flat();
  const described = run(program(["build", ...TARGETS, "--json", "--verbose", ...wanted]));
  const report = JSON.parse(described.stdout);
  // Commands go to stderr: `cd … && CLANG FLAGS -c SOURCE -o OBJECT`.
  const compile = described.stderr.split("\n").find((line) => line.includes(` -c ${EDITED}_parser_bpf.c `));
  const flags = compile?.split(` -c ${EDITED}`)[0].split(`${tools.clang.path} `)[1];
  if (flags === undefined) throw new Error(`no command of clang's in\n${described.stderr}`);

  const description = JSON.parse(readFileSync(join(root, `templates/${EDITED}.json`), "utf8"));
  const body = join(root, "templates", `${description.body[report.abi.revision]}.hbs`);
  const original = readFileSync(body, "utf8");
  return {
    out,
    report,
    flags,
    program,
    node,
    make,
    build: () => run(make(TARGETS)),
    clean: () => rmSync(out, { recursive: true, force: true }),
    source: (target) => join(out, `${target}_parser_bpf.c`),
    /**
     * Moves the body's lines, which are in the program's debug information: no file made from it
     * stays as it was.
     *
     * @returns the path of the C that comes of it, made outside the output folder
     */
    edit: (round) => {
      writeFileSync(body, `${"/* an edit */\n".repeat(round + 1)}${original}`);
      run(make([`${EDITED}_parser_bpf.c`], side));
      return join(side, `${EDITED}_parser_bpf.c`);
    },
  };
}

/** make and the usual tools, on the C that kexec-bpf has made. */
function peerSide(ours, tools, { vmlinux, image }) {
  const out = join(temporary, "make");
  const { sizes, abi } = ours.report;
  const parsers = parsersOf(ours.report);
  const variables = {
    BPFTOOL: tools.bpftool.path,
    CLANG: tools.clang.path,
    FLAGS: ours.flags,
    VMLINUX: vmlinux,
    LIBBPF: tools.libbpf.path,
    IMAGE: image,
    ALLOWANCE: sizes.kernel - sizes.image,
    INITRD: sizes.initrd,
    CMDLINE: sizes.cmdline,
    COMMAND_HEADER: COMMAND_HEADER[abi.revision],
  };
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const command = {
    file: "make",
    args: ["-s", JOBS, ...words, ...parsers.keys()],
    cwd: out,
    env: environment(),
  };
  const names = [...parsers.keys()];
  const keep = new Set(["Makefile", ...names.map((name) => `${name}_parser_bpf.c`)]);
  return {
    out,
    make: () => command,
    build: () => {
      mkdirSync(out);
      writeFileSync(join(out, "Makefile"), peerMakefile(parsers));
      for (const name of names) cpSync(ours.source(name), join(out, `${name}_parser_bpf.c`));
      const { status, stderr } = spawnSync(command.file, command.args, { ...command, encoding: "utf8" });
      if (status !== 0) throw new Error(`make: ${stderr}`);
    },
    clean: () => {
      for (const name of readdirSync(out)) if (!keep.has(name)) rmSync(join(out, name));
    },
    take: (source) => cpSync(source, join(out, `${EDITED}_parser_bpf.c`)),
  };
}

/** The parsers that a build makes, those of the layers in its images among them, by name; each with those that it nests. */
function parsersOf({ containers }) {
  const parser = ({ file }) => file.replace(/_bytecode\.o$/, "");
  return new Map(
    containers.map(({ name, sections }) => [
      name.replace(/\.bpf$/, ""),
      sections.filter((section) => section.name.startsWith(".bpf.nested/")).map(parser),
    ]),
  );
}

/**
 * @returns the bytes of the edited parser's program
 * @throws Error where the two sides' programs are not the same, byte by byte, or lie in other containers
 */
function compareOutputs(ours, theirs, report) {
  const programs = [...parsersOf(report).keys()].map((target) => {
    const object = `${target}_bytecode.o`;
    const sizes = ["opts_data", "opts_insn"].map((name) => {
      const [mine, other] = [ours, theirs].map((folder) => symbolBytes(join(folder, object), name));
      if (!mine.equals(other)) throw new Error(`${object}: make's ${name} is not ours`);
      return `${name} ${mine.length}`;
    });
    return `${target} (${sizes.join(", ")} bytes)`;
  });
  for (const { name, sections } of report.containers) {
    const found = sectionsOf(join(theirs, name)).map((section) => section.name);
    const missing = sections.filter((section) => !found.includes(section.name.split("/")[0]));
    if (missing.length > 0) throw new Error(`make's ${name} has no ${missing[0].name}`);
  }
  console.log(`same on both sides: ${programs.join(", ")}`);
  return symbolBytes(join(ours, `${EDITED}_bytecode.o`), "opts_data");
}

/** A command's stdout; undefined where it fails. */
function output(file, args) {
  const run = spawnSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return run.status === 0 ? run.stdout : undefined;
}
