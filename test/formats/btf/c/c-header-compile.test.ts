import { expect, it, describe as suite } from "vitest";
import { emitHeader } from "#formats/btf/c/c-header.ts";
import { expectValue } from "../../../support/expect-value.ts";
import { btfOf, CLANGS, compile, layoutAssertions, layoutOf } from "../clang.ts";

/** Structs that are hard to lay out. Each is a variable too, so that clang puts it into the BTF. */
const SOURCE = `
typedef unsigned long long u64; typedef unsigned int u32; typedef unsigned short u16; typedef unsigned char u8;
struct bits { u32 a: 3; u32 b: 10; u32 : 5; u32 c: 14; u8 d: 1; u64 e: 33; u64 f: 31; _Bool g: 1; };
struct bits_then_byte { u32 a: 3; u8 b; u32 c: 20; u16 d; };
struct bits_apart { u32 a: 3; u32 : 0; u32 b: 3; u64 : 0; u16 c: 9; };
struct __attribute__((packed)) tight_bits { u8 a; u32 b: 31; u32 c: 31; u8 d; u64 e: 50; };
struct __attribute__((packed)) header { u16 cmd; u8 subcmd; u8 flag; u32 len; u16 chunks; };
struct holds_packed { u8 a; struct header h; u64 b; };
struct __attribute__((packed, aligned(4))) half_packed { u8 a; u64 b; };
struct holds_half { u8 a; struct half_packed h; u8 b; };
struct late { u8 a; u8 b __attribute__((aligned(64))); } __attribute__((aligned(64)));
struct holds_late { u32 a; struct late l; u32 b; };
union wide { u8 a; u32 b; } __attribute__((aligned(32)));
union __attribute__((packed)) odd { u8 a[3]; u16 b; };
struct holds_unions { u8 a; union wide w; union odd o; u16 b; };
struct flexible { u32 n; u64 : 0; struct header items[]; };
struct empty {};
struct arrays { char *parsing_buf[16]; u8 grid[2][3][4]; int (*table[3])(struct bits *, const char *restrict, ...); struct empty none; u8 last; };
struct pointers { const volatile u32 *const *volatile p; u32 (*grid)[4]; void (*(*nested)(void (*)(int)))(u8); struct unknown *u; };
struct anonymous { u8 tag; union { struct { u16 x; u32 y; }; struct { u64 z; } named; enum { ONE = 1, TWO } kind; }; };
enum __attribute__((packed)) tiny { TINY = 200 };
enum __attribute__((mode(byte))) flag { FLAG = 1 };
enum __attribute__((packed)) medium { MEDIUM = 50000 };
enum __attribute__((mode(HI))) small { SMALL = -5 };
enum negative { NEGATIVE = -1 };
struct enums { enum tiny a; enum flag f; enum medium m; enum small b; enum negative c; enum tiny d: 4; enum negative e: 5; };
typedef struct { u8 a; struct { u32 deep; } in; } named_by_typedef;
struct uses_typedef { named_by_typedef a[2]; named_by_typedef *p; __int128 big; double d; float f; };
`;
const TAGS = [...SOURCE.matchAll(/^(struct|union) (?:__attribute__\(\(.*?\)\) )?(\w+) \{/gm)].map(
  ([, kind, name]) => `${kind} ${name}`,
);
const variables = (tags: readonly string[]): string => tags.map((tag, i) => `${tag} *p${i};`).join("\n");

suite.skipIf(CLANGS.length === 0)("emitHeader's C (skipped where no clang is in PATH)", () => {
  for (const clang of CLANGS) {
    it(`is laid out by ${clang} as the BTF says that it came from`, () => {
      const original = btfOf(compile(clang, { "main.c": SOURCE + variables(TAGS) }));
      const header = expectValue(emitHeader(original, TAGS));
      expect(header.missing).toEqual([]);
      expect(TAGS.length).toBeGreaterThanOrEqual(20);
      const main = `#include "vmlinux.h"\n${variables(TAGS)}\n`;
      const files = { "vmlinux.h": header.text, "main.c": main };
      const again = btfOf(compile(clang, files));
      for (const tag of TAGS) expect(layoutOf(again, tag)).toEqual(layoutOf(original, tag));
      const asserted = { ...files, "main.c": main + layoutAssertions(original, TAGS) };
      compile(clang, asserted, "-DBPF_NO_PRESERVE_ACCESS_INDEX");
    });
  }
});
