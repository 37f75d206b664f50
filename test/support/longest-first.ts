import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The test files that take longest, each longer than the one after it. */
const LONGEST = [
  "guest/kernel-test",
  "guest/boot-test",
  "verify/real",
  "bpf-vm/coverage/parsers",
  "readme",
  "formats/btf/kernel",
  "cli/kernel-builds",
  "cli/verify",
  "cli/images",
  "commands/fleet/fleet",
  "build/signed-skeleton",
  "cli/make",
  "cli/killed",
  "verify/wrong-parsers",
  "prove/wrong-parsers",
  "signing/sign",
  "verify/mutations/corpus",
  "cli/streams",
  "bpf-vm/open-parser",
  "build/killed",
  "toolchain/process",
  "build/incremental",
  "formats/compression/tools",
].map((name) => `test/${name}.test.ts`);

/**
 * Begins with the files that have a process of their own, so that those which share one are not torn apart, then with the longest, so that
 * no worker is left alone with one at the end; the others follow as vitest has them.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      if (project.config.isolate) return -1;
      const index = LONGEST.indexOf(relative(project.config.root, moduleId));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
