// SPDX-License-Identifier: MIT
// Prints an in-toto statement with SLSA provenance for a release's tarball: provenance.mjs TARBALL COMMIT
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const [tarball, commit] = process.argv.slice(2);
const sha256 = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");
const { version, engines } = JSON.parse(readFileSync("package.json", "utf8"));
const statement = {
  _type: "https://in-toto.io/Statement/v1",
  subject: [{ name: basename(tarball), digest: { sha256: sha256(tarball) } }],
  predicateType: "https://slsa.dev/provenance/v1",
  predicate: {
    buildDefinition: {
      buildType: "urn:kexec-bpf:npm-pack:v1",
      externalParameters: { version, command: ["npm", "pack"] },
      internalParameters: { node: process.version, engines },
      resolvedDependencies: [
        { name: "source", digest: { gitCommit: commit } },
        { name: "package-lock.json", digest: { sha256: sha256("package-lock.json") } },
      ],
    },
    runDetails: { builder: { id: "urn:kexec-bpf:scripts/release" } },
  },
};
process.stdout.write(`${JSON.stringify(statement, undefined, 2)}\n`);
