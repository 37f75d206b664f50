import type { PageData } from "#page/model/page-data.ts";

/** A page that was filled with nothing. */
export const START_DATA: PageData = {
  schema: 1,
  title: "kexec-bpf",
  images: [],
  parsers: [],
  tables: [],
};
