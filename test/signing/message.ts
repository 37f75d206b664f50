const hex = (text: string) => Buffer.from(text, "hex");

/** An element of DER: tag, length, what is in it. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents);
const set = (...contents: readonly Uint8Array[]) => der(0x31, ...contents);
const oid = (bytes: string) => der(0x06, hex(bytes));
const integer = (value: number) => der(0x02, Buffer.from([value]));
const commonName = (name: string) => sequence(set(sequence(oid("550403"), der(0x0c, Buffer.from(name)))));

const SIGNED_DATA = "2a864886f70d010702";
const DATA = "2a864886f70d010701";
const RSA = "2a864886f70d010101";
const SHA256 = "608648016503040201";
export const MD5 = "2a864886f70d0205";

/** A signer in a message, named by `/CN=issuer` and a serial number, or by its key. */
export type MessageSigner = {
  readonly issuer?: string;
  readonly serial?: number;
  readonly keyId?: string;
  readonly hash?: string;
  readonly attributes?: boolean;
};

function signer({
  issuer = "one",
  serial = 1,
  keyId,
  hash = SHA256,
  attributes = false,
}: MessageSigner): Buffer {
  return sequence(
    integer(1),
    keyId === undefined ? sequence(commonName(issuer), integer(serial)) : der(0x80, hex(keyId)),
    sequence(oid(hash)),
    ...(attributes ? [der(0xa0)] : []),
    sequence(oid(RSA)),
    der(0x04, Buffer.from("signature")),
  );
}

/** A detached CMS message in whose signatures there is nothing. */
export function messageOf(...signers: readonly MessageSigner[]): Buffer {
  const data = sequence(integer(1), set(), sequence(oid(DATA)), set(...signers.map(signer)));
  return sequence(oid(SIGNED_DATA), der(0xa0, data));
}

/** As much of a certificate as names it, in PEM. */
export function certificateNamed(issuer: string, serial: number): string {
  return pem(sequence(sequence(integer(serial), sequence(), commonName(issuer))));
}

export function pem(bytes: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(bytes).toString("base64")}\n-----END CERTIFICATE-----\n`;
}
