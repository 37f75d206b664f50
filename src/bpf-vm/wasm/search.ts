import { HIGH, INVERSE, REGION_LOW } from "#bpf-vm/memory/memory.ts";
import { Code } from "./code.ts";
import { numberOf, SEARCH } from "./imports.ts";
import { DESCRIPTOR_SIZE, DESCRIPTORS, Descriptor, FOUND, LEFT, MAX_DESCRIPTORS } from "./layout.ts";
import type { WasmFunction } from "./module.ts";
import { I32, I64, W } from "./opcodes.ts";

const ADDRESS = 0;
const SIZE = 1;
const INSTRUCTION = 2;
const LEFT_THERE = 3;
const REGION = 4;
const DISTANCE = 5;
const SHADOW = 6;
/** i64: ones in the bytes that the access covers. */
const COVERED = 7;
/** A shadow byte says 1 where the byte that it stands for has been written. */
const WRITTEN = 0x0101010101010101n;

/**
 * Finds the bytes of an access through the descriptors: where the access does not just follow the one before
 * it. What the descriptors do not allow, the memory's own checks decide.
 */
export function searchFunction(access: "read" | "write"): WasmFunction {
  const code = new Code();
  // The descriptor is the one that the region's number says, if the region has one.
  code.get(ADDRESS).i64(32).op(W.i64ShrU, W.i32WrapI64).i32(HIGH).op(W.i32Sub).i32(INVERSE).op(W.i32Mul);
  code.tee(REGION).i32(MAX_DESCRIPTORS).op(W.i32LtU);
  code.if(() => {
    code.get(REGION).i32(DESCRIPTOR_SIZE).op(W.i32Mul).i32(DESCRIPTORS).op(W.i32Add).set(REGION);
    code.get(ADDRESS).op(W.i32WrapI64).i32(REGION_LOW).op(W.i32Sub).tee(DISTANCE);
    code.i32(0).op(W.i32GeS);
    code
      .get(DISTANCE, REGION)
      .access(W.i32Load, access === "read" ? Descriptor.READ_END : Descriptor.WRITE_END);
    code.get(SIZE).op(W.i32Sub, W.i32LeS, W.i32And);
    code.if(() => {
      code.i32(FOUND).get(REGION).access(W.i32Store);
      if (access === "read") returnIfWritten(code);
      else markAndReturn(code);
    });
  });
  code.i32(FOUND).i32(0).access(W.i32Store);
  code.i32(LEFT).get(LEFT_THERE).access(W.i32Store);
  code.get(ADDRESS).i64(32).op(W.i64ShrU, W.i32WrapI64).get(ADDRESS).op(W.i32WrapI64);
  code.get(SIZE, INSTRUCTION).call(numberOf(access));
  return { ...SEARCH, locals: [I32, I32, I32, I64], body: code.bytes };
}

function returnIfWritten(code: Code): void {
  code.get(REGION).access(W.i32Load, Descriptor.CHECKS_LOADS).op(W.i32Eqz);
  code.if(() => returnPlace(code));
  findShadow(code);
  code.get(SHADOW).access(W.i64Load).get(COVERED).op(W.i64And);
  code.i64(WRITTEN).get(COVERED).op(W.i64And, W.i64Eq);
  code.if(() => returnPlace(code));
}

function markAndReturn(code: Code): void {
  code.get(REGION).access(W.i32Load, Descriptor.SHADOW);
  code.if(() => {
    findShadow(code);
    code.get(SHADOW);
    code.get(SHADOW).access(W.i64Load).get(COVERED).i64(-1).op(W.i64Xor, W.i64And);
    code.i64(WRITTEN).get(COVERED).op(W.i64And, W.i64Or).access(W.i64Store);
  });
  returnPlace(code);
}

function findShadow(code: Code): void {
  code.get(REGION).access(W.i32Load, Descriptor.SHADOW).get(DISTANCE).op(W.i32Add).set(SHADOW);
  code.i64(-1).i32(8).get(SIZE).op(W.i32Sub).i32(8).op(W.i32Mul, W.i64ExtendI32U, W.i64ShrU).set(COVERED);
}

function returnPlace(code: Code): void {
  code.get(REGION).access(W.i32Load, Descriptor.BASE).get(DISTANCE).op(W.i32Add, W.return);
}
