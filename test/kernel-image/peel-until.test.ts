import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Failure } from "#core/failure.ts";
import { err, ok } from "#core/result.ts";
import { type Peeled, peelUntil } from "#kernel-image/peel-until.ts";

const KERNEL = Buffer.from("not a kernel, but it is what is inside");

const nothing = () => err<Failure>({ reason: "unsupported", what: "the file", detail: "no kernel" });

function zipped(times: number, content: Uint8Array = KERNEL): Uint8Array {
  return times === 0 ? content : gzipSync(zipped(times - 1, content));
}

/** A search that finds nothing: the layers that it was asked about, and where it ended. */
async function walk(file: Uint8Array) {
  const kinds: string[] = [];
  let end: Peeled | undefined;
  const found = await peelUntil<never>(file, {
    at: (layer) => {
      kinds.push(layer.kind);
      return undefined;
    },
    end: (peeled) => {
      end = peeled;
      return nothing();
    },
  });
  return { found, kinds, end };
}

describe("wrappings are taken off", () => {
  it("one after the other, the outermost first, to what has none", async () => {
    const { kinds, end } = await walk(zipped(2));
    expect(kinds).toEqual(["wrapped", "wrapped", "unknown"]);
    expect(end?.steps).toEqual(["gzip", "gzip"]);
    expect(Buffer.from(end?.content.bytes ?? [])).toEqual(KERNEL);
    expect(end?.content.layer).toBe("the gzip stream at offset 0x0, the gzip stream at offset 0x0");
  });

  it("four of them and no more", async () => {
    expect((await walk(zipped(3))).kinds).toHaveLength(4);
    const { kinds, end } = await walk(zipped(5));
    expect(kinds).toHaveLength(4);
    expect(Buffer.from(end?.content.bytes ?? [])).toEqual(Buffer.from(zipped(1)));
  });

  it("no further than the search needs", async () => {
    const damaged = gzipSync(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), KERNEL]));
    const outermost = await peelUntil(damaged, {
      at: (layer, { content }) => ok([layer.kind, content.bytes.length]),
      end: () => nothing(),
    });
    expect(outermost).toEqual(ok(["wrapped", damaged.length]));
  });

  it("until one is damaged, with the layer named that it was found in", async () => {
    const damaged = gzipSync(zipped(1).subarray(0, 30));
    const { found, kinds } = await walk(damaged);
    expect(kinds).toEqual(["wrapped"]);
    expect(found).toMatchObject({ failure: { layer: "the gzip stream at offset 0x0" } });
  });

  it("with a word for each thing that was left out", async () => {
    const { end } = await walk(Buffer.concat([zipped(1), Buffer.from("appended")]));
    expect(end?.warnings).toHaveLength(1);
    expect(end?.warnings[0]).toMatch(/^8 bytes behind the gzip stream/);
  });
});
