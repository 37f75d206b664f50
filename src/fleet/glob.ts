/** Whether a name is one that a glob stands for: `*` is any text, `?` one character. */
export function matchesGlob(name: string, glob: string): boolean {
  const parts = [...glob].map((character) => {
    if (character === "*") return ".*";
    return character === "?" ? "." : character.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`, "s").test(name);
}
