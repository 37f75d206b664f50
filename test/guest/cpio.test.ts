import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodeCpio } from "#guest/cpio.ts";
import { newFolder } from "../support/kernel-tree.ts";
import { judgedBy, output } from "../support/tools.ts";

judgedBy(["cpio"], "an initramfs", () => {
  const archive = encodeCpio([
    { name: "init", data: Buffer.from("#!"), executable: true },
    { name: "image/deep/0", data: new Uint8Array(4097).fill(7) },
    { name: "empty", data: new Uint8Array(0) },
  ]);

  it("is unpacked by cpio to the files that went in", () => {
    const folder = newFolder();
    output("cpio", ["-i", "--quiet", "-D", folder], archive);
    expect(readFileSync(join(folder, "init"), "latin1")).toBe("#!");
    expect(statSync(join(folder, "init")).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(folder, "image/deep/0"))).toEqual(Buffer.alloc(4097, 7));
    expect(statSync(join(folder, "image/deep/0")).mode & 0o777).toBe(0o644);
    expect(statSync(join(folder, "empty")).size).toBe(0);
  });

  it("has each folder once, before what is in it", () => {
    const list = output("cpio", ["-it", "--quiet"], archive).toString().trim().split("\n");
    expect(list).toEqual(["image", "image/deep", "init", "image/deep/0", "empty"]);
  });
});
