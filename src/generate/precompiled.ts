import type Handlebars from "handlebars";

/**
 * Templates as Handlebars' compiler gives them, by the SHA-256 of their text. Empty in the sources: `scripts/bundle.mjs` puts those of
 * `templates/` here, so that only what was changed since is compiled when it is used.
 */
export const PRECOMPILED: ReadonlyMap<string, ReturnType<typeof Handlebars.precompile>> = new Map();
