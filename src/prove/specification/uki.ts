import type { Revision } from "#abi/revisions.ts";
import { bits64, choice, plus, times, zeroExtend } from "#prove/terms/bits.ts";
import { type Bits, constant, type Truth } from "#prove/terms/term.ts";
import { all, any, compare, either, equals, implies, not } from "#prove/terms/truth.ts";
import { field, isNumber, lies, says, size } from "./image.ts";
import { type SearchState, type Specification, type SpecifiedPart, valueIn } from "./specification.ts";

/** Up to the magic of the optional header, which it needs. */
const PE_HEADER = 26;
const OPTIONAL_HEADER = 24;
const SECTION_HEADER = 40;
const PARTS = [
  ["kernel", ".linux\0\0"],
  ["initrd", ".initrd\0"],
  ["cmdline", ".cmdline"],
] as const;

const START = bits64(0);
const TRUE_BIT = constant(1, 1n);
const FALSE_BIT = constant(1, 0n);
/** Raw sizes and offsets have 32 bits. */
const FIELD = 0xffff_ffff;

/** A unified kernel image: rule 5 of "What a parser emits". */
export function uki(revision: Revision): Specification {
  const start = field(START, 0x3c, 4);
  const count = field(start, 0x06, 2);
  const magic = field(start, 0x18, 2);
  const table = plus(plus(start, bits64(OPTIONAL_HEADER)), field(start, 0x14, 2));
  const entry = (index: Bits) => plus(table, times(index, bits64(SECTION_HEADER)));
  const begins = all(
    compare("ule", bits64(0x40), size()),
    says(START, "MZ"),
    lies(start, bits64(PE_HEADER), size()),
    says(start, "PE\0\0"),
    any(equals(magic, bits64(0x10b)), equals(magic, bits64(0x20b))),
    not(equals(count, START)),
    lies(table, times(count, bits64(SECTION_HEADER)), size()),
  );
  return {
    search: {
      begins,
      turns: count,
      shape: new Map([["in profile", 1], ...PARTS.flatMap(([name]) => shapeOf(name))]),
      initially: new Map([["in profile", FALSE_BIT], ...PARTS.flatMap(([name]) => nothing(name))]),
      table: { offset: table, entries: count, skipped: 0, entrySize: SECTION_HEADER },
      turn: (state, index) => look(state, entry(index)),
      facts,
      cells,
      ordinary: { bytes: [...isNumber(0x3c, 4, 0x40), ...isNumber(0x54, 2, 0x10)], outcomes: [new Map()] },
    },
    outcome: (found) => {
      const [kernel, initrd, cmdline] = PARTS.map(([name]) => foundPart(found, name));
      if (kernel === undefined || initrd === undefined || cmdline === undefined) {
        throw new Error("three parts are looked for");
      }
      const whole = [kernel, initrd, cmdline].map((part) =>
        any(equals(part.size, START), lies(part.offset, part.size, size())),
      );
      return {
        accepted: all(begins, not(equals(kernel.size, START)), ...whole),
        parts: { kernel: { ...kernel, fill: revision === "v7" }, initrd, cmdline },
      };
    },
  };
}

function shapeOf(name: string): readonly [string, number][] {
  return [
    [`${name} found`, 1],
    [`${name} overridden`, 1],
    [`${name} offset`, 64],
    [`${name} size`, 64],
  ];
}

function nothing(name: string): readonly [string, Bits][] {
  return [
    [`${name} found`, FALSE_BIT],
    [`${name} overridden`, FALSE_BIT],
    [`${name} offset`, START],
    [`${name} size`, START],
  ];
}

/** The first section of a name counts, in the base and again in profile @0, which overrides the base. */
function look(state: SearchState, header: Bits): { readonly state: SearchState; readonly ends: Truth } {
  const inProfile = isSet(state, "in profile");
  const profile = says(header, ".profile");
  const after = new Map(state);
  after.set("in profile", choice(profile, TRUE_BIT, valueIn(state, "in profile")));
  const virtual = field(header, 0x08, 4);
  const raw = field(header, 0x10, 4);
  const length = choice(compare("ult", virtual, raw), virtual, raw);
  for (const [name, text] of PARTS) {
    const counts = either(
      inProfile,
      not(isSet(state, `${name} overridden`)),
      not(isSet(state, `${name} found`)),
    );
    const taken = all(says(header, text), counts);
    const keep = (what: string, value: Bits) =>
      after.set(`${name} ${what}`, choice(taken, value, valueIn(state, `${name} ${what}`)));
    keep("found", TRUE_BIT);
    keep("overridden", valueIn(state, "in profile"));
    keep("offset", field(header, 0x14, 4));
    keep("size", length);
  }
  // The second .profile ends profile @0.
  return { state: after, ends: all(profile, inProfile) };
}

function facts(state: SearchState): readonly Truth[] {
  return PARTS.flatMap(([name]) => {
    const length = valueIn(state, `${name} size`);
    const offset = valueIn(state, `${name} offset`);
    const overridden = isSet(state, `${name} overridden`);
    return [
      implies(overridden, all(isSet(state, `${name} found`), isSet(state, "in profile"))),
      implies(not(isSet(state, `${name} found`)), all(equals(length, START), equals(offset, START))),
      compare("ule", length, bits64(FIELD)),
      compare("ule", offset, bits64(FIELD)),
    ];
  });
}

/** The template counts places: 0 nowhere, 1 in the base, 2 in the profile. */
function cells(state: SearchState): ReadonlyMap<string, Bits> {
  const place = (inProfile: Truth): Bits => choice(inProfile, constant(8, 2n), constant(8, 1n));
  return new Map([
    ["place", place(isSet(state, "in profile"))],
    ["torn", constant(8, 0n)],
    ...PARTS.flatMap(([name]): readonly [string, Bits][] => {
      const found = isSet(state, `${name} found`);
      return [
        [`${name}_place`, choice(found, place(isSet(state, `${name} overridden`)), constant(8, 0n))],
        [`parts.${name}.present`, zeroExtend(valueIn(state, `${name} found`), 8)],
        [`parts.${name}.offset`, valueIn(state, `${name} offset`)],
        [`parts.${name}.size`, valueIn(state, `${name} size`)],
      ];
    }),
  ]);
}

function isSet(state: SearchState, name: string): Truth {
  return equals(valueIn(state, name), TRUE_BIT);
}

function foundPart(found: SearchState, name: string): SpecifiedPart {
  return {
    command: "COPY",
    fill: false,
    offset: valueIn(found, `${name} offset`),
    size: valueIn(found, `${name} size`),
    present: isSet(found, `${name} found`),
  };
}
