import { expect, test } from "vitest";
import { REVISIONS, revisionProfile } from "#abi/revisions.ts";

test("the revisions have the numbers of their mails", () => {
  expect(REVISIONS.map((revision) => [revision, revisionProfile(revision).commands])).toEqual([
    ["v6", { DECOMPRESS: 1, COPY: 2 }],
    ["v7", { DONE: 1, DECOMPRESS: 2, COPY: 3 }],
  ]);
  expect(REVISIONS.map((revision) => revisionProfile(revision).subcommands)).toEqual([
    { KERNEL: 1, INITRD: 2, CMDLINE: 3 },
    { KERNEL: 1, INITRD: 2, CMDLINE: 3 },
  ]);
  expect(REVISIONS.map((revision) => revisionProfile(revision).pipeline)).toEqual([{}, { FILL: 1 }]);
});

test("a revision's header has as many bytes as its members", () => {
  for (const revision of REVISIONS) {
    const { header, headerSize } = revisionProfile(revision);
    expect(header.reduce((sum, { size }) => sum + size, 0)).toBe(headerSize);
  }
  expect(REVISIONS.map((revision) => revisionProfile(revision).headerSize)).toEqual([8, 10]);
});
