/**
 * The prerequisites in a make rule as compilers write it (`-MD`): `target: a.h \` newline ` b.h`. Spaces
 * and `#` in names are escaped by a backslash, `$` is doubled; any other backslash is the name's own.
 */
export function dependencies(makeRule: string): readonly string[] {
  const joined = makeRule.replaceAll("\\\n", " ");
  const colon = joined.indexOf(": ");
  if (colon < 0) return [];
  const words = joined.slice(colon + 2).match(/(?:\\[ #]|\S)+/g) ?? [];
  return words.map((word) => word.replaceAll(/\\([ #])/g, "$1").replaceAll("$$", "$"));
}
