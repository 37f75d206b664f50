import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BuildContext } from "#build/context.ts";
import type { Seen } from "#build/facts.ts";
import type { BuildRequest } from "#build/request.ts";
import type { State } from "#build/state/state.ts";
import type { Event } from "#core/events.ts";
import { newFolder } from "../../support/folders.ts";

/** A request that names nothing but an output folder, which is there. */
export function requestWith(more: Partial<BuildRequest> = {}): BuildRequest {
  const out = newFolder("out");
  mkdirSync(join(out, ".kexec-bpf"));
  return {
    out,
    goals: ["zboot"],
    arch: undefined,
    abi: "auto",
    kernel: {
      ...{ tree: undefined, kbuildOutput: undefined },
      ...{ vmlinux: undefined, vmlinuxHeader: undefined, image: undefined },
    },
    limits: { kernel: undefined, initrd: undefined, cmdline: undefined, initramfs: undefined },
    sizeStep: undefined,
    tools: { clang: undefined, llvm: undefined, bpftool: undefined, libbpfHeaders: undefined },
    targetFolders: [],
    bytecodeObject: "direct",
    seedPayloadSize: false,
    signing: undefined,
    envelope: undefined,
    jobs: 1,
    ...more,
  };
}

export type Heard = { readonly notes: string[]; readonly warnings: string[] };

/** What a build works with, and what it says. */
export function contextWith(
  more: Partial<BuildContext> = {},
): BuildContext & { readonly seen: Seen; readonly heard: Heard } {
  const heard: Heard = { notes: [], warnings: [] };
  const state: State = { rules: {}, digests: {}, facts: {}, requests: {} };
  return {
    state,
    emit: (event: Event) => {
      if (event.kind === "note") heard.notes.push(event.text);
      if (event.kind === "warning") heard.warnings.push(event.text);
    },
    signal: new AbortController().signal,
    templates: join(process.cwd(), "templates"),
    env: {},
    cwd: process.cwd(),
    setupScript: undefined,
    sharing: {},
    seen: new Map(),
    heard,
    ...more,
  };
}
