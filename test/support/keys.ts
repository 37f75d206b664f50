import { join } from "node:path";
import { newFolder, write } from "./kernel-tree.ts";
import { output } from "./tools.ts";

export type KeyPair = {
  /** Paths: private key and certificate in PEM, the certificate in DER. */
  readonly key: string;
  readonly certificate: string;
  readonly der: string;
};

export type KeyOptions = {
  /** As `openssl req -newkey` takes it. */
  readonly kind?: readonly string[];
  readonly subject?: string;
  /** Signs the certificate; else it is self-signed. */
  readonly issuer?: KeyPair;
  /** More words for `openssl req -x509`. */
  readonly words?: readonly string[];
};

const RSA = ["rsa:2048"] as const;
export const ECDSA = ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"] as const;

/** A new key with a certificate, made by openssl. */
export function newKey({ kind = RSA, subject = "/CN=signer", issuer, words = [] }: KeyOptions = {}): KeyPair {
  const folder = newFolder("keys");
  const pair = {
    key: join(folder, "key.pem"),
    certificate: join(folder, "cert.pem"),
    der: join(folder, "cert.der"),
  };
  const signedBy = issuer === undefined ? [] : ["-CA", issuer.certificate, "-CAkey", issuer.key];
  output("openssl", [
    ...["req", "-x509", "-newkey", ...kind, "-nodes", "-utf8", "-subj", subject],
    ...["-keyout", pair.key, "-out", pair.certificate, ...signedBy, ...words],
  ]);
  output("openssl", ["x509", "-in", pair.certificate, "-outform", "DER", "-out", pair.der]);
  return pair;
}

/** A self-signed certificate whose time is over. `openssl ca` takes dates in each version from 3.0; `-days -1` ends before it begins. */
export function expiredCertificate(key: string): string {
  const folder = newFolder("expired");
  const [request, certificate] = [join(folder, "request.pem"), join(folder, "cert.pem")];
  const database = write(join(folder, "database"), "");
  const config = write(
    join(folder, "ca.conf"),
    ["[ca]", "default_ca = own", "[own]", `database = ${database}`, `new_certs_dir = ${folder}`]
      .concat([
        "rand_serial = yes",
        "default_md = sha256",
        "policy = any",
        "[any]",
        "commonName = supplied",
        "",
      ])
      .join("\n"),
  );
  output("openssl", ["req", "-new", "-key", key, "-subj", "/CN=past", "-out", request]);
  output("openssl", [
    ...["ca", "-batch", "-notext", "-selfsign", "-config", config, "-keyfile", key, "-in", request],
    ...["-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-out", certificate],
  ]);
  return certificate;
}
