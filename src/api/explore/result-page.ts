import type { Result } from "#core/result.ts";
import type { NamedBytes } from "#crosscheck/subject.ts";
import type { PageData, PageParser, PageTable } from "#page/data.ts";
import { NO_REFERENCE, type OwnReference, REFERENCES, type Reference } from "#verify/references.ts";
import { answersIn, pageFormat } from "./own-answers.ts";
import { Blobs, pageWith } from "./page-file.ts";
import type { KeptParser } from "./page-parser.ts";

/** Results of a command, and what their runs are made of. */
export type ResultPage = {
  readonly title: string;
  readonly tables: readonly PageTable[];
  readonly parsers: readonly KeptParser[];
  readonly images: readonly NamedBytes[];
  /** The user's own format, by which those parsers are judged whose reference is `own`. */
  readonly own: OwnReference | undefined;
};

/** A page of results. Errors: those of `pageWith`. */
export function resultPage({ title, tables, parsers, images, own }: ResultPage): Promise<Result<Buffer>> {
  const blobs = new Blobs();
  const answers = answersIn(own, parsers);
  const data: PageData = {
    schema: 1,
    title,
    tables,
    images: images.map(({ name, bytes }) => ({
      ...{ name, size: bytes.length, blob: blobs.add(bytes), answers: answers(bytes) },
    })),
    parsers: parsers.map(({ bytes, ...parser }) => ({ ...parser, blob: blobs.add(bytes) })),
    format: pageFormat(own),
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

/** What a page judges a parser by; a stream in a file is not in the page. */
export function pageReference(reference: Reference): NonNullable<PageParser["reference"]> {
  if (typeof reference === "string") return reference;
  return ownOfPage(reference) === undefined ? NO_REFERENCE : "own";
}

/** What is called so, where the page has it. */
export function pageReferenceNamed(title: string | undefined): NonNullable<PageParser["reference"]> {
  return REFERENCES.find((name) => name === title) ?? NO_REFERENCE;
}

/** The format that a page tells of, where the reference is one. */
export function ownOfPage(reference: Reference | undefined): OwnReference | undefined {
  return typeof reference === "object" && !reference.ofEveryCase ? reference : undefined;
}
