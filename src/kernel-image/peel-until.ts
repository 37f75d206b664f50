import { ok, type Result } from "#core/result.ts";
import type { KernelContent, KernelLayer } from "./layer.ts";
import { type PeelOptions, peel } from "./peel.ts";

/** A UKI around a zboot image around an Image, or an envelope around the first two: three. One more for what nobody has thought of. */
const MAX_LAYERS = 4;

/** How far the peeling has come. */
export type Peeled = {
  /** What is inside of all that has been taken off. */
  readonly content: KernelContent;
  /** What was taken off, outermost first: `["UKI", "zboot (zstd)"]`. */
  readonly steps: readonly string[];
  /** What was left out on the way, in words. */
  readonly warnings: readonly string[];
};

export type LayerSearch<T> = PeelOptions & {
  /** Asked about each layer, the outermost first: what the search comes to, or undefined to look inside of it. */
  readonly at: (layer: KernelLayer, peeled: Peeled) => Result<T> | undefined | Promise<Result<T> | undefined>;
  /** What it comes to where nothing is left to look into, or too much. */
  readonly end: (peeled: Peeled) => Result<T>;
};

/**
 * Takes the wrappings of a kernel file off, one after the other, until the search comes to something.
 *
 * Errors: those of the search; those of the formats, with the layer named that the content was found in.
 */
export async function peelUntil<T>(file: Uint8Array, search: LayerSearch<T>): Promise<Result<T>> {
  let peeled: Peeled = { content: { bytes: file, base: 0 }, steps: [], warnings: [] };
  for (let layers = 0; layers < MAX_LAYERS; layers += 1) {
    const peeling = await peel(peeled.content, search);
    if (!peeling.ok) return peeling;
    const layer = peeling.value;
    const found = await search.at(layer, peeled);
    if (found !== undefined) return found;
    if (layer.kind !== "wrapped" && layer.kind !== "bzImage") return search.end(peeled);
    const inner = layer.kind === "wrapped" ? ok(layer.inner) : await layer.inner();
    if (!inner.ok) return inner;
    peeled = deeper(peeled, layer.step, inner.value);
  }
  return search.end(peeled);
}

/** One more wrapping off. */
export function deeper({ steps, warnings }: Peeled, step: string, content: KernelContent): Peeled {
  const { left } = content;
  return {
    content,
    steps: [...steps, step],
    warnings: left === undefined ? warnings : [...warnings, left],
  };
}
