import type { Enum, Enum64, Float, Int } from "#formats/btf/types.ts";

/** Sizes in bytes on clang's BPF target, which is LP64 whatever the kernel's own machine is. */
const INT_WORDS = /^(?:(?:unsigned|signed|char|short|int|long|__int128|_Bool) ?)+$/;
const FLOAT_SIZES: Readonly<Record<string, number>> = { float: 4, double: 8, "long double": 16, _Float16: 2 };

/**
 * The C base type. Compilers name them in their own order of words (`long unsigned int`), which is C;
 * other languages' names (`u8`), and names with another size in BPF (a 32-bit kernel's `long`), are
 * replaced by the C type of that size and sign.
 */
export function baseTypeName(type: Int | Float): string {
  if (type.kind === "float") {
    if (FLOAT_SIZES[type.name] === type.size) return type.name;
    return Object.entries(FLOAT_SIZES).find(([, size]) => size === type.size)?.[0] ?? "long double";
  }
  if (INT_WORDS.test(type.name) && intSize(type.name) === type.size) return type.name;
  const sign = type.encoding === "signed" ? "" : "unsigned ";
  if (type.encoding === "bool" && type.size === 1) return "_Bool";
  const words = { 1: "char", 2: "short", 4: "int", 8: "long long", 16: "__int128" }[type.size] ?? "char";
  return type.size === 1 && sign === "" ? "signed char" : `${sign}${words}`;
}

function intSize(name: string): number {
  const words = name.split(" ");
  const has = (word: string): boolean => words.includes(word);
  if (has("__int128")) return 16;
  if (has("char") || has("_Bool")) return 1;
  if (has("short")) return 2;
  return has("long") ? 8 : 4;
}

/**
 * The attribute that gives an enum a size other than that of `int`. clang takes a mode for a signed
 * type; values too large for that make a packed enum as large as it should be.
 */
export function enumMode(type: Enum | Enum64): string {
  const largest = type.values.reduce(
    (most, { value }) => (value > most ? value : most),
    0n as number | bigint,
  );
  if (type.size === 1) return attribute(largest > 0x7f ? "packed" : "mode(byte)");
  if (type.size === 2) return attribute(largest > 0x7fff ? "packed" : "mode(HI)");
  // A value beyond 32 bits makes the enum 8 bytes by itself.
  const isWideItself = type.values.some(({ value }) => isWide(type, BigInt(value)));
  return type.size === 8 && !isWideItself ? attribute("mode(word)") : "";
}

const attribute = (text: string): string => ` __attribute__((${text}))`;

function isWide(type: Enum | Enum64, value: bigint): boolean {
  return type.signed ? value < -0x80000000n || value > 0x7fffffffn : value > 0xffffffffn;
}

/** An enumerator's value, with the suffix that a wide one needs. */
export function enumeratorValue(type: Enum | Enum64, value: number | bigint): string {
  if (type.kind === "enum" || !isWide(type, BigInt(value))) return String(value);
  // -2^63 is no literal: C negates the literal 2^63, which fits no signed type.
  if (BigInt(value) === -(2n ** 63n)) return "(-9223372036854775807LL - 1)";
  return `${value}${type.signed ? "LL" : "ULL"}`;
}
