/** What the page's views show, for a test that bundles it as the page is bundled: with what stands for Node in browsers. */
export { inspectBytes } from "#page/model/inspection.ts";
export { openInner, openLayer } from "#page/model/layer.ts";
export { recordedFormat } from "#page/model/own-format.ts";
export { openSubjects } from "#page/model/subjects.ts";
export { pathsOf, walk } from "#page/model/walk.ts";
