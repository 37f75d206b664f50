import { dirname } from "node:path";
import { packageRoot } from "#api/common/package-root.ts";
import { VERSION } from "#api/common/version.ts";
import type { ProofRecord } from "#core/proof-record.ts";
import type { Output } from "#files/output-set.ts";
import { nameOf, PROOF_TYPE, STATEMENT_TYPE } from "#manifest/manifest.ts";

/**
 * An in-toto Statement v1 about the parsers: what was proven of them, by what, with which specification. `kexec-bpf check` holds it
 * against the files.
 *
 * @param files by the names that the record has for them
 */
export function certificateOf(
  file: string,
  record: ProofRecord,
  files: ReadonlyMap<string, string>,
  withTimes: boolean,
): Output {
  const digests = new Map(record.programs.map(({ parser }) => [parser.file, parser.sha256]));
  const folder = dirname(file);
  const subject = [...digests].map(([name, sha256]) => ({
    name: nameOf(files.get(name) ?? name, folder, packageRoot()),
    digest: { sha256 },
  }));
  const { specification, solver, programs } = record;
  const statement = {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PROOF_TYPE,
    predicate: {
      prover: { name: "kexec-bpf", version: VERSION },
      specification,
      solver,
      programs: programs.map(({ parser, program, theorem, obligations, paths, queries, seconds }) => ({
        ...{ parser: parser.name, program, sha256: parser.sha256, theorem },
        ...{ revision: parser.revision, reference: parser.reference, limits: parser.limits },
        ...{ obligations, paths, queries },
        ...(withTimes && { seconds }),
      })),
    },
  };
  return { file, content: `${JSON.stringify(statement, undefined, 2)}\n` };
}
