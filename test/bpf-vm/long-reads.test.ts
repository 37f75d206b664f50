import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bufferParts } from "#bpf-vm/emitted-buffer.ts";
import type { Machine } from "#bpf-vm/machine.ts";
import { MapType } from "#bpf-vm/maps/definition.ts";
import { REGION_LOW } from "#bpf-vm/memory/memory.ts";
import { LONG, type Region } from "#bpf-vm/memory/region.ts";
import { WriteWatch } from "#bpf-vm/memory/write-watch.ts";
import type { LoadedProgram } from "#bpf-vm/program.ts";
import { type Executor, type RunOutcome, runProgram, TRACING_CALLABLES } from "#bpf-vm/run-program.ts";
import { helperId } from "#isa/helpers.ts";
import { extent } from "../support/extent.ts";
import { call, exit, type Line, op, programOf, symbol } from "./support/assemble.ts";

const SIZE = 4 * LONG;
const IMAGE = Uint8Array.from({ length: SIZE + 100 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
const MAPS = [
  {
    name: "ring",
    type: MapType.RINGBUF,
    keySize: 0,
    valueSize: 0,
    maxEntries: 4 * SIZE,
    flags: 0,
    frozen: false,
  },
];

const NOTHING = new Uint8Array();

const helper = (name: string) => call("helper", helperId(name) ?? 0);
const mov = (dst: number, imm: number) => op("mov", { dst, imm });
const reserve = [symbol(1, "map-fd", 0), mov(2, SIZE), mov(3, 0), helper("bpf_ringbuf_reserve")];
/** R6 points to the image, R7 and R9 to records, R8 to a parser context; R0 gathers what was read, on the stack. */
const BEGIN: readonly Line[] = [
  op("mov", { dst: 6, src: 1 }),
  op("stdw", { dst: 10, offset: -8, imm: 0 }),
  mov(1, 1),
  call("kfunc", 1),
  op("mov", { dst: 8, src: 0 }),
  ...reserve,
  op("jne", { dst: 0, imm: 0, offset: 1 }),
  exit,
  op("mov", { dst: 7, src: 0 }),
  ...reserve,
  op("jne", { dst: 0, imm: 0, offset: 1 }),
  exit,
  op("mov", { dst: 9, src: 0 }),
];
const END: readonly Line[] = [op("ldxdw", { dst: 0, src: 10, offset: -8 }), exit];

const pointer = (dst: number, to: number, at: number) => [
  op("mov", { dst, src: to }),
  op("add", { dst, imm: at }),
];
const record = fc.constantFrom(7, 9);
const place = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(0, 8, 16) },
  fc.constantFrom(300, 5000, LONG, LONG + 8, 2 * LONG),
);
const length = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(LONG, LONG + 16, 2 * LONG) },
  fc.constantFrom(1, 8, 200, 5000, SIZE, SIZE + 8),
);
const step: fc.Arbitrary<readonly Line[]> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(record, place, length, fc.constantFrom(6, 6, 6, 7, 9), place)
      .map(([to, at, size, from, begin]) => [
        ...pointer(1, to, at),
        mov(2, size),
        ...pointer(3, from, begin),
        helper("bpf_probe_read_kernel"),
      ]),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(record, place, fc.constantFrom(0, -1))
      .map(([to, at, imm]) => [...pointer(1, to, at), op("stdw", { dst: 1, offset: 0, imm })]),
  },
  fc
    .tuple(record, place)
    .map(([from, at]) => [
      ...pointer(1, from, at),
      op("ldxdw", { dst: 2, src: 1, offset: 0 }),
      op("ldxdw", { dst: 3, src: 10, offset: -8 }),
      op("xor", { dst: 3, src: 2 }),
      op("stxdw", { dst: 10, src: 3, offset: -8 }),
    ]),
  fc
    .tuple(record, place, length)
    .map(([from, at, size]) => [
      symbol(1, "map-fd", 0),
      ...pointer(2, from, at),
      mov(3, size),
      mov(4, 0),
      helper("bpf_ringbuf_output"),
    ]),
  {
    weight: 3,
    arbitrary: fc
      .tuple(record, place, length)
      .map(([from, at, size]) => [
        ...pointer(1, from, at),
        mov(2, size),
        op("mov", { dst: 3, src: 8 }),
        call("kfunc", 2),
      ]),
  },
);

/** As parsers do: a header, a part of the image after it, and both to the kernel; other things may happen in between. */
const command = fc
  .tuple(record, fc.constantFrom(LONG, LONG + 16, 2 * LONG), fc.array(step, { maxLength: 2 }))
  .map(([to, size, between]) => [
    op("stdw", { dst: to, offset: 0, imm: 3 }),
    ...pointer(1, to, 8),
    mov(2, size),
    op("mov", { dst: 3, src: 6 }),
    helper("bpf_probe_read_kernel"),
    ...between.flat(),
    op("mov", { dst: 1, src: to }),
    mov(2, size + 8),
    op("mov", { dst: 3, src: 8 }),
    call("kfunc", 2),
  ]);
const steps = fc.array(fc.oneof(step, { weight: 2, arbitrary: command }), { minLength: 1, maxLength: 5 });

const SENDS = new Map([
  [1, "bpf_get_parser_context"],
  [2, "bpf_buffer_parser"],
]);

function program(lines: readonly Line[]): LoadedProgram {
  const made = programOf(lines, { maps: MAPS });
  const kfuncs = new Map(
    made.instructions.flatMap(({ index, opcode, src, imm }) =>
      opcode === 0x85 && src === 2 ? [[index, SENDS.get(imm) ?? ""]] : [],
    ),
  );
  return { ...made, kfuncs };
}

/** @param copies whether the region has to have its bytes itself, as it does where compiled code reaches them */
function run(made: LoadedProgram, executor: Executor, copies: boolean, failProbeCall: number) {
  return runProgram(
    made,
    TRACING_CALLABLES,
    { executor, injection: { failProbeCall } },
    ({ memory }: Machine) => {
      // Only what is called the kernel's own stays as it is, and can be lent.
      const kind = copies ? "kernel-object" : "kernel-buffer";
      const image = memory.add({ kind, name: "image", size: IMAGE.length, bytes: IMAGE, access: "none" });
      return { high: image.high, low: REGION_LOW };
    },
  );
}

/** An outcome whose long buffers are quickly compared. */
function digested(outcome: RunOutcome) {
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  return {
    ...outcome,
    buffers: outcome.buffers.map(({ bytes, ...facts }) => ({
      ...facts,
      size: bytes.length,
      bytes: digest(bytes),
    })),
  };
}

describe("a record that long reads go to", () => {
  it("is the same whether it borrows the bytes or copies them, whatever is done to it", () => {
    let lent = 0;
    fc.assert(
      fc.property(steps, fc.nat(12), (done, failing) => {
        const made = program([...BEGIN, ...done.flat(), ...END]);
        const borrowed = run(made, "interpreter", false, failing);
        const copied = run(made, "interpreter", true, failing);
        // A region's kind is named by stray reads alone, which are the kernel's buffers'.
        expect({ ...digested(borrowed), strayReads: [] }).toEqual(digested(copied));
        expect(digested(run(made, "wasm", false, failing))).toEqual(digested(borrowed));
        lent += borrowed.buffers.filter((buffer) => bufferParts(buffer).tail !== undefined).length;
      }),
      { numRuns: extent(100, 1000) },
    );
    expect(lent).toBeGreaterThan(20);
  });

  const read = (to: number, from: number, size = LONG) => [
    ...pointer(1, to, 8),
    mov(2, size),
    op("mov", { dst: 3, src: from }),
    helper("bpf_probe_read_kernel"),
  ];
  const send = (from: number) => [
    op("mov", { dst: 1, src: from }),
    mov(2, LONG + 8),
    op("mov", { dst: 3, src: 8 }),
    call("kfunc", 2),
  ];

  it("is handed over only where somebody has written what is before them", () => {
    const { fault, buffers } = run(
      program([...BEGIN, ...read(7, 6), ...send(7), ...END]),
      "interpreter",
      false,
      0,
    );
    expect(fault).toMatchObject({ reason: "uninitialised", access: { size: LONG + 8 } });
    expect(buffers).toEqual([]);
  });

  it("has the bytes itself where stores are watched, for an observer looks at them", () => {
    let seen: Uint8Array | undefined;
    class Watch extends WriteWatch {
      override note(region: Region, offset: number, size: number): void {
        super.note(region, offset, size);
        if (region.kind === "record" && size === LONG) seen = region.bytes;
      }
    }
    const ignore = () => undefined;
    const observer = { stores: new Watch(), begin: ignore, step: ignore, end: ignore };
    const made = program([...BEGIN, ...read(7, 6), ...END]);
    runProgram(made, TRACING_CALLABLES, { observer }, ({ memory }) => {
      const image = { kind: "kernel-buffer", name: "image", size: IMAGE.length, bytes: IMAGE } as const;
      return { high: memory.add({ ...image, access: "none" }).high, low: REGION_LOW };
    });
    expect(Buffer.compare(seen?.subarray(8, LONG + 8) ?? NOTHING, IMAGE.subarray(0, LONG))).toBe(0);
  });

  it("is not handed over after its end", () => {
    const header = op("stdw", { dst: 7, offset: 0, imm: 5 });
    const submit = [op("mov", { dst: 1, src: 7 }), mov(2, 0), helper("bpf_ringbuf_submit")];
    const lines = [...BEGIN, header, ...read(7, 6), ...submit, ...send(7), ...END];
    const { fault } = run(program(lines), "interpreter", false, 0);
    expect(fault).toMatchObject({ reason: "use-after-release", access: { size: LONG + 8 } });
  });

  it.each([
    [LONG, 300],
    [592, 0],
  ])("leaves nothing that looks written in the next run: %d bytes, then %d", (size, next) => {
    const output = [symbol(1, "map-fd", 0), op("mov", { dst: 2, src: 7 }), mov(3, 600), mov(4, 0)];
    const made = program([
      ...BEGIN,
      op("stdw", { dst: 7, offset: 0, imm: 5 }),
      op("jset", { dst: 6, imm: 8, offset: 7 }),
      ...read(7, 6, size),
      mov(0, 0),
      exit,
      ...[...read(7, 6, next), ...output, helper("bpf_ringbuf_output"), exit],
    ]);
    const turn = (second: boolean) =>
      runProgram(made, TRACING_CALLABLES, {}, ({ memory }) => {
        const image = { kind: "kernel-buffer", name: "image", size: IMAGE.length, bytes: IMAGE } as const;
        const { high } = memory.add({ ...image, access: "none" });
        return { high, low: REGION_LOW + (second ? 8 : 0) };
      });
    expect(turn(false).fault).toBeUndefined();
    expect(turn(true).fault).toMatchObject({ reason: "uninitialised" });
  });

  it("copies from a record, which may change", () => {
    const lines = [
      ...[...BEGIN, ...read(7, 6), op("stdw", { dst: 7, offset: 0, imm: 1 })],
      ...[...read(9, 7), op("stdw", { dst: 9, offset: 0, imm: 2 })],
      ...[
        op("mov", { dst: 1, src: 7 }),
        op("add", { dst: 1, imm: LONG - 8 }),
        op("stdw", { dst: 1, offset: 0, imm: -1 }),
      ],
      ...[...send(9), ...END],
    ];
    const { buffers, fault } = run(program(lines), "interpreter", false, 0);
    expect(fault).toBeUndefined();
    const bytes = buffers[0]?.bytes ?? new Uint8Array();
    expect(bytes.slice(8, 24)).toEqual(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, ...IMAGE.slice(0, 8)));
    expect(bytes.slice(-8)).toEqual(IMAGE.slice(LONG - 16, LONG - 8));
  });

  it("hands over the image's own bytes behind a header", () => {
    const lines = [
      ...BEGIN,
      op("stdw", { dst: 7, offset: 0, imm: 5 }),
      ...[...read(7, 6), ...send(7), ...END],
    ];
    const [buffer] = run(program(lines), "interpreter", false, 0).buffers;
    if (buffer === undefined) throw new Error("no buffer");
    const { head, tail } = bufferParts(buffer);
    expect(head).toEqual(Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
    expect(tail?.buffer === IMAGE.buffer && tail.byteOffset === IMAGE.byteOffset).toBe(true);
    expect(Buffer.compare(buffer.bytes.subarray(8), IMAGE.subarray(0, LONG))).toBe(0);
  });
});

it("a stack frame has nothing written again in its function's next call", () => {
  const made = program([
    op("mov", { dst: 3, src: 1 }),
    mov(1, 2),
    symbol(2, "func", 5),
    mov(4, 0),
    helper("bpf_loop"),
    mov(0, 0),
    exit,
    // The first turn fills the frame's last 16 bytes, the second hands them over.
    op("mov", { dst: 6, src: 1 }),
    op("mov", { dst: 3, src: 2 }),
    ...pointer(1, 10, -16),
    mov(2, 16),
    op("jne", { dst: 6, imm: 0, offset: 3 }),
    helper("bpf_probe_read_kernel"),
    mov(0, 0),
    exit,
    helper("bpf_trace_printk"),
    mov(0, 0),
    exit,
  ]);
  for (const executor of ["interpreter", "wasm"] as const) {
    const { fault } = run(made, executor, false, 0);
    expect(fault).toMatchObject({ reason: "uninitialised", callee: "bpf_trace_printk" });
  }
});
