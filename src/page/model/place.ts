/** What the page shows, as its address says it after the `#`, so that a report of a bug can point. */
export type Place = {
  readonly view: View;
  /** Names; undefined for the first. */
  readonly image: string | undefined;
  readonly parser: string | undefined;
  /** What is denied to the parser, in words; undefined for nothing. */
  readonly path: string | undefined;
  /** The byte that is looked at. */
  readonly at: number | undefined;
  readonly step: number | undefined;
  readonly command: number | undefined;
  /** Whether the parser sees the image itself, and not what a layer before it has queued. */
  readonly alone: true | undefined;
};

export const VIEWS = ["image", "stream", "parser", "verdicts"] as const;
export type View = (typeof VIEWS)[number];

/** `#view=parser&step=217`; a step without a view is the parser's, a byte the image's, a command the stream's. */
export function parsePlace(hash: string): Place {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const [at, step, command] = [
    number(words.get("at")),
    number(words.get("step")),
    number(words.get("command")),
  ];
  const said = VIEWS.find((view) => view === words.get("view"));
  const meant = step !== undefined ? "parser" : command !== undefined ? "stream" : "image";
  return {
    view: said ?? meant,
    image: words.get("image") ?? undefined,
    parser: words.get("parser") ?? undefined,
    path: words.get("path") ?? undefined,
    ...{ at, step, command, alone: words.has("alone") || undefined },
  };
}

/** The shortest that `parsePlace` reads as this. */
export function placeHash({ view, image, parser, path, at, step, command, alone }: Place): string {
  const words = new URLSearchParams();
  words.set("view", view);
  if (image !== undefined) words.set("image", image);
  if (parser !== undefined) words.set("parser", parser);
  if (path !== undefined) words.set("path", path);
  if (at !== undefined) words.set("at", `0x${at.toString(16)}`);
  if (step !== undefined) words.set("step", String(step));
  if (command !== undefined) words.set("command", String(command));
  if (alone) words.set("alone", "1");
  return `#${words}`;
}

/** Decimal or 0x; undefined for anything else. */
function number(text: string | null): number | undefined {
  if (text === null || !/^(0x[0-9a-f]+|[0-9]+)$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
