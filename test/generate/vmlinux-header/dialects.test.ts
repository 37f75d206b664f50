import { describe, expect, it } from "vitest";
import { err } from "#core/result.ts";
import { decodeBtf } from "#formats/btf/decode.ts";
import { dialectOf } from "#generate/vmlinux-header/dialect.ts";
import { writeVmlinuxHeader } from "#generate/vmlinux-header/write.ts";
import { BtfBuilder } from "../../support/btf-builder.ts";
import { expectValue } from "../../support/expect-value.ts";
import { written } from "./bpftool.ts";

/** What stands between the guard's beginning and its end. */
function middle(text: string): string {
  return text
    .replace(/^[\s\S]*?apply_to = record\)\n#endif\n\n/, "")
    .replace(/#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n#pragma clang attribute pop[\s\S]*$/, "");
}

/** Taken down from bpftool 7.1.0, 7.5.0 and 7.8.0 of Debian 12, 13 and 13's backports. */
describe("versions of bpftool", () => {
  const b = new BtfBuilder();
  const int = b.int("int", 4, 1);
  b.struct("z", 8, [{ name: "p", type: b.ptr(b.typeTag("address_space(1)", int, true)), at: 0 }]);
  b.enum("small", { ONE: 1 }, false, 1);
  b.enum("a", { TWO: 2 });
  const proto = b.proto(int, []);
  for (const name of ["z_kfunc", "a_kfunc"]) b.declTag("bpf_kfunc", b.func(name, proto, 0));
  b.declTag("bpf_fastcall", b.nextId - 2);
  const btf = b.build();

  it("7.1 has the types in their own order, and no kfuncs", () => {
    expect(middle(written(btf, "7.1.0"))).toBe(`struct z {
	int __attribute__((btf_type_tag("address_space(1)"))) *p;
};

enum small {
	ONE = 1,
};

enum a {
	TWO = 2,
};

`);
  });

  it("7.5 sorts, passes over the first, and has kfuncs in the order of their tags", () => {
    expect(middle(written(btf, "7.5.0"))).toBe(`#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

enum small {
	ONE = 1,
} __attribute__((mode(byte)));

struct z {
	int __attribute__((btf_type_tag("address_space(1)"))) *p;
};


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
extern int z_kfunc(void) __weak __ksym;
extern int a_kfunc(void) __weak __ksym;
#endif

`);
  });

  it("7.8 knows attributes and fast calls, and sorts kfuncs too", () => {
    const text = middle(written(btf, "7.8.0"));
    expect(text).toContain("#ifndef __bpf_fastcall\n#if __has_attribute(bpf_fastcall)\n");
    expect(text).toContain("\tint __attribute__((address_space(1))) *p;\n");
    expect(text).toContain(
      "extern __bpf_fastcall int a_kfunc(void) __weak __ksym;\nextern int z_kfunc(void) __weak __ksym;\n",
    );
  });

  it("a version without a number has none", () => {
    expect(dialectOf("x")).toBeUndefined();
    expect(dialectOf("8.0.0")).toEqual(dialectOf("7.8.0"));
  });
});

describe("hostile types are a failure, at once", () => {
  const refusal = (build: (b: BtfBuilder, int: number) => void): unknown => {
    const b = new BtfBuilder();
    build(b, b.int("int", 4, 1));
    const dialect = dialectOf("7.5.0");
    if (dialect === undefined) throw new Error("7.5.0 has a dialect");
    const made = writeVmlinuxHeader(expectValue(decodeBtf(b.build())), dialect);
    return made.ok ? "written" : err(made.failure);
  };
  const unsupported = (detail: string) =>
    err({ reason: "unsupported", what: "a vmlinux.h of these types", detail });

  it("a struct without a name that points to itself", () => {
    const made = refusal((b) => {
      b.struct("s", 8, [{ name: "p", type: b.nextId + 1, at: 0 }]);
      b.ptr(b.nextId + 1);
      b.struct("", 8, [{ name: "again", type: b.nextId - 1, at: 0 }]);
    });
    expect(made).toEqual(unsupported("types that need each other to be complete"));
  });

  it("prototypes that double", () => {
    const made = refusal((b, int) => {
      let proto = b.proto(int, []);
      for (let i = 0; i < 60; i++) proto = b.proto(proto, [["a", proto]]);
    });
    expect(made).toEqual(unsupported("types that use each other in too many ways"));
  });

  it("structs without a name that double", () => {
    const made = refusal((b, int) => {
      let inner = b.struct("", 4, [{ name: "a", type: int, at: 0 }]);
      for (let i = 0; i < 60; i++) {
        inner = b.union("", 4, [
          { name: "a", type: inner, at: 0 },
          { name: "b", type: inner, at: 0 },
        ]);
      }
      b.struct("s", 4, [{ name: "u", type: inner, at: 0 }]);
    });
    expect(made).toEqual(unsupported("types that use each other in too many ways"));
  });

  it("types inside each other by pointers to what has no name", () => {
    const made = refusal((b, int) => {
      let inner = b.struct("", 8, [{ name: "a", type: int, at: 0 }]);
      for (let i = 0; i < 3000; i++) inner = b.struct("", 8, [{ name: "a", type: b.ptr(inner), at: 0 }]);
      b.struct("s", 8, [{ name: "u", type: inner, at: 0 }]);
    });
    expect(made).toEqual(unsupported("types that nest too deep"));
  });
});
