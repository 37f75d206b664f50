import { describe, expect, test } from "vitest";
import { BUILD } from "#commands/build/options.ts";
import { outputFolder } from "#commands/request-key.ts";
import { readWords } from "#grammar/read.ts";

describe("without the grammar, a build's output folder is the one that the grammar reads:", () => {
  test.each([
    ["", "/here/out"],
    ["zboot -j 2", "/here/out"],
    ["-o b", "/here/b"],
    ["-o=b", "/here/b"],
    ["-o/b", "/b"],
    ["-o2", "/here/2"],
    ["-o1.5e3", "/here/1.5e3"],
    ["-vo b", "/here/b"],
    ["-vo=b", "/here/b"],
    ["-vo/b", "/b"],
    ["-o b-o=c", "/here/b-o=c"],
    ["--output b", "/here/b"],
    ["--output=b", "/here/b"],
    ["--output=../b", "/b"],
    ["zboot --output /b -v", "/b"],
    ["-o b -- -o", "/here/b"],
    ["-- -o b", "/here/out"],
    ["-- --output=b", "/here/out"],
  ])("`%s`", (said, folder) => {
    const words = said === "" ? [] : said.split(" ");
    const read = readWords(BUILD, words, "/here");
    expect(read.ok && read.value.given.output).toBe(folder);
    expect(outputFolder(["build", ...words], {}, "/here")).toBe(folder);
  });
});

describe("make's output folder", () => {
  test.each([
    ["", {}, "/here"],
    ["zboot", { O: "" }, "/here"],
    ["-C a zboot -C b", {}, "/here/a/b"],
    ["-C a", { O: "o" }, "/here/o"],
    ["-C a O=p", { O: "o" }, "/here/p"],
    ["-C O=p", {}, "/here/O=p"],
    ["-C a O=", { O: "o" }, "/here/a"],
    ["-j -C a", {}, "/here/a"],
    ["-C", {}, undefined],
  ])("of `%s` with %j", (said, env, folder) => {
    expect(outputFolder(["make", ...said.split(" ").filter((word) => word !== "")], env, "/here")).toBe(
      folder,
    );
  });
});
