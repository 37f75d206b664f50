// What a right parser makes of a @NAME@ image: a second opinion, written from the format's specification and not from the parser's C.
// kexec-bpf's verify, fuzz, kernel-test, corpus and inspect take it by --reference ./@NAME@.mjs, build measures images by it.

const MAGIC = 0x4d49424b;
const HEADER = 28;

/** @type {import("kexec-bpf").ImageFormat} */
export default {
  name: "@NAME@",

  /** Parts, or a refusal with the field that is wrong. `limits`: the largest parts, in bytes; larger ones are refused for you. */
  parse({ image }) {
    const refused = (offset, detail) => ({ refused: { section: "header", offset, detail } });
    if (image.length < HEADER) return refused(0, `${image.length} bytes, ${HEADER} are wanted`);
    const header = new DataView(image.buffer, image.byteOffset, image.byteLength);
    const u32 = (offset) => header.getUint32(offset, true);
    if (u32(0) !== MAGIC) return refused(0, "no magic number");

    const parts = {};
    for (const [name, at] of [
      ["kernel", 4],
      ["initrd", 12],
      ["cmdline", 20],
    ]) {
      const [offset, size] = [u32(at), u32(at + 4)];
      if (size > 0 && offset + size > image.length)
        return refused(at, `${size} bytes at ${offset} of ${image.length}`);
      parts[name] = { command: "COPY", offset, size, field: { section: "header", offset: at + 4 } };
    }
    if (parts.kernel.size === 0) return refused(8, "no kernel");
    const { offset, size } = parts.kernel;
    if (size >= 2 && image[offset] === 0x1f && image[offset + 1] === 0x8b)
      parts.kernel.command = "DECOMPRESS";
    return { parts };
  },

  /** Where hostile images have other values, and what the field says: magic, offset, size, count, index, type, ignored. */
  fields: [
    "magic",
    "kernel_offset",
    "kernel_size",
    "initrd_offset",
    "initrd_size",
    "cmdline_offset",
    "cmdline_size",
  ].map((name, i) => ({
    section: "header",
    name,
    at: 4 * i,
    width: 4,
    role: name === "magic" ? "magic" : name.endsWith("offset") ? "offset" : "size",
  })),

  /** Small images that a right parser takes: corpus and fuzz make hostile ones of them. */
  goodImages: () => [
    { name: "whole", image: image({ kernel: "a kernel", initrd: "an initrd", cmdline: "quiet" }) },
    { name: "gzip", image: image({ kernel: "\x1f\x8b a stream", initrd: "an initrd", cmdline: "quiet\0" }) },
    { name: "kernel-alone", image: image({ kernel: "k", initrd: "", cmdline: "" }) },
  ],
};

/** An image of these parts. */
export function image(parts) {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(MAGIC, 0);
  const pieces = [header];
  let end = HEADER;
  for (const [i, name] of ["kernel", "initrd", "cmdline"].entries()) {
    const bytes = Buffer.from(parts[name], "latin1");
    header.writeUInt32LE(end, 4 + 8 * i);
    header.writeUInt32LE(bytes.length, 8 + 8 * i);
    pieces.push(bytes);
    end += bytes.length;
  }
  return Uint8Array.from(Buffer.concat(pieces));
}
