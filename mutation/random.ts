/** `count` of `all`, drawn by `seed`: the same ones every time, in their own order. */
export function sampleOf<T>(all: readonly T[], count: number, seed: number): readonly T[] {
  const places = all.map((_, index) => index);
  let state = seed >>> 0;
  // Numerical Recipes' generator; its upper bits are good enough to draw with.
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let at = 0; at < Math.min(count, places.length); at++) {
    const other = at + next(places.length - at);
    [places[at], places[other]] = [places[other] ?? 0, places[at] ?? 0];
  }
  const drawn = new Set(places.slice(0, count));
  return all.filter((_, index) => drawn.has(index));
}
