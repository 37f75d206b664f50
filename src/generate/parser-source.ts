import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { fileFailed } from "#files/errno.ts";
import type { Target } from "./target.ts";
import type { TemplateContext } from "./template-context.ts";

/** Every file that a target's source is made from, absolute. */
export async function templateFiles(
  templates: string,
  target: Target,
  revision: Revision,
): Promise<Result<readonly string[]>> {
  const folder = join(templates, "partials");
  try {
    const partials = (await readdir(folder)).filter((name) => name.endsWith(".hbs")).sort();
    return ok([
      target.body[revision],
      join(templates, "frame.hbs"),
      ...partials.map((name) => join(folder, name)),
    ]);
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
}

/**
 * Renders a parser's C from the target's body, `frame.hbs` and the partials.
 *
 * @param files what `templateFiles()` returned, in its order
 * @returns the text of `<target>_parser_bpf.c`
 *
 * Errors: `bad-target`, naming the template, for one that cannot be read or that Handlebars refuses.
 */
export async function renderParser(
  files: readonly string[],
  target: Target,
  context: TemplateContext,
): Promise<Result<string>> {
  const Handlebars = (await import("handlebars")).default;
  // An instance of its own: partials of one target must not be seen by another.
  const handlebars = Handlebars.create();
  for (const [index, file] of files.entries()) {
    try {
      // A partial's last line is ended by the line that includes it.
      const text = (await readFile(file, "utf8")).trimEnd();
      // Only for its errors, which then name the file.
      handlebars.parse(text);
      handlebars.registerPartial(index === 0 ? "body" : basename(file, ".hbs"), text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return err(unusable(target, error.message, file));
    }
  }
  try {
    return ok(handlebars.compile("{{> frame}}\n", { strict: true, noEscape: true })(context));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return err(unusable(target, error.message, target.file));
  }
}

function unusable(target: Target, detail: string, file: string): Failure {
  return { reason: "bad-target", target: target.name, detail: detail.replaceAll("\n", " "), file };
}
