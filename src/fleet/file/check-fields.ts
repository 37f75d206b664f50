import { resolve } from "node:path";
import { parseSize } from "#core/sizes.ts";
import { unreachable } from "#core/unreachable.ts";
import { ARCHITECTURES, parseArchitecture } from "#kernel-image/architecture.ts";
import { type FleetField, type FleetFields, NAME } from "./fields.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Takes every problem, so that one run tells them all. */
export type Complain = (at: string, detail: string) => void;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The values of an object's fields as this program wants them: paths absolute, sizes in bytes.
 *
 * @param at where the object stands, such as `kernels[3]`
 * @param folder that paths count from
 */
export function checkFields(
  value: unknown,
  fields: FleetFields,
  { at, folder, complain }: { readonly at: string; readonly folder: string; readonly complain: Complain },
): Json {
  if (!isObject(value)) {
    complain(at, `${jsonKind(value)}, where an object is expected`);
    return {};
  }
  const place = (name: string) => (at === "" ? name : `${at}.${name}`);
  const checked: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    const row = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (row === undefined) complain(place(name), `there is no such field: ${Object.keys(fields).join(", ")}`);
    else if (row.type === "object") {
      checked[name] = checkFields(given, row.fields ?? {}, { at: place(name), folder, complain });
    } else {
      const read = readValue(row, given, folder);
      if ("wrong" in read) complain(place(name), read.wrong);
      else checked[name] = read.value;
    }
  }
  for (const [name, row] of Object.entries(fields)) {
    if (row.required && !Object.hasOwn(value, name)) complain(place(name), "is missing");
  }
  return checked;
}

type ReadValue = { readonly value: unknown } | { readonly wrong: string };

function readValue(row: FleetField, given: unknown, folder: string): ReadValue {
  const wrong = (wanted: string): ReadValue => ({ wrong: `${jsonKind(given)}, where ${wanted} is expected` });
  const texts = () => Array.isArray(given) && given.every((one) => typeof one === "string" && one !== "");
  switch (row.type) {
    case "name":
      return typeof given === "string" && NAME.test(given)
        ? { value: given }
        : wrong("a name of letters, digits, and . _ + ~ - within");
    case "path":
      return typeof given === "string" && given !== "" ? { value: resolve(folder, given) } : wrong("a path");
    case "paths":
      return texts()
        ? { value: (given as readonly string[]).map((path) => resolve(folder, path)) }
        : wrong("a list of paths");
    case "words":
      return texts() ? { value: given } : wrong("a list of names");
    case "arch": {
      const arch = typeof given === "string" ? parseArchitecture(given) : undefined;
      return arch === undefined ? wrong(`one of ${ARCHITECTURES.join(", ")}`) : { value: arch };
    }
    case "choice":
      return typeof given === "string" && row.choices?.includes(given)
        ? { value: given }
        : wrong(`one of ${row.choices?.join(", ")}`);
    case "size": {
      const size = typeof given === "string" ? parseSize(given) : given;
      return typeof size === "number" && Number.isSafeInteger(size) && size > 0
        ? { value: size }
        : wrong('bytes, or text such as "64M",');
    }
    case "flag":
      return typeof given === "boolean" ? { value: given } : wrong("true or false");
    case "object":
      throw new Error("bug: objects are checked by their fields");
    default:
      return unreachable(row.type);
  }
}

/** A value as messages call it. */
export function jsonKind(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
