import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The test files that take longest, each longer than the one after it. */
const LONGEST = [
  "guest/kernel-test",
  "guest/boot-test",
  "cli/streams",
  "bpf-vm/coverage/parsers",
  "cli/outputs",
  "commands/make/make",
  "verify/real",
  "build/artefacts",
  "build/incremental",
  "verify/wrong-parsers",
  "commands/fleet/fleet",
  "readme",
  "eject/build",
  "build/signed-skeleton",
  "build/reproducible",
  "cli/killed",
  "formats/btf/kernel",
  "commands/fuzz/fuzz",
  "formats/compression/tools",
  "ci/systems",
  "commands/make/habits",
  "own-formats/android-boot",
  "pack/interrupted",
  "signing/strength",
  "build/warnings",
  "fleet/kill",
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
