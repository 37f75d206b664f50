/**
 * For each path its last names, as many as tell it apart from the others: `zboot.bpf`, but `old/zboot.bpf` and
 * `new/zboot.bpf`. The same path twice stays whole.
 *
 * @param files absolute paths
 */
export function distinctNames(files: readonly string[]): readonly string[] {
  const parts = files.map((file) => file.split("/").filter((part) => part !== ""));
  const tail = (i: number, length: number) => parts[i]?.slice(-length).join("/") ?? "";
  return files.map((file, i) => {
    for (let length = 1; length < (parts[i]?.length ?? 0); length += 1) {
      if (files.every((_, other) => other === i || tail(other, length) !== tail(i, length))) {
        return tail(i, length);
      }
    }
    return file;
  });
}
