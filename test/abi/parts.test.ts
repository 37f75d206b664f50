import { describe, expect, it } from "vitest";
import { ofEveryPart, PARTS, partNamed, perPart } from "#abi/parts.ts";
import { revisionProfile } from "#abi/revisions.ts";

describe("the table of parts", () => {
  it("names what the series names: subcommands, rings, macros, options", () => {
    expect(PARTS.map((part) => Object.values(part).join(" "))).toEqual([
      "kernel KERNEL 1 ringbuf_1 false KERNEL_SIZE KERNEL_RING_SIZE --max-kernel",
      "initrd INITRD 2 ringbuf_2 false INITRD_SIZE INITRD_RING_SIZE --max-initrd",
      "cmdline CMDLINE 3 ringbuf_3 true CMDLINE_SIZE CMDLINE_RING_SIZE --max-cmdline",
    ]);
    expect(revisionProfile("v6").subcommands).toEqual({ KERNEL: 1, INITRD: 2, CMDLINE: 3 });
  });

  it("has members of context structs for every part, in each revision", () => {
    for (const revision of ["v6", "v7"] as const) {
      const members = revisionProfile(revision).context.map(({ name }) => name);
      for (const { name } of PARTS) expect(members).toEqual(expect.arrayContaining([name, `${name}_sz`]));
    }
  });

  it("gives a part by its name", () => {
    expect(partNamed("initrd")?.subcommand).toBe("INITRD");
    expect(partNamed("toString")).toBeUndefined();
  });

  it("makes a value for each part, in their order", () => {
    expect(perPart(({ name }, index) => `${index} ${name}`)).toEqual({
      kernel: "0 kernel",
      initrd: "1 initrd",
      cmdline: "2 cmdline",
    });
  });

  it("has values of every part only where none is missing; 0 is a value", () => {
    expect(ofEveryPart({ kernel: 0, initrd: 0, cmdline: 0 })).toEqual({ kernel: 0, initrd: 0, cmdline: 0 });
    expect(ofEveryPart({ kernel: 1, initrd: undefined, cmdline: 1 })).toBeUndefined();
  });
});
