import { dirname, isAbsolute, join } from "node:path";
import type { Digests } from "#build/digests.ts";
import { isInProcess, type Rule, type SharedWork } from "#build/rule.ts";
import type { ActionCache, ActionOutput } from "#cache/action-cache.ts";
import { ok, type Result } from "#core/result.ts";
import { digest, digestFile } from "#files/digest.ts";
import { readInput } from "#files/input-file.ts";
import { makeFolder, writeOutput } from "#files/output.ts";
import { RecentOutputs } from "./recent-outputs.ts";
import type { Slots } from "./slots.ts";

/** Raised when the same key could mean other outputs. */
const ACTION_VERSION = 1;

/** How a rule's outputs came about: by its work here, out of another folder of this run, out of a cache. */
export type Carried = {
  readonly how: "ran" | "shared" | "cached";
  /** Inputs that only showed while working. */
  readonly found: readonly string[];
  /** SHA-256 of the outputs by their names, where it is known without reading them. */
  readonly outputs?: Readonly<Record<string, string>>;
};

export type SharedCaches = {
  /** On this machine, for the folders of one run. */
  readonly own: ActionCache | undefined;
  readonly other: ActionCache | undefined;
};

/** A rule's work in a folder. */
export type Task = {
  readonly rule: Rule;
  readonly fingerprint: string;
  /** SHA-256 of the rule's inputs. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly out: string;
  readonly digests: Digests;
  readonly slots: Slots;
  readonly run: () => Promise<Result<readonly string[]>>;
};

type SharedTask = Task & { readonly rule: { readonly shared: SharedWork } };

/** Bytes of outputs that are held in memory, and of the largest one: a container has some ten thousand. */
const RECENT = 16 * 1024 * 1024;
const LARGEST_RECENT = 1024 * 1024;

/**
 * Does equal work once: outputs that a rule of another folder, of an earlier run or of another machine made of the same are put in place
 * instead. Two builds that come to the same work at the same time wait for each other.
 */
export class WorkSharing {
  readonly #caches: SharedCaches;
  readonly #underWay = new Map<string, Promise<unknown>>();
  /** SHA-256 of tools, by their identity. */
  readonly #tools = new Map<string, Promise<Result<string>>>();
  readonly #recent = new RecentOutputs(RECENT);

  constructor(caches: SharedCaches) {
    this.#caches = caches;
  }

  /** Errors: those of the work, and of reading what the key is made of. */
  carryOut(task: Task): Promise<Result<Carried>> {
    const { shared } = task.rule;
    return shared === undefined
      ? this.#carryOutHere(task)
      : this.#carryOutOnce({ ...task, rule: { ...task.rule, shared } });
  }

  /** A rule without a tool depends on nothing but its fingerprint: another folder of this run may have had the same. */
  async #carryOutHere(task: Task): Promise<Result<Carried>> {
    const { rule, fingerprint, out } = task;
    const known = isInProcess(rule) ? this.#recent.get(fingerprint) : undefined;
    if (known !== undefined && (await putInPlace(out, known))) return ok({ how: "shared", found: [] });
    const found = await task.run();
    if (!found.ok) return found;
    if (isInProcess(rule) && found.value.length === 0) {
      const outputs = await readOutputs(task);
      if (outputs?.every(({ bytes }) => bytes.length <= LARGEST_RECENT))
        this.#recent.keep(fingerprint, outputs);
    }
    return ok({ how: "ran", found: found.value });
  }

  async #carryOutOnce(task: SharedTask): Promise<Result<Carried>> {
    const key = await this.#keyOf(task);
    if (!key.ok) return key;
    for (let other = this.#underWay.get(key.value); other !== undefined; ) {
      await task.slots.waitFor(other);
      other = this.#underWay.get(key.value);
    }
    const work = this.#fetchOrRun(key.value, task);
    this.#underWay.set(key.value, work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(key.value);
    }
  }

  async #fetchOrRun(key: string, task: SharedTask): Promise<Result<Carried>> {
    const { own, other } = this.#caches;
    for (const [how, cache] of [["shared", own] as const, ["cached", other] as const]) {
      const outputs = await cache?.fetch(key, task.rule.outputs);
      if (outputs === undefined || !(await putInPlace(task.out, outputs))) continue;
      if (cache === other) await own?.store(key, outputs);
      const digests = Object.fromEntries(outputs.map(({ name, sha256 }) => [name, sha256]));
      return ok({ how, found: task.rule.shared.reads, outputs: digests });
    }
    const found = await task.run();
    if (!found.ok) return found;
    await this.#keep(key, task, found.value);
    return ok({ how: "ran", found: found.value });
  }

  /** Not where the work has read what the key does not tell of. */
  async #keep(key: string, task: SharedTask, found: readonly string[]): Promise<void> {
    const { rule } = task;
    const told = new Set([...rule.inputs, ...rule.shared.reads]);
    if (!found.every((path) => told.has(path))) return;
    const outputs = await readOutputs(task);
    if (outputs === undefined) return;
    await this.#caches.own?.store(key, outputs);
    await this.#caches.other?.store(key, outputs);
  }

  /** What names the work wherever it is done: no path of this machine, and tools by their content. */
  async #keyOf({ rule, inputs, digests }: SharedTask): Promise<Result<string>> {
    const { tool, options, reads, contents } = rule.shared;
    const binary = await this.#tool(tool);
    if (!binary.ok) return binary;
    const others = await digests.all(reads);
    if (!others.ok) return others;
    const reached = await contents?.();
    if (reached !== undefined && !reached.ok) return reached;
    const told = { ...inputs, ...others.value, ...reached?.value };
    const files = Object.entries(told).map(([path, sha256]) => [isAbsolute(path) ? "" : path, sha256]);
    return ok(
      digest(JSON.stringify([ACTION_VERSION, rule.label, rule.outputs, binary.value, options, files])),
    );
  }

  #tool({ path, identity, version }: SharedWork["tool"]): Promise<Result<string>> {
    const known = this.#tools.get(identity);
    if (known !== undefined) return known;
    const read = digestFile(path).then((sha256) => (sha256.ok ? ok(`${version} ${sha256.value}`) : sha256));
    this.#tools.set(identity, read);
    return read;
  }
}

/** Undefined where one of them cannot be read. */
async function readOutputs({ rule, out }: Task): Promise<readonly ActionOutput[] | undefined> {
  const outputs: ActionOutput[] = [];
  for (const name of rule.outputs) {
    const bytes = await readInput(join(out, name));
    if (!bytes.ok) return undefined;
    outputs.push({ name, bytes: bytes.value });
  }
  return outputs;
}

/** A folder that does not take them says so again when the work is done. */
async function putInPlace(out: string, outputs: readonly ActionOutput[]): Promise<boolean> {
  for (const { name, bytes } of outputs) {
    const folder = await makeFolder(dirname(join(out, name)));
    if (!folder.ok) return false;
    const written = await writeOutput(join(out, name), bytes);
    if (!written.ok) return false;
  }
  return true;
}
