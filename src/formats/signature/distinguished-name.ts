import { type ByteReader, latin1 } from "#bytes/reader.ts";
import { derElements, derOid, TAG } from "./der.ts";

/** Short names of attribute types (RFC 4519, RFC 2985). */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/**
 * An X.501 name as `C=DE, O=Example, CN=signer`, in the order of its encoding. Characters that a terminal might obey instead
 * of showing them are escaped. A name that is empty gives an empty text.
 *
 * @param name the content of the name's SEQUENCE
 */
export function nameText(name: ByteReader): string {
  return derElements(name, "name")
    .map((set) =>
      derElements(set.content, "name")
        .map((pair) => attributeText(pair.content))
        .join(" + "),
    )
    .join(", ");
}

function attributeText(pair: ByteReader): string {
  const [type, value] = derElements(pair, "name");
  if (type?.tag !== TAG.oid || value === undefined) return pair.fail(0, "attribute without type and value");
  const oid = derOid(type.content);
  return `${ATTRIBUTES[oid] ?? oid}=${printable(valueText(value.tag, value.content.bytes))}`;
}

function valueText(tag: number, bytes: Uint8Array): string {
  switch (tag) {
    case TAG.utf8String:
      return new TextDecoder().decode(bytes);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.t61String:
      return latin1(bytes);
    case TAG.bmpString:
      return new TextDecoder("utf-16be").decode(bytes);
    default:
      return `#${Buffer.from(bytes).toString("hex")}`;
  }
}

function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
