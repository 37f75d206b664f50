import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import type { Exhibit } from "#crosscheck/plan.ts";
import { readInput } from "#files/input-file.ts";
import { inTemporaryFolder } from "#files/temporary-folder.ts";
import { decompose } from "#kexec-model/decompose.ts";
import { packPe } from "#pack/pe.ts";
import { vmRunner } from "#verify/vm-runner.ts";
import type { OpenedContainer } from "./inputs.ts";

/** More bytes than bytecode and its headers take. */
const FAR = 2 ** 24;

/**
 * Whether an image becomes another one by its parser, and no third by that one's. v6's loader shows an image to its
 * parser until something comes of it: for ever, where it is refused.
 */
async function isTakenOnce(image: Uint8Array): Promise<boolean> {
  const made = await decompose({ revision: "v6", image, runParser: vmRunner("v6") });
  return made.ok && made.value.attempts.length === 1;
}

/** Each image with each container's first parser in its section `.bpf`. */
export async function withParsers(
  containers: readonly OpenedContainer[],
  images: readonly Exhibit[],
  { signal }: Pick<Context, "signal">,
): Promise<Result<readonly Exhibit[]>> {
  return inTemporaryFolder(async (folder) => {
    const file = (name: string) => join(folder, name);
    const carriers: Exhibit[] = [];
    for (const [container, { name, first }] of containers.entries()) {
      if (first === undefined) continue;
      await writeFile(file("bytecode"), first);
      for (const image of images) {
        await writeFile(file("image"), image.bytes);
        const made = await packPe(
          {
            ...{ image: file("image"), bytecode: file("bytecode"), output: file("carrier") },
            ...{ replace: true, certificates: "strip" },
          },
          { digests: false, signal },
        );
        if (!made.ok) {
          // What is wrong with the image is no news; the rest is.
          const { reason } = made.failure;
          if (reason === "file-failed" || reason === "cancelled") return made;
          continue;
        }
        // A section header may have sent the bytecode far behind the file's end.
        if (made.value.size > image.bytes.length + FAR) continue;
        const carrier = await readInput(file("carrier"));
        if (!carrier.ok) return carrier;
        if (!(await isTakenOnce(carrier.value))) continue;
        carriers.push({ ...image, name: `${image.name} with ${name}`, bytes: carrier.value, container });
      }
    }
    return ok(carriers);
  });
}
