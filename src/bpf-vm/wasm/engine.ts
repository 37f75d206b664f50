/*
 * The part of WebAssembly's JavaScript interface that is used here: TypeScript has it only together with a
 * browser's. Source: W3C, "WebAssembly JavaScript Interface".
 */

/** A linear memory; `grow` (64 KiB pages) detaches the buffer that there was. */
export type LinearMemory = { readonly buffer: ArrayBuffer; grow(pages: number): number };

export type Module = object;

type Engine = {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => LinearMemory;
  readonly Module: new (bytes: Uint8Array) => Module;
  readonly Instance: new (
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

export const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

/** Bytes. */
export const PAGE = 0x10000;
/** The most pages that a memory has: 4 GiB. */
export const MAX_PAGES = 0x10000;
