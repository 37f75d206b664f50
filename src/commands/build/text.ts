import { PARTS } from "#abi/parts.ts";
import type { BuildReport } from "#api/build.ts";
import type { CacheReport } from "#cache/action-cache.ts";
import { formatSize } from "#core/sizes.ts";
import { table } from "#report/table.ts";

/** A build's result for people. */
export function buildText(report: BuildReport): string {
  const { abi, sizes } = report;
  const from = abi.source === "target" ? "from the kernel's BTF" : "built-in profile";
  const limits = PARTS.map(({ name }) => `${name} ${formatSize(sizes[name])}`);
  return `${[
    report.ran === 0
      ? "nothing to do: all is up to date"
      : `${report.ran} rules run in ${(report.milliseconds / 1000).toFixed(2)} s`,
    "",
    table([
      ["folder", report.out],
      ["for", `${report.arch}, ABI ${abi.revision} (${from})`],
      ["limits", limits.join(", ")],
      [
        "tools",
        `clang ${report.tools.clang}, bpftool ${report.tools.bpftool}, libbpf headers ${report.tools.libbpf ?? "?"}`,
      ],
      ...(report.cache === undefined ? [] : [["cache", cacheText(report.cache)]]),
    ]),
    "",
    table(report.outputs.map((output) => [output.name, formatSize(output.size), output.sha256.slice(0, 16)])),
    "",
    table(
      report.containers.map(({ name, sections, takes }) => [
        name,
        `takes ${takes.map((layer) => layer.join(" or ")).join(" around ")}`,
        sections.map((section) => `${section.name} (${section.file})`).join(", "),
      ]),
    ),
  ].join("\n")}\n`;
}

export function cacheText({ name, hits, misses, stored, received, sent }: CacheReport): string {
  return `${name}: ${hits} taken (${formatSize(received)}), ${misses} not there, ${stored} stored (${formatSize(sent)})`;
}
