/** Stands for Node's own modules in the page, as far as the decoders use them: `crypto`, `os`, `path`, `util`. */
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";

const HASHES = { sha1, sha256, sha384, sha512 } as const;

/** A hash that is told bytes and asked for its hexadecimal digits or bytes. */
export function createHash(name: keyof typeof HASHES) {
  const hash = HASHES[name].create();
  const whole = {
    update(bytes: Uint8Array | string) {
      hash.update(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
      return whole;
    },
    digest(form?: "hex") {
      const bytes = Buffer.from(hash.digest());
      return form === "hex" ? bytes.toString("hex") : bytes;
    },
  };
  return whole;
}

export const endianness = (): "LE" => "LE";

/** Browsers have no numbers of the system's errors. */
export const getSystemErrorMap = () => new Map<number, [string, string]>();

export const basename = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export const join = (...names: readonly string[]): string => names.join("/");

/** No kernel is known to be running. */
export const release = (): string => "";
