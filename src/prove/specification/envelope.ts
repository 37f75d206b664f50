import { bits64, choice, minus, plus, times, zeroExtend } from "#prove/terms/bits.ts";
import { type Bits, constant, type Truth } from "#prove/terms/term.ts";
import { all, any, compare, equals, implies, not } from "#prove/terms/truth.ts";
import { field, isNumber, lies, read, says, size } from "./image.ts";
import type { SearchState, Specification, SpecifiedPart } from "./specification.ts";
import { valueIn } from "./specification.ts";
import { payload } from "./zboot-payload.ts";

const FILE_HEADER = 64;
const SECTION_HEADER = 64;
const MOST_SECTIONS = 0xfeff;
const PROGBITS = 1;
const PARTS = ["kernel", "initrd", "cmdline"] as const;

const TRUE_BIT = constant(1, 1n);
const FALSE_BIT = constant(1, 0n);
const START = bits64(0);

/**
 * An ELF envelope: rule 4 of "What a parser emits". The search goes over the sections after the first and notes where those of the three
 * names are; it is `refused` at the first that may not be there.
 */
export function envelope(): Specification {
  const count = field(START, 0x3c, 2);
  const headers = field(START, 0x28, 8);
  const names = nameTable(headers, count);
  // The first section is the null section.
  const entry = (index: Bits) => plus(headers, times(plus(index, bits64(1)), bits64(SECTION_HEADER)));
  const begins = all(
    compare("ule", bits64(FILE_HEADER), size()),
    says(START, "\x7fELF\x02\x01"),
    equals(field(START, 0x3a, 2), bits64(SECTION_HEADER)),
    compare("ule", bits64(2), count),
    compare("ule", count, bits64(MOST_SECTIONS)),
    lies(headers, times(count, bits64(SECTION_HEADER)), size()),
    names.good,
  );
  return {
    search: {
      begins,
      turns: minus(count, bits64(1)),
      shape: new Map([
        ["refused", 1],
        ...PARTS.flatMap((name): readonly [string, number][] => [
          [`${name} present`, 1],
          [`${name} offset`, 64],
          [`${name} size`, 64],
        ]),
      ]),
      initially: new Map([
        ["refused", FALSE_BIT],
        ...PARTS.flatMap((name): readonly [string, Bits][] => [
          [`${name} present`, FALSE_BIT],
          [`${name} offset`, START],
          [`${name} size`, START],
        ]),
      ]),
      table: { offset: headers, entries: count, skipped: 1, entrySize: SECTION_HEADER },
      turn: (state, index) => look(state, entry(index), names),
      facts,
      cells,
      ordinary: { bytes: ordinaryBytes(), outcomes: [KERNEL_AT, 0].map(ordinaryOutcome) },
    },
    outcome: (found) => {
      const kernel = payload(valueIn(found, "kernel offset"), valueIn(found, "kernel size"));
      const has = isSet(found, "kernel present");
      return {
        accepted: all(begins, not(isSet(found, "refused")), has, kernel.good),
        parts: {
          kernel: { command: "DECOMPRESS", fill: false, ...kernel, present: has },
          initrd: foundPart(found, "initrd"),
          cmdline: foundPart(found, "cmdline"),
        },
      };
    },
  };
}

type Names = { readonly good: Truth; readonly offset: Bits; readonly length: Bits };

/** The section names: a table inside the image that ends with a NUL. */
function nameTable(headers: Bits, count: Bits): Names {
  const index = field(START, 0x3e, 2);
  const header = plus(headers, times(index, bits64(SECTION_HEADER)));
  const offset = field(header, 0x18, 8);
  const length = field(header, 0x20, 8);
  return {
    offset,
    length,
    good: all(
      not(equals(index, START)),
      compare("ult", index, count),
      not(equals(length, START)),
      lies(offset, length, size()),
      equals(read(minus(plus(offset, length), bits64(1)), 1), START),
    ),
  };
}

function look(
  state: SearchState,
  header: Bits,
  names: Names,
): { readonly state: SearchState; readonly ends: Truth } {
  const place = field(header, 0x00, 4);
  const type = field(header, 0x04, 4);
  const offset = field(header, 0x18, 8);
  const length = field(header, 0x20, 8);
  const outside = compare("ule", names.length, place);
  const whole = all(equals(type, bits64(PROGBITS)), any(equals(length, START), lies(offset, length, size())));
  const after = new Map(state);
  const wrong: Truth[] = [outside];
  for (const name of PARTS) {
    const named = all(not(outside), says(plus(names.offset, place), `.${name}\0`));
    const second = isSet(state, `${name} present`);
    wrong.push(all(named, any(second, not(whole))));
    const taken = all(named, not(second));
    after.set(`${name} present`, choice(taken, TRUE_BIT, valueIn(state, `${name} present`)));
    after.set(`${name} offset`, choice(taken, offset, valueIn(state, `${name} offset`)));
    after.set(`${name} size`, choice(taken, length, valueIn(state, `${name} size`)));
  }
  const refused = any(...wrong);
  after.set("refused", choice(refused, TRUE_BIT, valueIn(state, "refused")));
  return { state: after, ends: refused };
}

/** Where the kernel is in ordinary images, which it is the second section's. */
const KERNEL_AT = 0x600;

/** The section headers right after the file's, their names in the first section, the last one's name and place left open. */
function ordinaryBytes(): readonly Truth[] {
  const header = (section: number) => FILE_HEADER + section * SECTION_HEADER;
  const open = 4;
  return [
    ...isNumber(0x28, 8, FILE_HEADER),
    ...isNumber(0x3e, 2, 1),
    ...isNumber(header(1) + 0x20, 8, 0x40),
    ...[1, 2, 3, 4].flatMap((section) => [
      ...(section === open ? [] : isNumber(header(section), 4, 16 * (section - 1))),
      ...(section === open ? [] : isNumber(header(section) + 0x18, 8, KERNEL_AT + (section - 2) * 0x100)),
    ]),
  ];
}

function ordinaryOutcome(kernelAt: number): SearchState {
  return new Map([["kernel offset", bits64(kernelAt)]]);
}

/** A part that was found is inside the image, unless it was what the search was refused for. */
function facts(state: SearchState): readonly Truth[] {
  return PARTS.flatMap((name) => {
    const length = valueIn(state, `${name} size`);
    const offset = valueIn(state, `${name} offset`);
    return [
      implies(not(isSet(state, `${name} present`)), all(equals(length, START), equals(offset, START))),
      implies(not(isSet(state, "refused")), any(equals(length, START), lies(offset, length, size()))),
    ];
  });
}

function cells(state: SearchState): ReadonlyMap<string, Bits> {
  return new Map([
    ["refused", zeroExtend(valueIn(state, "refused"), 8)],
    ...PARTS.flatMap((name): readonly [string, Bits][] => [
      [`parts.${name}.present`, zeroExtend(valueIn(state, `${name} present`), 8)],
      [`parts.${name}.offset`, valueIn(state, `${name} offset`)],
      [`parts.${name}.size`, valueIn(state, `${name} size`)],
    ]),
  ]);
}

function isSet(state: SearchState, name: string): Truth {
  return equals(valueIn(state, name), TRUE_BIT);
}

function foundPart(found: SearchState, name: "initrd" | "cmdline"): SpecifiedPart {
  return {
    command: "COPY",
    fill: false,
    offset: valueIn(found, `${name} offset`),
    size: valueIn(found, `${name} size`),
    present: isSet(found, `${name} present`),
  };
}
