/** A file that a parser's source was made from. */
export type Template = { readonly file: string; readonly text: string };

/**
 * Adds to a compiler's words where in the templates the lines stand that it complains of in generated C. A line is found by its
 * text; one that a template has twice, or that was put together, is left alone.
 *
 * @param source the generated file's name, as the compiler says it, and its text
 */
export function withTemplateLines(log: string, source: Template, templates: readonly Template[]): string {
  const generated = source.text.split("\n");
  return log
    .split("\n")
    .flatMap((line) => {
      const [file, number] = line.split(":");
      const complains = file === source.file && /: (?:fatal )?(?:warning|error): /.test(line);
      const text = complains ? generated[Number(number) - 1] : undefined;
      const place = text === undefined ? undefined : find(text, templates);
      return place === undefined ? [line] : [line, `  from ${place}`];
    })
    .join("\n");
}

function find(line: string, templates: readonly Template[]): string | undefined {
  const wanted = line.trim();
  const places = templates.flatMap(({ file, text }) =>
    text.split("\n").flatMap((each, index) => (each.trim() === wanted ? [`${file}:${index + 1}`] : [])),
  );
  return wanted !== "" && places.length === 1 ? places[0] : undefined;
}
