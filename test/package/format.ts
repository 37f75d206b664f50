// SPDX-License-Identifier: MIT
import type { ImageFormat } from "kexec-bpf";

/** The whole of an image is its kernel. */
const format: ImageFormat = {
  name: "whole",
  parse: ({ image }) =>
    image.length === 0
      ? { refused: { section: "image", offset: 0, detail: "empty" } }
      : { parts: { kernel: { command: "COPY", offset: 0, size: image.length } } },
  fields: [{ section: "image", name: "first", at: 0, width: 1, role: "ignored" }],
  goodImages: () => [{ name: "small", image: new Uint8Array(8) }],
};

export default format;
