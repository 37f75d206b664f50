import { type Place, VIEWS } from "#page/model/place.ts";
import type { Walk } from "#page/model/walk.ts";
import type { Files } from "./files.ts";

type Props = {
  readonly title: string;
  readonly files: Files;
  readonly place: Place;
  readonly image: string | undefined;
  readonly walks: readonly Walk[];
  readonly onGo: (change: { readonly [K in keyof Place]?: Place[K] | undefined }) => void;
  readonly onFiles: (files: readonly File[]) => Promise<void>;
};

const LABELS = { image: "Image", stream: "Stream", parser: "Parser", verdicts: "Verdicts" } as const;

/** The views, and which image and parser they show. */
export function Header({ title, files, place, image, walks, onGo, onFiles }: Props) {
  const pick = (input: HTMLInputElement) => {
    void onFiles([...(input.files ?? [])]);
    input.value = "";
  };
  return (
    <header>
      <h1>{title}</h1>
      <nav aria-label="Views">
        {VIEWS.map((view) => (
          <button
            type="button"
            key={view}
            aria-current={place.view === view ? "page" : undefined}
            onClick={() => onGo({ view })}
          >
            {LABELS[view]}
          </button>
        ))}
      </nav>
      {files.images.length > 0 && (
        <label>
          image{" "}
          <select
            value={image}
            onChange={(event) =>
              onGo({ image: event.currentTarget.value, at: undefined, step: undefined, path: undefined })
            }
          >
            {files.images.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
      {walks.length > 0 && (
        <label>
          parser{" "}
          <select
            value={place.parser ?? walks[0]?.subject.name}
            onChange={(event) =>
              onGo({ parser: event.currentTarget.value, step: undefined, path: undefined, alone: undefined })
            }
          >
            {walks.map(({ subject }) => (
              <option key={subject.name}>{subject.name}</option>
            ))}
          </select>
        </label>
      )}
      <label class="open">
        open files <input type="file" multiple onChange={(event) => pick(event.currentTarget)} />
      </label>
    </header>
  );
}
