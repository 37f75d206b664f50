import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A new RSA key and a certificate for it, in `folder`. */
export function testKey(folder: string): { readonly key: string; readonly certificate: string } {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-subj",
    "/CN=kexec-bpf test",
    "-days",
    "2",
  ];
  execFileSync("openssl", [...request, "-keyout", key, "-out", certificate], { stdio: "pipe" });
  return { key, certificate };
}
