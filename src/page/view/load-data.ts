import type { PackedFile, PageData } from "#page/model/page-data.ts";
import { START_DATA } from "./start-data.ts";

/** A file that the page looks at. */
export type LoadedFile = { readonly name: string; readonly bytes: Uint8Array };

/** What the page was filled with; a page without anything waits for files. */
export function embeddedData(): PageData {
  const text = document.getElementById("page-data")?.textContent?.trim();
  return text ? (JSON.parse(text) as PageData) : START_DATA;
}

/** Unpacks one of its files. */
export async function unpackFile({ name, id, chunks }: PackedFile): Promise<LoadedFile> {
  const packed: BlobPart[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) {
    packed.push(fromBase64(document.getElementById(`file-${id}-${chunk}`)?.textContent ?? ""));
  }
  const plain = new Blob(packed).stream().pipeThrough(new DecompressionStream("gzip"));
  return { name, bytes: new Uint8Array(await new Response(plain).arrayBuffer()) };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
