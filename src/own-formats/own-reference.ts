import type { BadReference } from "#core/failure.ts";
import { isRecord } from "#core/is-record.ts";
import { err, ok, type Result } from "#core/result.ts";
import { streamOfOwn } from "#reference-parsers/own-format.ts";
import type { OwnImage, OwnReference } from "#verify/references.ts";
import type { FormatField, ImageFormat } from "./format.ts";

const NAME = /^[a-z][a-z0-9_-]*$/;
const ROLES: readonly string[] = ["magic", "offset", "size", "count", "index", "type", "ignored"];
const WIDTHS: readonly unknown[] = [1, 2, 4, 8];

/** Where a module comes from, and the digest of its text. */
export type ModuleOrigin = { readonly file: string; readonly digest: string };

/**
 * Makes a reference of what a module exports. It is code that nothing has checked: so is what it gives, here and in each answer.
 *
 * Errors: `bad-reference`.
 */
export function ownReferenceOf(exported: unknown, origin: ModuleOrigin): Result<OwnReference, BadReference> {
  const bad = (detail: string) => err<BadReference>({ reason: "bad-reference", file: origin.file, detail });
  const fault = formatFault(exported);
  if (fault !== undefined) return bad(fault);
  const format = exported as ImageFormat;
  const fields = format.fields ?? [];
  const named = { name: format.name, file: origin.file, parse: format.parse };
  return ok({
    ...origin,
    name: format.name,
    ofEveryCase: false,
    fields,
    parse: (input) => streamOfOwn(named, input),
    goodImages: (revision, arch) => {
      const made = attempt("goodImages()", () => format.goodImages?.({ revision, arch }) ?? []);
      if (!made.ok) return bad(made.failure);
      const wrong = imagesFault(made.value);
      if (wrong !== undefined) return bad(`goodImages(): ${wrong}`);
      return ok(
        made.value.map(({ name, image, fields: more = [] }): OwnImage => {
          return { name, image: new Uint8Array(image), fields: [...fields, ...more] };
        }),
      );
    },
  });
}

/** What is wrong with a format, in words. */
function formatFault(format: unknown): string | undefined {
  if (!isRecord(format)) return "its default export must be an object with name and parse";
  const { name, parse, fields, goodImages } = format;
  if (typeof name !== "string" || !NAME.test(name)) {
    return "name must be lower-case letters, digits, - and _, a letter first";
  }
  if (typeof parse !== "function") return "parse must be a function";
  if (goodImages !== undefined && typeof goodImages !== "function") return "goodImages must be a function";
  return fields === undefined ? undefined : fieldsFault(fields);
}

function imagesFault(images: unknown): string | undefined {
  if (!Array.isArray(images)) return "a list is expected";
  const seen = new Set<unknown>();
  for (const [index, given] of images.entries()) {
    const { name, image, fields } = isRecord(given) ? given : {};
    if (typeof name !== "string" || !/^[a-z0-9-]+$/.test(name)) {
      return `name of image ${index} must be lower-case letters, digits and -`;
    }
    if (seen.has(name)) return `two images are named ${name}`;
    seen.add(name);
    if (!(image instanceof Uint8Array)) return `image of ${name} must be a Uint8Array`;
    const fault = fields === undefined ? undefined : fieldsFault(fields);
    if (fault !== undefined) return `${name}: ${fault}`;
  }
  return undefined;
}

function fieldsFault(fields: unknown): string | undefined {
  if (!Array.isArray(fields)) return "fields must be a list";
  const wrong = fields.findIndex((field) => !isField(field));
  return wrong < 0
    ? undefined
    : `field ${wrong} must have section, name, at, width (1, 2, 4, 8) and role (${ROLES.join(", ")})`;
}

function isField(field: unknown): field is FormatField {
  if (!isRecord(field)) return false;
  const { section, name, at, width, role } = field;
  return (
    typeof section === "string" &&
    typeof name === "string" &&
    typeof at === "number" &&
    Number.isSafeInteger(at) &&
    at >= 0 &&
    WIDTHS.includes(width) &&
    ROLES.some((known) => known === role)
  );
}

/** Runs code of the user's; what it throws is a failure in words. */
function attempt<T>(what: string, run: () => T): Result<T, string> {
  try {
    return ok(run());
  } catch (error) {
    return err(`${what} throws: ${error instanceof Error ? error.message : String(error)}`);
  }
}
