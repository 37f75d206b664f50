import type { Result } from "#core/result.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import type { PageData, PageParser, PageTable } from "#page/data.ts";
import { REFERENCES } from "#verify/reference-names.ts";
import { Blobs, pageWith } from "./page-file.ts";

/** A parser that a page can run. */
export type KeptParser = Omit<PageParser, "blob"> & { readonly bytes: Uint8Array };

/** Results of a command, and what their runs are made of. */
export type ResultPage = {
  readonly title: string;
  readonly tables: readonly PageTable[];
  readonly parsers: readonly KeptParser[];
  readonly images: readonly NamedBytes[];
};

/** A page of results. Errors: those of `pageWith`. */
export function resultPage({ title, tables, parsers, images }: ResultPage): Promise<Result<Buffer>> {
  const blobs = new Blobs();
  const data: PageData = {
    schema: 1,
    title,
    tables,
    images: images.map(({ name, bytes }) => ({ name, size: bytes.length, blob: blobs.add(bytes) })),
    parsers: parsers.map(({ bytes, ...parser }) => ({ ...parser, blob: blobs.add(bytes) })),
  };
  return pageWith(data, blobs.bytes);
}

/** Bytes of images that a page may hold; half of them for images with which nothing is wrong. */
const ROOM = 32 << 20;

/** Images for a page, as long as there is room: those with which something is wrong before others. */
export class PageImages {
  readonly images: NamedBytes[] = [];
  #size = 0;

  readonly add = (image: NamedBytes, wrong: boolean): void => {
    const { length } = image.bytes;
    if (this.images.some(({ name }) => name === image.name)) return;
    if (this.#size + length > (wrong ? ROOM : ROOM / 2)) return;
    this.#size += length;
    this.images.push(image);
  };
}

/** A reference that the page has: what a parser of the user's own format should send is not known there. */
export function pageReference(title: string | undefined): NonNullable<PageParser["reference"]> {
  return REFERENCES.find((name) => name === title) ?? "none";
}
