import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Revision } from "#abi/revisions.ts";
import type { Failure } from "#core/failure.ts";
import { err, ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import { fileFailed, isMissing } from "#files/errno.ts";
import { readInputText } from "#files/input-file.ts";
import { PRECOMPILED } from "./precompiled.ts";
import type { Target } from "./target.ts";
import type { TemplateContext } from "./template-context.ts";

const OPTIONS = { strict: true, noEscape: true } as const;

/**
 * Every file that a target's source is made from, absolute.
 *
 * Errors: `bad-target` for a revision that the target is not for, and for a partial of a name that is taken; `file-failed`.
 */
export async function templateFiles(
  templates: string,
  target: Target,
  revision: Revision,
): Promise<Result<readonly string[]>> {
  const body = target.body[revision];
  if (body === undefined) return err(unusable(target, `has no body for revision ${revision}`, target.file));
  const builtIn = templatesIn(join(templates, "partials"));
  if (!builtIn.ok) return builtIn;
  const common = [join(templates, "frame.hbs"), ...builtIn.value];
  if (dirname(body) === templates) return ok([body, ...common]);
  const own = await ownPartials(body, common, target);
  return own.ok ? ok([body, ...common, ...own.value]) : own;
}

/** `{{> name}}`, by name. */
const PARTIAL = /\{\{~?#?>\s*([\w-]+)/g;

/**
 * The partials that a body of the user's uses and that lie beside it, or in `partials/` there; and those that these use.
 *
 * Errors: `bad-target` for one of a name that the frame or a built-in partial has.
 */
async function ownPartials(
  body: string,
  common: readonly string[],
  target: Target,
): Promise<Result<readonly string[]>> {
  const own = partialsBeside(dirname(body));
  if (!own.ok) return own;
  const taken = new Set(common.map(nameOf));
  const found = [body];
  // Those that are found are looked through, too.
  for (const file of found) {
    const text = await readInputText(file);
    if (!text.ok) return text;
    for (const [, name = ""] of text.value.matchAll(PARTIAL)) {
      const partial = own.value.get(name);
      if (partial === undefined || found.includes(partial)) continue;
      if (taken.has(name)) {
        return err(unusable(target, `the partial ${name} needs another name: that one is built in`, partial));
      }
      found.push(partial);
    }
  }
  return ok(found.slice(1));
}

/** By name: the templates of a folder, and those in `partials/` there, which need not be. */
function partialsBeside(folder: string): Result<ReadonlyMap<string, string>> {
  const beside = templatesIn(folder);
  if (!beside.ok) return beside;
  const inside = templatesIn(join(folder, "partials"));
  if (!inside.ok && !isMissing(inside.failure)) return inside;
  const all = [...beside.value, ...(inside.ok ? inside.value : [])];
  return ok(new Map(all.map((file) => [nameOf(file), file])));
}

function templatesIn(folder: string): Result<readonly string[]> {
  try {
    const names = readdirSync(folder)
      .filter((name) => name.endsWith(".hbs"))
      .sort();
    return ok(names.map((name) => join(folder, name)));
  } catch (error) {
    return err(fileFailed("read", folder, error));
  }
}

function nameOf(file: string): string {
  return basename(file, ".hbs");
}

/**
 * Renders a parser's C from the target's body, `frame.hbs` and the partials.
 *
 * @param files what `templateFiles()` returned, in its order
 * @returns the text of `<target>_parser_bpf.c`
 *
 * Errors: those of reading; `bad-target`, naming the template, for one that Handlebars refuses.
 */
export async function renderParser(
  files: readonly string[],
  target: Target,
  context: TemplateContext,
): Promise<Result<string>> {
  const texts: TemplateText[] = [];
  for (const [index, file] of files.entries()) {
    const read = await readInputText(file);
    if (!read.ok) return read;
    // Handlebars replaces a line that holds nothing but {{> name}} by the partial, its line end included.
    const text = `${read.value.trimEnd()}\n`;
    texts.push({ name: index === 0 ? "body" : nameOf(file), file, text });
  }
  const Handlebars = (await import("handlebars")).default;
  try {
    // From here on nothing waits: `body` is this target's until the text is there.
    for (const template of texts) {
      Handlebars.registerPartial(
        template.name,
        inTemplate(template.file, () => compiled(Handlebars, template)),
      );
    }
    return ok(templateOf(Handlebars, "{{> frame}}\n")(context));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const file = error instanceof TemplateError ? error.file : target.file;
    return err(unusable(target, `${error.message}${hintFor(error.message)}`, file));
  }
}

type TemplateText = { readonly name: string; readonly file: string; readonly text: string };

/** Templates by file and text: the frame and the partials are the same for every target. */
const templates = new Map<string, HandlebarsTemplateDelegate>();

function compiled(handlebars: typeof Handlebars, { file, text }: TemplateText): HandlebarsTemplateDelegate {
  const key = `${file}\n${text}`;
  const known = templates.get(key);
  if (known !== undefined) return known;
  const template = templateOf(handlebars, text);
  const named: HandlebarsTemplateDelegate = (data, options) =>
    inTemplate(file, () => template(data, options));
  templates.set(key, named);
  return named;
}

function templateOf(handlebars: typeof Handlebars, text: string): HandlebarsTemplateDelegate {
  const known = PRECOMPILED.get(digest(text));
  if (known !== undefined) return handlebars.template(known);
  // Parsed here for its errors: compile() alone would find them only when the template is used.
  return handlebars.compile(handlebars.parse(text), OPTIONS);
}

/** Handlebars' errors have a line, but not of which template. */
class TemplateError extends Error {
  readonly file: string;
  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}

/** Runs a template; an error then names the innermost file that it came through. */
function inTemplate<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TemplateError || !(error instanceof Error)) throw error;
    // Handlebars writes out the object in which it has looked.
    throw new TemplateError(file, error.message.replace(" in [object Object]", ""));
  }
}

/** `{{0}}` in C is an expression to Handlebars. */
function hintFor(message: string): string {
  return /^"\d+" not defined|Parse error/.test(message)
    ? " (two braces begin a Handlebars expression: in C, write a blank between them, { {0} })"
    : "";
}

function unusable(target: Target, detail: string, file: string): Failure {
  return { reason: "bad-target", target: target.name, detail: detail.replaceAll("\n", " "), file };
}
