import type { PageData, PageImage, PageParser } from "#page/data.ts";
import { type RecordedFormat, recordedFormat } from "#page/model/own-format.ts";

/** An image of the page, with its bytes where they are here. */
export type OpenImage = Pick<PageImage, "name" | "size" | "answers"> & {
  readonly bytes: Uint8Array | undefined;
};
export type OpenParser = Omit<PageParser, "blob"> & { readonly bytes: Uint8Array };

export type Files = {
  readonly images: readonly OpenImage[];
  readonly parsers: readonly OpenParser[];
  readonly format: RecordedFormat | undefined;
};

const EMPTY: PageData = { schema: 1, title: "kexec-bpf", images: [], parsers: [], tables: [], format: null };

/** What the command has put into the file; a page without is one to drop files on. */
export function pageData(): PageData {
  const text = document.getElementById("data")?.textContent ?? "";
  return text.trim() === "" ? EMPTY : (JSON.parse(text) as PageData);
}

/** The bytes of a blob: one element a piece, so that no text becomes longer than a browser's longest. */
function blob(place: number): Uint8Array {
  const pieces = [...document.querySelectorAll(`script[data-blob="${place}"]`)].map((one) =>
    fromBase64(one.textContent ?? ""),
  );
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function filesOf({ images, parsers, format }: PageData): Files {
  const opened = images.map(
    ({ blob: place, ...image }): OpenImage => ({
      ...image,
      bytes: place === null ? undefined : blob(place),
    }),
  );
  return {
    images: opened,
    parsers: parsers.map(({ blob: place, ...parser }) => ({ ...parser, bytes: blob(place) })),
    format: format === null ? undefined : recordedFormat(format, opened),
  };
}

const PARSERS = /\.(bpf|o|lskel\.h)$/;

/** Files, and the names of those that the browser could not read. */
export type AddedFiles = { readonly files: Files; readonly unread: readonly string[] };

/** Files that were dropped or chosen: by their names parsers, all others images. Nothing leaves the page. */
export async function addFiles(files: Files, chosen: readonly File[]): Promise<AddedFiles> {
  const unread: string[] = [];
  const images = [...files.images];
  const parsers = [...files.parsers];
  for (const file of chosen) {
    const { name } = file;
    const bytes = await bytesOf(file);
    if (bytes === undefined) {
      unread.push(name);
      continue;
    }
    if (PARSERS.test(name)) {
      parsers.push({ name, bytes, limits: null, revision: null, reference: null, arch: null });
    } else {
      const known = images.findIndex((one) => one.name === name);
      if (known >= 0) images.splice(known, 1);
      images.push({ name, size: bytes.length, bytes, answers: [] });
    }
  }
  return { files: { ...files, images, parsers }, unread };
}

/** Undefined where it cannot be read: it has changed, it is a folder, or it is too large for the browser. */
function bytesOf(file: File): Promise<Uint8Array | undefined> {
  return file.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    () => undefined,
  );
}
