/** What `npm run test:whole` sets in the environment. */
const WHOLE = process.env["KEXEC_BPF_TESTS"] === "whole";

/** Of what takes long, `npm test` tries a part, and `npm run test:whole` (vitest.whole.config.ts) all. */
export function extent<T>(part: T, whole: T): T {
  return WHOLE ? whole : part;
}
