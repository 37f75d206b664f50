import type { Result } from "#core/result.ts";
import type { KernelBtf } from "#kernel-image/kernel-btf.ts";
import type { Measured } from "#kernel-image/measure.ts";

/** What a reading thread is asked, and what it comes to; answers have the number of their question. */
export type ReadingQuestion = {
  readonly id: number;
  readonly kind: "btf" | "measure" | "digest";
  readonly file: string;
};
export type ReadingAnswer = { readonly id: number } & (
  | { readonly kind: "btf"; readonly result: Result<KernelBtf> }
  | { readonly kind: "measure"; readonly result: Result<Measured> }
  | { readonly kind: "digest"; readonly result: Result<string> }
);
