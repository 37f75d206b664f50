import { join } from "node:path";
import { newFolder, write } from "./kernel-tree.ts";
import type { KeyPair } from "./keys.ts";
import { output } from "./tools.ts";

/** A file with the message at its end, put together here: without a word of ours. */
function appended(content: Uint8Array | string, message: Uint8Array): string {
  const trailer = Buffer.alloc(12);
  trailer[2] = 2;
  trailer.writeUInt32BE(message.length, 8);
  const text = Buffer.from("~Module signature appended~\n");
  return write(join(newFolder(), "signed"), Buffer.concat([Buffer.from(content), message, trailer, text]));
}

export type OpensslSigner = {
  readonly pairs: readonly KeyPair[];
  /** More words for `openssl cms -sign`, the hash among them. */
  readonly words?: readonly string[];
};

/** The same, signed by openssl, which takes much that kernels do not. */
export function signedByOpenssl(
  content: string | Uint8Array,
  { pairs, words = ["-noattr"] }: OpensslSigner,
): string {
  const file = write(join(newFolder(), "content"), content);
  const signers = pairs.flatMap(({ key, certificate }) => ["-signer", certificate, "-inkey", key]);
  const args = ["cms", "-sign", "-binary", "-nocerts", "-outform", "DER", "-in", file, ...words, ...signers];
  return appended(content, output("openssl", args));
}
