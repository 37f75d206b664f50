/** What a link to the page points at: `#view=parser&image=1&at=0x1234&step=217`. */
export type Place = {
  readonly view: View;
  /** Places among the page's images and parsers. */
  readonly image: number;
  readonly parser: number;
  /** Of the parser's programs. */
  readonly subject: number;
  /** What is denied: 0 for nothing. */
  readonly fault: number;
  /** A byte of the image. */
  readonly at: number;
  readonly step: number;
  /** A command of the stream, from 0; -1 for none. */
  readonly command: number;
};

export const VIEWS = ["image", "stream", "parser", "verdicts"] as const;
export type View = (typeof VIEWS)[number];

const NUMBERS = ["image", "parser", "subject", "fault", "at", "step", "command"] as const;

export const START: Place = {
  view: "image",
  image: 0,
  parser: 0,
  subject: 0,
  fault: 0,
  at: 0,
  step: 0,
  command: -1,
};

/** Reads a link; what it does not say, or says wrongly, is as in `base`. A step means the parser's view, a command the stream's. */
export function placeOf(hash: string, base: Place): Place {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const said = VIEWS.find((name) => name === words.get("view"));
  const meant = words.has("step")
    ? "parser"
    : words.has("command")
      ? "stream"
      : words.has("at")
        ? "image"
        : base.view;
  const place: { -readonly [Name in keyof Place]: Place[Name] } = { ...base, view: said ?? meant };
  for (const name of NUMBERS) {
    const value = Number(words.get(name) ?? Number.NaN);
    if (Number.isSafeInteger(value) && value >= 0) place[name] = value;
  }
  return place;
}

/** The link to a place. */
export function hashOf(place: Place): string {
  const words = [`view=${place.view}`];
  for (const name of NUMBERS) {
    const value = place[name];
    if (value !== START[name]) words.push(`${name}=${name === "at" ? `0x${value.toString(16)}` : value}`);
  }
  return `#${words.join("&")}`;
}
