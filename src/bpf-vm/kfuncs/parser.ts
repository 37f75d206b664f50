import { emittedBuffer } from "#bpf-vm/emitted-buffer.ts";
import { Errno } from "#bpf-vm/errno.ts";
import type { Callee } from "#bpf-vm/helpers/signature.ts";

/** Bytes of the object that a parser context's address names; programs cannot look inside. */
const CONTEXT_SIZE = 64;

/**
 * The three kfuncs of the series (docs/spec.md, "The kernel's side"), by name. Each context that is given
 * out is an object of its own, so that using one after its release is seen even while another is held.
 */
export const PARSER_KFUNCS: ReadonlyMap<string, Callee> = new Map(
  (
    [
      {
        name: "bpf_get_parser_context",
        arguments: ["number"],
        run: (call) => {
          const { machine } = call;
          if (machine.injector.contextFails() || call.big(1) !== BigInt(machine.parserId)) return null;
          const name = `parser context ${machine.parserId}`;
          const region = machine.memory.add({
            kind: "parser-context",
            name,
            size: CONTEXT_SIZE,
            access: "none",
          });
          machine.acquire(region, { kind: "parser-context", name, acquiredAt: call.instruction });
          return region;
        },
      },
      {
        name: "bpf_put_parser_context",
        arguments: ["parser-context"],
        run: (call) => {
          call.machine.release(call.region(1));
          return 0;
        },
      },
      {
        name: "bpf_buffer_parser",
        arguments: ["bytes-in", "int-size", "parser-context"],
        run: (call) => {
          const size = call.int(2);
          if (size <= 0) return -Errno.EINVAL;
          const accepted = !call.machine.injector.bufferFails();
          const writes = call.writes(1);
          const { instruction } = call;
          const facts = writes === undefined ? { accepted, instruction } : { accepted, instruction, writes };
          call.machine.buffers.push(emittedBuffer(call.taken(1), facts));
          return accepted ? 0 : -Errno.ENOMEM;
        },
      },
    ] satisfies readonly Callee[]
  ).map((callee) => [callee.name, callee]),
);
