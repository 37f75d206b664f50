import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import type { Target } from "./target.ts";
import type { TemplateContext } from "./template-context.ts";

/**
 * Renders a parser's C from `frame.hbs`, the target's body and the partials.
 *
 * @param templates the folder that holds `frame.hbs` and `partials/`
 * @returns the text of `<target>_parser_bpf.c`
 */
export async function renderParser(
  templates: string,
  target: Target,
  context: TemplateContext,
): Promise<Result<string>> {
  const bodyFile = target.body[context.abi.revision as keyof Target["body"]];
  const Handlebars = (await import("handlebars")).default;
  // An instance of its own: partials of one target must not be seen by another.
  const handlebars = Handlebars.create();
  const texts = await readAll(target, [
    bodyFile,
    join(templates, "frame.hbs"),
    ...(await partials(templates)),
  ]);
  if (!texts.ok) return texts;
  const [body, frame, ...rest] = texts.value;
  if (body === undefined || frame === undefined) throw new Error("two templates were asked for");
  handlebars.registerPartial("body", body.text.trimEnd());
  for (const partial of rest)
    handlebars.registerPartial(basename(partial.file, ".hbs"), partial.text.trimEnd());
  try {
    return ok(handlebars.compile(frame.text, { strict: true, noEscape: true })(context));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return err(unusable(target, error.message.replaceAll("\n", " "), bodyFile));
  }
}

async function partials(templates: string): Promise<readonly string[]> {
  const folder = join(templates, "partials");
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

type TemplateText = { readonly file: string; readonly text: string };

async function readAll(target: Target, files: readonly string[]): Promise<Result<readonly TemplateText[]>> {
  const texts: TemplateText[] = [];
  for (const file of files) {
    try {
      texts.push({ file, text: await readFile(file, "utf8") });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return err(unusable(target, `template not readable: ${error.message}`, file));
    }
  }
  return ok(texts);
}

function unusable(target: Target, detail: string, file: string): Failure {
  return { reason: "bad-target", target: target.name, detail, file };
}
