import { latin1 } from "#bytes/reader.ts";
import { parseLightSkeleton } from "#formats/light-skeleton/light-skeleton.ts";
import type { Facts } from "./types.ts";

/** What every light skeleton has, and nothing else: a struct named after the program that begins with the loader's context. */
const SKELETON = /\bstruct\s+(\w+)\s*\{\s*struct\s+bpf_loader_ctx\s+ctx\s*;/;

/** Describes a header of `bpftool gen skeleton -L`; undefined for any other text. */
export function describeLightSkeleton(bytes: Uint8Array): Facts | undefined {
  if (bytes.includes(0)) return undefined;
  const text = latin1(bytes);
  const name = SKELETON.exec(text)?.[1];
  if (name === undefined) return undefined;
  const parser = { name: "parser", value: name };
  const skeleton = parseLightSkeleton(text);
  if (!skeleton.ok) {
    const { failure } = skeleton;
    const where = failure.reason === "malformed" ? `offset 0x${failure.offset.toString(16)}` : failure.array;
    const warnings = [`${where}: ${failure.detail}`];
    return { format: "light skeleton, unusable", fields: [parser], parts: [], warnings };
  }
  const { programs, maps, optsData, optsInsn } = skeleton.value;
  return {
    format: "light skeleton",
    fields: [
      parser,
      { name: "programs", value: programs.join(", ") },
      { name: "maps", value: maps.join(", ") },
      { name: "opts_data", value: optsData.length },
      { name: "opts_insn", value: optsInsn.length },
    ],
    parts: [],
    warnings: [],
  };
}
