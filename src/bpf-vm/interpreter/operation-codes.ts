/**
 * The interpreter's own operations. An immediate operand is a register that holds a constant, so there
 * is no second form of anything; the numbers mean nothing outside of this folder, but for the conditional jumps, which come in one run.
 *
 * Each is a constant of its own because the bundler then writes its number into a switch: V8 makes a jump table of literals only,
 * which is twice as fast.
 */
export const nop = 0;
export const load1 = 1;
export const load2 = 2;
export const load4 = 3;
export const load8 = 4;
export const store1 = 5;
export const store2 = 6;
export const store4 = 7;
export const store8 = 8;
export const mov64 = 9;
export const mov32 = 10;
export const add64 = 11;
export const add32 = 12;
export const sub64 = 13;
export const sub32 = 14;
export const and64 = 15;
export const and32 = 16;
export const or64 = 17;
export const or32 = 18;
export const xor64 = 19;
export const xor32 = 20;
export const lsh64 = 21;
export const lsh32 = 22;
export const rsh64 = 23;
export const rsh32 = 24;
export const arsh64 = 25;
export const arsh32 = 26;
export const mul64 = 27;
export const mul32 = 28;
export const neg64 = 29;
export const neg32 = 30;
export const jump = 31;
export const eq64 = 32;
export const eq32 = 33;
export const ne64 = 34;
export const ne32 = 35;
export const gt64 = 36;
export const gt32 = 37;
export const ge64 = 38;
export const ge32 = 39;
export const lt64 = 40;
export const lt32 = 41;
export const le64 = 42;
export const le32 = 43;
export const set64 = 44;
export const set32 = 45;
export const sgt64 = 46;
export const sgt32 = 47;
export const sge64 = 48;
export const sge32 = 49;
export const slt64 = 50;
export const slt32 = 51;
export const sle64 = 52;
export const sle32 = 53;
export const call = 54;
export const callLocal = 55;
export const exit = 56;
export const div64 = 57;
export const div32 = 58;
export const sdiv64 = 59;
export const sdiv32 = 60;
export const mod64 = 61;
export const mod32 = 62;
export const smod64 = 63;
export const smod32 = 64;
export const extend8to64 = 65;
export const extend16to64 = 66;
export const extend32to64 = 67;
export const extend8to32 = 68;
export const extend16to32 = 69;
export const zero16 = 70;
export const swap16 = 71;
export const swap32 = 72;
export const swap64 = 73;
export const loadSigned1 = 74;
export const loadSigned2 = 75;
export const loadSigned4 = 76;
/** Everything that reads and writes one place: the argument's entry in `updates` says what. */
export const update = 77;
/** No program here may contain it: the argument's entry in `refusals` says what it is. */
export const refuse = 78;
/** As mov64, by an instruction of two slots. */
export const wide = 79;
