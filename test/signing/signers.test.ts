import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { signedByOpenssl } from "../support/appended.ts";
import { cli } from "../support/cli.ts";
import { newFolder, write } from "../support/kernel-tree.ts";
import { ECDSA, type KeyPair, newKey } from "../support/keys.ts";

const verify = (file: string, words: readonly string[]) =>
  cli(["verify-signature", file, ...words], { cwd: dirname(file) });

let one: KeyPair;
let two: KeyPair;
let both: string;
let signed: string;
beforeAll(() => {
  one = newKey({ subject: "/CN=one" });
  two = newKey({ kind: ECDSA, subject: "/CN=two" });
  both = write(
    join(newFolder(), "both.pem"),
    [one, two].map(({ certificate }) => readFileSync(certificate, "utf8")).join(""),
  );
  signed = signedByOpenssl("text", { pairs: [one, two] });
});

describe("a message with two signers", () => {
  it("holds with the certificates of both, and names both", async () => {
    const { status, stdout } = await verify(signed, ["--cert", both]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^issuer +CN=one$/m);
    expect(stdout).toMatch(/^issuer +CN=two$/m);
  });

  it.each([
    { given: () => one, left: "CN=two", other: "CN=one" },
    { given: () => two, left: "CN=one", other: "CN=two" },
  ])("names the one, $left, whose certificate is not given", async ({ given, left, other }) => {
    const outcome = await verify(signed, ["--cert", given().certificate]);
    expect(outcome).toMatchObject({ status: 1, stdout: "" });
    expect(outcome.stderr).toMatch(
      new RegExp(
        `the message has 2 signers, and a certificate of each is needed; not given: ${left}, serial number [0-9A-F]+\n`,
      ),
    );
    expect(outcome.stderr).not.toContain(other);
  });

  it("does not hold for another content, and that is said of a message with two", async () => {
    const bytes = readFileSync(signed);
    bytes[0] = 0x54;
    const broken = write(join(newFolder(), "broken"), bytes);
    const outcome = await verify(broken, ["--cert", both]);
    expect(outcome.stderr).toContain("the message has 2 signers, and not each one's signature holds: ");
  });

  it("is as weak as the weaker one", async () => {
    const weak = newKey({ kind: ["rsa:1024"], subject: "/CN=weak" });
    const file = signedByOpenssl("text", { pairs: [one, weak] });
    const certificates = [one, weak].map(({ certificate }) => readFileSync(certificate, "utf8")).join("");
    const trusted = write(join(newFolder(), "trusted.pem"), certificates);
    const outcome = await verify(file, ["--cert", trusted]);
    expect(outcome.stderr).toContain("an RSA key of 1024 bits is weak");
  });
});

it("signed attributes, which openssl takes and kernels do not, are refused", async () => {
  const file = signedByOpenssl("text", { pairs: [one], words: [] });
  const outcome = await verify(file, ["--cert", one.certificate]);
  expect(outcome).toMatchObject({ status: 1, stdout: "" });
  expect(outcome.stderr).toContain(
    "signature, offset 0x4: the message has signed attributes, which kernels refuse at the end of a file\n",
  );
});

it("a signature below the one that is verified is told, for nothing looks at it", async () => {
  const once = signedByOpenssl("text", { pairs: [one] });
  const twice = signedByOpenssl(readFileSync(once), { pairs: [two] });
  const outcome = await verify(twice, ["--cert", two.certificate]);
  expect(outcome).toMatchObject({ status: 0 });
  expect(outcome.stderr).toContain("warning: the content ends with a signature too, which is not verified");
  expect((await verify(once, ["--cert", one.certificate])).stderr).not.toContain("ends with a signature");
});

it.each([
  {
    what: "PEM",
    words: ["-noattr", "-outform", "PEM"],
    says: "CMS message, offset 0x4: PEM text, must be DER",
  },
  {
    what: "attached",
    words: ["-noattr", "-nodetach"],
    says: "the message has a content of its own beside the file's: it is not detached",
  },
])("a message that is $what says so", async ({ words, says }) => {
  const file = signedByOpenssl("text", { pairs: [one], words });
  const outcome = await verify(file, ["--cert", one.certificate]);
  expect(outcome).toMatchObject({ status: 1, stdout: "" });
  expect(outcome.stderr).toContain(says);
});
