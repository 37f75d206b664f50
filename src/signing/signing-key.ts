import { fileURLToPath } from "node:url";
import { err, ok, type Result } from "#core/result.ts";
import { readInputText } from "#files/input-file.ts";

/** The variable that `scripts/sign-file` takes passphrases and PINs from. */
const VARIABLE = "KBUILD_SIGN_PIN";
/** How a key in a token is named (RFC 7512). */
const SCHEME = "pkcs11:";
const MASK = "…";

/** A private key, and what opens it. The secret is in none of the other fields. */
export type SigningKey = {
  /** A path, or a PKCS#11 URI without any PIN. */
  readonly name: string;
  /** As the user gave it, with a PIN masked: for messages. */
  readonly shown: string;
  readonly token: boolean;
  readonly secret: string | undefined;
  /** What the secret came from, or is to come from. */
  readonly secretFrom: string;
};

export function isToken(key: string): boolean {
  return key.startsWith(SCHEME);
}

/** The URI without its PIN and where that is to be found; a path stays as it is. */
export function withoutPin(key: string): string {
  if (!isToken(key)) return key;
  const [path, query] = attributes(key).map((part) => part.filter(({ name }) => !PIN_NAMES.includes(name)));
  const text = (part: readonly Attribute[] = [], between: string) =>
    part.map(({ word }) => word).join(between);
  const words = text(query, "&");
  return `${SCHEME}${text(path, ";")}${words === "" ? "" : `?${words}`}`;
}

/** Text of ours or of a tool's, with the secret masked, however it is written. */
export function masked(text: string, secret: string | undefined): string {
  const known = secret === undefined || secret === "" ? [] : [secret, encodeURIComponent(secret)];
  return known.reduce(
    (rest, word) => rest.replaceAll(word, MASK),
    text.replace(/(pin-value=)[^&;\s"']*/g, `$1${MASK}`),
  );
}

/**
 * Finds the secret of a key: a URI's `pin-value`, the file that its `pin-source` names, or the variable `KBUILD_SIGN_PIN`.
 *
 * Errors: `signature-failed` for a URI with two PINs, one that is not encoded as URIs are, or a program as its source; `file-failed`.
 */
export async function openKey(
  key: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<SigningKey>> {
  const plain = { name: withoutPin(key), shown: masked(key, undefined), token: isToken(key) };
  const pins = plain.token
    ? attributes(key)
        .flat()
        .filter(({ name }) => PIN_NAMES.includes(name))
    : [];
  const [pin, second] = pins;
  if (pin === undefined) return ok({ ...plain, secret: env[VARIABLE], secretFrom: VARIABLE });
  const fails = (detail: string): Result<never> =>
    err({ reason: "signature-failed", file: plain.shown, detail });
  if (second !== undefined) return fails("the URI has more than one PIN");
  const value = decoded(pin.value);
  if (value === undefined) return fails(`${pin.name}: not encoded as URIs are`);
  if (pin.name === "pin-value") return ok({ ...plain, secret: value, secretFrom: "pin-value" });
  if (value.startsWith("|")) return fails("pin-source is a program, which is not run: name a file");
  const file = value.startsWith("file:///") ? fileURLToPath(value) : value.replace(/^file:/, "");
  const text = await readInputText(file);
  if (!text.ok) return text;
  return ok({ ...plain, secret: text.value.replace(/\r?\n$/, ""), secretFrom: "pin-source" });
}

type Attribute = { readonly word: string; readonly name: string; readonly value: string };

/** RFC 7512 has them in the query; its drafts, and OpenSSL's engine still, in the path. */
const PIN_NAMES: readonly string[] = ["pin-value", "pin-source"];

/** Those of the path, and those of the query. */
function attributes(uri: string): readonly (readonly Attribute[])[] {
  const [path = "", ...query] = uri.slice(SCHEME.length).split("?");
  return [path.split(";"), query.join("?").split("&")].map((words) =>
    words
      .filter((word) => word !== "")
      .map((word) => {
        const [name = "", ...rest] = word.split("=");
        return { word, name, value: rest.join("=") };
      }),
  );
}

function decoded(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
