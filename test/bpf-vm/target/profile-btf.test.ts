import { expect, it } from "vitest";
import { detectAbi } from "#abi/detect.ts";
import { contextLayout } from "#bpf-vm/run-parser.ts";
import { profileBtf } from "#bpf-vm/target/profile-btf.ts";
import { findMember } from "#formats/btf/members.ts";

it.each(["v6", "v7"] as const)(
  "the BTF made from %s's profile is recognised as that revision's kernel",
  (revision) => {
    expect(detectAbi(profileBtf(revision), "auto")).toEqual({
      ok: true,
      value: { revision, source: "target", missing: [] },
    });
  },
);

it("lays struct kexec_context out as a 64-bit compiler does", () => {
  const v7 = profileBtf("v7");
  const id = v7.find("kexec_context", ["struct"]) ?? 0;
  const offsets = ["kdump", "parsed", "parsing_buf", "parsing_buf_sz", "kernel", "cmdline_sz"].map(
    (name) => findMember(v7, id, name)?.offset,
  );
  expect(offsets).toEqual([0, 1, 8, 136, 264, 304]);
  expect(contextLayout(v7, "v7")).toEqual({ size: 312, data: 8, length: { offset: 136, size: 8 } });
  expect(contextLayout(profileBtf("v6"), "v6")).toEqual({
    size: 56,
    data: 8,
    length: { offset: 16, size: 4 },
  });
});

it("has no layout for a revision whose members it lacks", () => {
  expect(contextLayout(profileBtf("v6"), "v7")).toBeUndefined();
});
