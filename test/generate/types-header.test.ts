import { expect, test } from "vitest";
import type { Btf } from "#formats/btf/btf.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { missingTypes, renderTypesHeader } from "#generate/types-header.ts";
import { CLANGS, compile } from "../formats/btf/clang.ts";
import { BtfBuilder } from "../support/btf-builder.ts";
import { expectValue } from "../support/expect-value.ts";

/** BTF with what every kernel has, but `left`, and what `more` adds. */
function kernel(left: readonly string[] = [], more: (builder: BtfBuilder) => void = () => undefined): Btf {
  const b = new BtfBuilder();
  const typedefs: Readonly<Record<string, number>> = {
    __u8: b.int("unsigned char", 1),
    __u16: b.int("unsigned short", 2),
    __u32: b.int("unsigned int", 4),
    __u64: b.int("unsigned long long", 8),
    __s8: b.int("signed char", 1, 1),
    __s16: b.int("short", 2, 1),
    __s32: b.int("int", 4, 1),
    __s64: b.int("long long", 8, 1),
    bool: b.int("_Bool", 1, 4),
  };
  for (const [name, type] of Object.entries(typedefs)) if (!left.includes(name)) b.typedef(name, type);
  const u16 = typedefs["__u16"] ?? 0;
  const u32 = typedefs["__u32"] ?? 0;
  for (const [name, type] of Object.entries({ __be16: u16, __be32: u32, __wsum: u32 })) b.typedef(name, type);
  b.enum("bpf_map_type", { BPF_MAP_TYPE_UNSPEC: 0, BPF_MAP_TYPE_RINGBUF: 27 });
  b.enum("", { BPF_RB_NO_WAKEUP: 1, BPF_RB_FORCE_WAKEUP: 2 });
  const list = b.nextId;
  const members = ["next", "prev"].map((name, i) => ({ name, type: list + 1, at: 64 * i }));
  b.struct("list_head", 16, members);
  b.ptr(list);
  more(b);
  return expectValue(decodeBtf(b.build()));
}

function text(btf: Btf, more: readonly string[] = []): string {
  return expectValue(renderTypesHeader(btf, more));
}

test("a stock kernel's header has what libbpf's headers need, and true and false", () => {
  const header = text(kernel());
  for (const part of [
    "__u64;",
    "__wsum;",
    "BPF_MAP_TYPE_RINGBUF = 27",
    "BPF_RB_NO_WAKEUP = 1",
    "struct list_head {",
  ]) {
    expect(header).toContain(part);
  }
  expect(header).toMatch(/#define false 0\n#define true 1\n/);
  expect(header).not.toContain("kexec_context");
});

test("true and false are the kernel's own where its BTF has them", () =>
  expect(text(kernel([], (b) => b.enum("", { false: 0, true: 1 })))).not.toContain("#define true"));

test("a kernel with the interface has its context in the header", () => {
  const btf = kernel([], (b) => {
    const int = b.int("int", 4, 1);
    b.struct("kexec_context", 4, [{ name: "kernel_sz", type: int, at: 0 }]);
  });
  expect(text(btf)).toContain("struct kexec_context {");
});

test("what a target asks for is there too", () => {
  const btf = kernel([], (b) => {
    b.struct("page", 0, []);
    b.enum("", { PAGE_MAGIC: 77 });
  });
  expect(text(btf)).not.toContain("PAGE_MAGIC");
  expect(text(btf, ["struct page", "PAGE_MAGIC"])).toMatch(
    /struct page \{[\s\S]*PAGE_MAGIC = 77|PAGE_MAGIC = 77[\s\S]*struct page \{/,
  );
});

test("BTF without a type that is needed is refused, and the types are named", () => {
  expect(renderTypesHeader(kernel(["__u8", "bool"]), ["struct page"])).toEqual({
    ok: false,
    failure: {
      reason: "malformed",
      format: "BTF",
      section: "type section",
      offset: 0,
      detail: "the types __u8, bool, struct page are missing: this is not a kernel's BTF",
    },
  });
});

test.skipIf(CLANGS.length === 0)(
  "clang takes the header without a warning (skipped where no clang is in PATH)",
  () => {
    const main = `#include "vmlinux.h"
__u64 a; __s8 b; bool c = true; int d[BPF_RB_NO_WAKEUP]; struct list_head e;
_Static_assert(sizeof(__u64) == 8 && sizeof(struct list_head) == 16 && BPF_MAP_TYPE_RINGBUF == 27, "");
`;
    for (const clang of CLANGS) {
      expect(
        () => compile(clang, { "vmlinux.h": text(kernel()), "main.c": main }, "-Wall"),
        clang,
      ).not.toThrow();
    }
  },
);

/** `union half;` in a struct: a member without a name of a union that has one, as kernels from 6.19 on have it. */
const namelessMember = (b: BtfBuilder): void => {
  const int = b.int("unsigned int", 4);
  const half = b.nextId;
  b.union("half", 8, [
    { name: "low", type: int, at: 0 },
    { name: "pair", type: half + 1, at: 0 },
  ]);
  b.array(int, int, 2);
  b.struct("holder", 16, [
    { name: "before", type: int, at: 0 },
    { name: "", type: half, at: 32 },
    { name: "after", type: int, at: 96 },
  ]);
};

const USES_HOLDER = '#include "vmlinux.h"\nint low(struct holder *h) { return h->low; }\n';

test.each(CLANGS)(
  "a nameless member of a tagged union counts as the BTF says, with -fms-extensions: %s",
  (clang) => {
    const files = { "vmlinux.h": text(kernel([], namelessMember), ["struct holder"]), "main.c": USES_HOLDER };
    expect(() => compile(clang, files, "-fms-extensions", "-Wno-microsoft-anon-tag")).not.toThrow();
  },
);

test.each(CLANGS)("a compiler that lays a struct out in another way than the BTF fails: %s", (clang) => {
  const header = text(kernel([], namelessMember), ["struct holder"]);
  // Without the language extension the member is none.
  expect(() =>
    compile(clang, { "vmlinux.h": header, "main.c": '#include "vmlinux.h"\n' }, "-Wno-error"),
  ).toThrow();
  const wrong = header.replace("before;", "before; int more;");
  expect(wrong).not.toBe(header);
  expect(() => compile(clang, { "vmlinux.h": wrong, "main.c": USES_HOLDER }, "-fms-extensions")).toThrow(
    /sizeof\(struct holder\) == 16[\s\S]*the kernel's BTF has 16/,
  );
});

test("a type that C cannot say is left out beside good ones, and is the failure of the target that asks for it", () => {
  const btf = kernel([], (b) => {
    const int = b.nextId;
    b.int("unsigned int", 4);
    b.struct("good", 4, [{ name: "first", type: int, at: 0 }]);
    b.struct("rusty", 4, [{ name: "a::b", type: int, at: 0 }]);
  });
  const header = text(btf, ["struct rusty", "struct good"]);
  expect(header).toContain("struct good {");
  expect(header).not.toContain("struct rusty");
  expect(missingTypes(btf, { name: "a", types: ["struct good"], file: "a.json" }, "vmlinux")).toEqual({
    ok: true,
    value: undefined,
  });
  expect(missingTypes(btf, { name: "b", types: ["struct rusty"], file: "b.json" }, "vmlinux")).toMatchObject({
    ok: false,
    failure: { reason: "malformed", format: "BTF" },
  });
  expect(
    missingTypes(btf, { name: "c", types: ["struct good", "struct none"], file: "c.json" }, "vmlinux"),
  ).toMatchObject({
    ok: false,
    failure: {
      ...{ reason: "bad-target", target: "c", file: "c.json" },
      detail: '"types" asks for what the types of vmlinux lack: struct none',
    },
  });
});
