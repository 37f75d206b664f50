import type { EventSink } from "#core/events.ts";
import { ok, type Result } from "#core/result.ts";
import { digest, digestFile } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { writeOutput } from "#files/output.ts";
import type { Btf } from "#formats/btf/btf.ts";
import { dialectOf } from "#generate/vmlinux-header/dialect.ts";
import { type WrittenHeader, writeVmlinuxHeader } from "#generate/vmlinux-header/write.ts";
import type { Toolchain } from "#toolchain/toolchain.ts";
import { knownEquality, rememberEquality } from "./equality.ts";
import { HeaderStore } from "./header-store.ts";

/** Raised when the same key could mean another header. */
const KEY_VERSION = 1;

export type HeaderWork = {
  /** Of the raw BTF. */
  readonly sha256: string;
  readonly types: () => Promise<Result<Btf>>;
  readonly bpftool: Toolchain["bpftool"];
  /** Where the header goes, absolute. */
  readonly output: string;
  /** Lets bpftool write it there. */
  readonly dump: () => Promise<Result<void>>;
  readonly emit: EventSink;
};

/**
 * Makes kernels' `vmlinux.h`, which is what bpftool prints, to the byte; by the cheapest way that comes to it:
 *
 * 1. one that was made before of the same types for the same bpftool, of the user's cache folder;
 * 2. our own writer, where it has been compared with this bpftool on types of the same kinds;
 * 3. bpftool.
 *
 * The first of a process is never our writer's: until V8 has compiled it, it takes three times bpftool's processor time; then, half of
 * it. So it is for fleets, and compared with bpftool there.
 */
export class KernelHeaders {
  readonly #folder: string;
  readonly #store: HeaderStore;
  #made = 0;

  /** @param folder is made where it is missing */
  constructor(folder: string) {
    this.#folder = folder;
    this.#store = new HeaderStore(folder);
  }

  /** Errors: those of the types, of bpftool, and of writing. */
  async make(work: HeaderWork): Promise<Result<void>> {
    const { bpftool, output } = work;
    const binary = await digestFile(bpftool.path);
    // Running it will say more.
    if (!binary.ok) return work.dump();
    const tool = `${bpftool.version} ${bpftool.libbpf ?? ""} ${binary.value}`;
    const key = digest(JSON.stringify([KEY_VERSION, work.sha256, tool]));
    const known = await this.#store.fetch(key);
    if (known !== undefined) return writeOutput(output, known);
    const isFirst = this.#made++ === 0;
    const made = await (isFirst ? this.#dumped(work) : this.#written(work, tool));
    if (!made.ok) return made;
    await this.#store.store(key, made.value);
    return ok(undefined);
  }

  async #dumped({ dump, output }: HeaderWork): Promise<Result<Uint8Array>> {
    const dumped = await dump();
    return dumped.ok ? readInput(output) : dumped;
  }

  async #written(work: HeaderWork, tool: string): Promise<Result<Uint8Array>> {
    const known = await knownEquality(this.#folder, tool);
    if (known.kind === "other") return this.#dumped(work);
    const btf = await work.types();
    if (!btf.ok) return btf;
    const ours = writtenFor(btf.value, work.bpftool.version);
    if (ours === undefined) return this.#dumped(work);
    if (known.kind === "equal" && [...ours.features].every((feature) => known.features.has(feature))) {
      const written = await writeOutput(work.output, ours.text);
      return written.ok ? ok(ours.text) : written;
    }
    const dumped = await this.#dumped(work);
    if (!dumped.ok) return dumped;
    const equal = Buffer.compare(dumped.value, ours.text) === 0;
    await rememberEquality(this.#folder, tool, { equal, features: ours.features });
    if (!equal) {
      const text = `bpftool ${work.bpftool.version} writes vmlinux.h in a way of its own, so that it is asked for each kernel's`;
      work.emit({ kind: "note", text });
    }
    return dumped;
  }
}

/** Undefined where bpftool has to be asked. */
function writtenFor(btf: Btf, version: string): WrittenHeader | undefined {
  const dialect = dialectOf(version);
  const written = dialect && writeVmlinuxHeader(btf, dialect);
  return written?.ok ? written.value : undefined;
}
