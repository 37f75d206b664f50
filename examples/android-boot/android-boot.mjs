// SPDX-License-Identifier: MIT
// What a right parser makes of an Android boot image, written from the format's documentation and not from the parser's C:
// https://source.android.com/docs/core/architecture/bootloader/boot-image-header
import { bootImage } from "./make-image.mjs";

const PAGE = 4096;
const MAGIC = "ANDROID!";
/** Bytes of the header, by its version. */
const HEADER_SIZES = new Map([
  [3, 1580],
  [4, 1584],
]);
const CMDLINE = { at: 44, size: 1536 };

/** How the streams begin that the kernel is asked to decompress: gzip, lz4's legacy frame. */
const COMPRESSED = [
  [0x1f, 0x8b],
  [0x02, 0x21, 0x4c, 0x18],
];

/** @type {import("kexec-bpf").ImageFormat} */
export default {
  name: "android-boot",
  parse,
  fields: [
    { section: "header", name: "magic", at: 0, width: 8, role: "magic" },
    { section: "header", name: "kernel_size", at: 8, width: 4, role: "size" },
    { section: "header", name: "ramdisk_size", at: 12, width: 4, role: "size" },
    { section: "header", name: "os_version", at: 16, width: 4, role: "ignored" },
    { section: "header", name: "header_size", at: 20, width: 4, role: "size" },
    { section: "header", name: "reserved", at: 24, width: 8, role: "ignored" },
    { section: "header", name: "header_version", at: 40, width: 4, role: "type" },
    { section: "header", name: "cmdline", at: 44, width: 8, role: "ignored" },
    { section: "header", name: "end of cmdline", at: 1572, width: 8, role: "ignored" },
    { section: "header", name: "signature_size", at: 1580, width: 4, role: "ignored" },
    { section: "kernel", name: "first bytes", at: PAGE, width: 4, role: "magic" },
  ],
  goodImages: () =>
    [3, 4].flatMap((version) => [
      { name: `v${version}`, image: bootImage({ version, ramdisk: bytes(300) }) },
      { name: `v${version}-without-ramdisk`, image: bootImage({ version }) },
      {
        name: `v${version}-without-cmdline`,
        image: bootImage({ version, cmdline: "", ramdisk: bytes(4096) }),
      },
      { name: `v${version}-full-cmdline`, image: bootImage({ version, cmdline: "x".repeat(CMDLINE.size) }) },
      {
        name: `v${version}-gzip`,
        image: bootImage({ version, kernel: Uint8Array.of(...COMPRESSED[0], 8, 0, 1) }),
      },
      { name: `v${version}-lz4`, image: bootImage({ version, kernel: Uint8Array.of(...COMPRESSED[1], 1) }) },
      {
        name: `v${version}-tiny-kernel`,
        image: bootImage({ version, kernel: Uint8Array.of(...COMPRESSED[0]) }),
      },
    ]),
};

function parse({ image }) {
  const refused = (offset, detail) => ({ refused: { section: "header", offset, detail } });
  if (image.length < PAGE) return refused(0, `${image.length} bytes, a page of ${PAGE} is wanted`);
  const header = new DataView(image.buffer, image.byteOffset, PAGE);
  const u32 = (offset) => header.getUint32(offset, true);
  if (latin1(image.subarray(0, 8)) !== MAGIC) return refused(0, `no ${MAGIC}`);
  const size = HEADER_SIZES.get(u32(40));
  if (size === undefined) return refused(40, `header_version ${u32(40)}, 3 and 4 are known`);
  if (u32(20) !== size) return refused(20, `header_size ${u32(20)}, must be ${size}`);

  const kernel = { offset: PAGE, size: u32(8), field: { section: "header", offset: 8 } };
  if (kernel.size === 0) return refused(8, "no kernel");
  if (kernel.offset + kernel.size > image.length)
    return refused(8, `${kernel.size} bytes of kernel in ${image.length}`);
  const initrd = {
    offset: PAGE + pages(kernel.size),
    size: u32(12),
    field: { section: "header", offset: 12 },
  };
  if (initrd.size > 0 && initrd.offset + initrd.size > image.length) {
    return refused(12, `${initrd.size} bytes of ramdisk at ${initrd.offset} in ${image.length}`);
  }
  const begins = image.subarray(kernel.offset, kernel.offset + Math.min(4, kernel.size));
  const text = image.subarray(CMDLINE.at, CMDLINE.at + CMDLINE.size);
  const end = text.indexOf(0);
  return {
    parts: {
      kernel: { command: isCompressed(begins) ? "DECOMPRESS" : "COPY", ...kernel },
      initrd: { command: "COPY", ...initrd },
      cmdline: { command: "COPY", offset: CMDLINE.at, size: end < 0 ? CMDLINE.size : end },
    },
  };
}

/** A kernel shorter than four bytes is not a stream. */
function isCompressed(begins) {
  return begins.length === 4 && COMPRESSED.some((magic) => magic.every((byte, i) => begins[i] === byte));
}

function pages(size) {
  return Math.ceil(size / PAGE) * PAGE;
}

function latin1(text) {
  return Buffer.from(text).toString("latin1");
}

/** Bytes that tell where they come from. */
function bytes(length) {
  return Uint8Array.from({ length }, (_, i) => (i * 11 + (i >> 4)) & 0xff);
}
