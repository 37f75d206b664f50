import { type Revision, revisionProfile } from "#abi/revisions.ts";
import type { Target } from "#generate/target.ts";
import type { Architecture } from "#kernel-image/architecture.ts";
import { MAKE_VARIABLES } from "./make-variables.ts";
import { fittingTargets } from "./nesting.ts";
import type { Plan } from "./plan.ts";
import { buildGraph } from "./rules.ts";

/** The tables of `Makefile.ts.md`, by the name in their markers, made from the live graph. */
export function makefileTables(targets: ReadonlyMap<string, Target>): ReadonlyMap<string, string> {
  return new Map([
    ["goals", goalsTable(targets)],
    ["rules", rulesTable(targets)],
    ["variables", markdownTable(["variable", "meaning"], Object.entries(MAKE_VARIABLES).map(code))],
  ]);
}

/** Puts the tables between `<!-- table NAME -->` and `<!-- end -->`; a marker without a table is an error. */
export function insertTables(document: string, tables: ReadonlyMap<string, string>): string {
  return document.replaceAll(
    /(<!-- table (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_match, start: string, name: string, end: string) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`Makefile.ts.md asks for a table ${name} that there is not`);
      return `${start}\n${table}\n\n${end}`;
    },
  );
}

function goalsTable(targets: ReadonlyMap<string, Target>): string {
  const cases: readonly [Architecture, Revision][] = [
    ["arm64", "v7"],
    ["x86", "v7"],
    ["arm64", "v6"],
  ];
  const rows = cases.flatMap(([arch, revision]) =>
    [...buildGraph(examplePlan(targets, arch, revision)).goals].map(([goal, outputs]) => [
      `\`${goal}\``,
      `${arch}, ${revision}`,
      outputs.map((output) => `\`${output}\``).join(" "),
    ]),
  );
  return markdownTable(["goal", "for", "leaves"], rows);
}

function rulesTable(targets: ReadonlyMap<string, Target>): string {
  const { rules } = buildGraph(examplePlan(targets, "arm64", "v7"));
  const rows = rules.map((rule) => [
    `\`${rule.label}\``,
    rule.outputs.map((output) => `\`${output}\``).join(" "),
    rule.inputs.map((input) => `\`${input}\``).join(" "),
    `\`${rule.command}\``,
  ]);
  return markdownTable(["line", "makes", "from", "by"], rows);
}

/** A plan with stand-ins for what a machine would have: `/k` is a kernel tree, `/t` our templates. */
function examplePlan(all: ReadonlyMap<string, Target>, arch: Architecture, revision: Revision): Plan {
  const targets = fittingTargets(all, { arch, revision });
  return {
    out: "/out",
    kernel: {
      vmlinux: "/k/vmlinux",
      image: "/k/Image",
      initramfs: undefined,
      tree: "/k",
      identity: {},
      imageRelease: undefined,
    },
    targetFolders: [],
    program: { version: "", folder: "/" },
    sourceDateEpoch: undefined,
    arch,
    abi: { revision, source: "built-in", missing: [] },
    profile: revisionProfile(revision),
    sizes: { image: 0, kernel: 0, initrd: 0, cmdline: 0 },
    targets,
    templateFiles: new Map([...targets.keys()].map((name) => [name, [`/t/${name}.hbs`, "/t/frame.hbs"]])),
    toolchain: {
      clang: { path: "clang", identity: "", version: "", bpfTarget: true },
      bpftool: { path: "bpftool", identity: "", version: "", libbpf: "", features: [] },
      headers: { includeDir: "/usr/include", version: undefined, helperDefs: true },
    },
    types: {
      kind: "btf",
      file: "/out/.kexec-bpf/vmlinux.btf",
      read: () => Promise.reject(new Error("an example has no BTF")),
    },
    headers: undefined,
    helperDocs: { header: "/k/tools/include/uapi/linux/bpf.h", script: "/k/scripts/bpf_doc.py" },
    bytecodeObject: "direct",
    seedPayloadSize: false,
    prover: undefined,
    signing: undefined,
    envelope: { kernel: "/k/arch/arm64/boot/vmlinuz.efi", initrd: "/i/initramfs", cmdline: "quiet" },
    mayPack: true,
  };
}

function code([name, meaning]: readonly [string, string]): readonly string[] {
  return [`\`${name}\``, meaning];
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
