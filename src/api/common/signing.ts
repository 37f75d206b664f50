import type { Context } from "#api/context.ts";
import { failureText } from "#report/failure-text.ts";
import type { SigningContext } from "#signing/context.ts";
import type { Signed } from "#signing/sign.ts";
import { why } from "#signing/strength.ts";
import { setupScript } from "./package-root.ts";

export function signingContext({ env, cwd, signal }: Omit<Context, "emit">): SigningContext {
  return { env, discovery: { env, cwd, signal, setupScript: setupScript() } };
}

type Doubts = Pick<Signed, "notContainer" | "weakness"> & {
  /** The content ends with a signature of its own. */
  readonly nested?: boolean;
};

/** A kernel takes signed containers; other signed files (modules, kernels) are good for other things. */
export function warnings({ notContainer, weakness, nested = false }: Doubts): readonly string[] {
  const inner =
    "the content ends with a signature too, which is not verified: kernels look at the last one alone";
  return [
    ...(weakness === undefined ? [] : [why(weakness)]),
    ...(nested ? [inner] : []),
    ...(notContainer === undefined ? [] : [`the content is no .bpf container: ${failureText(notContainer)}`]),
  ];
}
