import type { ActionCache } from "#cache/action-cache.ts";
import { ok, type Result } from "#core/result.ts";
import { digest } from "#files/digest.ts";
import type { KernelBtf } from "#kernel-image/kernel-btf.ts";
import type { KernelReader } from "#kernel-image/reader.ts";

/** Raised when the same kernel could come to other BTF. */
const VERSION = 1;
const BTF = "vmlinux.btf";
const FACTS = "facts.json";

type Facts = Pick<KernelBtf, "steps" | "identity">;

/**
 * A reader that takes the BTF of a kernel out of a cache, where the same kernel was unpacked before: that takes a tenth of the time.
 *
 * @param digestOf the SHA-256 of a kernel's file
 */
export function cachedReader(
  reader: KernelReader,
  cache: ActionCache,
  digestOf: (file: string) => Promise<Result<string>>,
): KernelReader {
  return {
    ...reader,
    btf: async (source) => {
      const sha256 = await digestOf(source);
      if (!sha256.ok) return sha256;
      const key = digest(JSON.stringify(["a kernel's BTF", VERSION, sha256.value]));
      const known = fromOutputs(await cache.fetch(key, [BTF, FACTS]));
      if (known !== undefined) return ok(known);
      const read = await reader.btf(source);
      // What is told of raw BTF comes from the machine that it lies on, and there is nothing to unpack.
      if (read.ok && read.value.steps[0] !== "raw BTF") {
        const { bytes, steps, identity } = read.value;
        const facts = Buffer.from(JSON.stringify({ steps, identity } satisfies Facts));
        await cache.store(key, [
          { name: BTF, bytes, ...(read.value.sha256 && { sha256: read.value.sha256 }) },
          { name: FACTS, bytes: facts },
        ]);
      }
      return read;
    },
  };
}

function fromOutputs(outputs: Awaited<ReturnType<ActionCache["fetch"]>>): KernelBtf | undefined {
  const [btf, facts] = outputs ?? [];
  if (btf === undefined || facts === undefined) return undefined;
  try {
    const { steps, identity } = JSON.parse(Buffer.from(facts.bytes).toString()) as Facts;
    return { bytes: btf.bytes, sha256: btf.sha256, steps, identity };
  } catch (error) {
    // Another program's entry: the kernel is unpacked here.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
