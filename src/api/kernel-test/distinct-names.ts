/**
 * For each path its last names, as many as tell it apart from the others: `zboot.bpf`, but `old/zboot.bpf` and
 * `new/zboot.bpf`. The same path twice stays whole.
 *
 * @param files absolute paths
 */
export function distinctNames(files: readonly string[]): readonly string[] {
  const tails = files.map(tailsOf);
  const count = new Map<string, number>();
  for (const tail of tails.flat()) count.set(tail, (count.get(tail) ?? 0) + 1);
  return files.map((file, i) => tails[i]?.slice(0, -1).find((tail) => count.get(tail) === 1) ?? file);
}

/** Its last name, its last two, and so on to all. */
function tailsOf(file: string): readonly string[] {
  const parts = file.split("/").filter((part) => part !== "");
  return parts.map((_, index) => parts.slice(-index - 1).join("/"));
}
