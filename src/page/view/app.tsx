import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { FilePart } from "#inspect/types.ts";
import type { PageData, PageRun } from "#page/data.ts";
import { openLayer } from "#page/model/layer.ts";
import { type Place, parsePlace, placeHash } from "#page/model/place.ts";
import { openSubjects } from "#page/model/subjects.ts";
import { type Walk, walk, walkLayers } from "#page/model/walk.ts";
import { failureText } from "#report/failure-text.ts";
import type { ParserUnderTest } from "#verify/subject.ts";
import { addFiles, type Files } from "./files.ts";
import { Header } from "./header.tsx";
import { ImageView } from "./image-view.tsx";
import { ParserView } from "./parser-view.tsx";
import { StreamView } from "./stream-view.tsx";
import { VerdictView } from "./verdict-view.tsx";

/** The page: files, a place among them, and the view of it. */
export function App({ data, first }: { readonly data: PageData; readonly first: Files }) {
  const [files, setFiles] = useState(first);
  const [unread, setUnread] = useState<readonly string[]>([]);
  const [place, go] = usePlace(data.tables.length > 0 && first.images.length === 0 ? "verdicts" : "image");
  const image = files.images.find(({ name }) => name === place.image) ?? files.images[0];
  const { subjects, troubles } = useMemo(() => loadAll(files), [files.parsers]);
  const walked = useMemo(() => onDemand(subjects, image?.bytes, files.format), [subjects, image]);
  const walks = place.view === "stream" || place.view === "parser" ? walked() : [];
  const drop = async (chosen: readonly File[]) => {
    const { files: more, unread: failed } = await addFiles(files, chosen);
    setFiles(more);
    setUnread(failed);
    go({ image: more.images.at(-1)?.name, at: undefined, step: undefined, command: undefined });
  };
  useDrop(drop);
  const named = place.alone && subjects.find(({ name }) => name === place.parser);
  const alone = useMemo(
    () => named && image?.bytes && walk(judged(named, image.bytes, files.format), image.bytes),
    [named, image],
  );
  const chosen = alone || (walks.find(({ subject }) => subject.name === place.parser) ?? walks[0]);
  const parts = useParts(chosen?.subject.name, chosen?.image, files.format);
  const openRun = (run: PageRun) => {
    go({
      view: "parser",
      image: run.image,
      parser: run.parser ?? undefined,
      path: run.path ?? undefined,
      step: 0,
      alone: true,
    });
  };
  const shown = place.view === "verdicts" ? null : image?.bytes;
  return (
    <>
      <Header
        title={data.title}
        files={files}
        place={place}
        image={image?.name}
        walks={walks}
        onGo={go}
        onFiles={drop}
      />
      <main>
        {[...unread.map(cannotRead), ...troubles].map((text) => (
          <p key={text} class="trouble" role="alert">
            {text}
          </p>
        ))}
        {place.view === "verdicts" && <VerdictView tables={data.tables} onRun={openRun} />}
        {shown === undefined && <Empty name={image?.name} />}
        {place.view === "image" && shown && image && (
          <ImageView
            name={image.name}
            bytes={shown}
            format={files.format}
            at={place.at}
            onAt={(at) => go({ at })}
          />
        )}
        {place.view === "stream" && shown && (
          <StreamView
            walks={walks}
            command={place.command}
            onCommand={({ subject }, command) => go({ parser: subject.name, command, alone: undefined })}
          />
        )}
        {place.view === "parser" && shown && chosen === undefined && (
          <p class="empty">
            No parser: drop a .bpf container onto the page. Building one needs clang and bpftool, which a
            browser does not have.
          </p>
        )}
        {place.view === "parser" && shown && chosen && (
          <ParserView
            key={`${chosen.subject.name}:${image?.name}`}
            walk={chosen}
            image={chosen.image}
            parts={parts}
            path={place.path}
            step={place.step ?? 0}
            onPath={(path) => go({ path, step: 0 })}
            onStep={(step) => go({ step })}
            onAt={(at) => go({ view: "image", at })}
          />
        )}
      </main>
    </>
  );
}

/** Runs of a large image take their time: the map does not wait for them. */
function onDemand(
  subjects: readonly ParserUnderTest[],
  bytes: Uint8Array | undefined,
  format: Files["format"],
) {
  let walks: readonly Walk[] | undefined;
  return (): readonly Walk[] => {
    walks ??=
      bytes === undefined
        ? []
        : walkLayers(
            subjects.map((subject) => judged(subject, bytes, format)),
            bytes,
          );
    return walks;
  };
}

function judged(subject: ParserUnderTest, image: Uint8Array, format: Files["format"]): ParserUnderTest {
  return format?.judging(subject, image) ?? subject;
}

function cannotRead(name: string): string {
  return `${name}: the browser cannot read it: it is no file any more, or too large`;
}

function Empty({ name }: { readonly name: string | undefined }) {
  return (
    <p class="empty">
      {name === undefined
        ? "Drop a kernel image, a UKI or a container onto the page: nothing leaves this machine."
        : `${name} is not in this page: drop it here to look at it.`}
    </p>
  );
}

type Go = (change: { readonly [K in keyof Place]?: Place[K] | undefined }) => void;

/** The place, which the address always tells. */
function usePlace(fallback: Place["view"]): readonly [Place, Go] {
  const read = () =>
    location.hash === "" ? { ...parsePlace(""), view: fallback } : parsePlace(location.hash);
  const [place, setPlace] = useState<Place>(read);
  useEffect(() => {
    const changed = () => setPlace(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const go = useCallback<Go>((change) => {
    setPlace((before) => {
      const after = { ...before, ...change } as Place;
      history.replaceState(null, "", placeHash(after));
      return after;
    });
  }, []);
  return [place, go];
}

function useDrop(drop: (files: readonly File[]) => Promise<void>): void {
  useEffect(() => {
    const over = (event: DragEvent) => event.preventDefault();
    const dropped = (event: DragEvent) => {
      event.preventDefault();
      void drop([...(event.dataTransfer?.files ?? [])]);
    };
    addEventListener("dragover", over);
    addEventListener("drop", dropped);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("drop", dropped);
    };
  });
}

function useParts(
  name: string | undefined,
  bytes: Uint8Array | undefined,
  format: Files["format"],
): readonly FilePart[] {
  const [parts, setParts] = useState<readonly FilePart[]>([]);
  useEffect(() => {
    let current = true;
    setParts([]);
    if (name !== undefined && bytes !== undefined) {
      void openLayer([name], bytes, format).then((opened) => {
        if (current && opened.ok) setParts(opened.value.inspection.parts);
      });
    }
    return () => {
      current = false;
    };
  }, [name, bytes]);
  return parts;
}

function loadAll({ parsers, format }: Files) {
  const loaded = parsers.map(({ bytes, ...parser }) => ({
    name: parser.name,
    result: openSubjects(parser, bytes, format?.reference),
  }));
  return {
    subjects: loaded.flatMap(({ result }) => (result.ok ? result.value : [])),
    troubles: loaded.flatMap(({ name, result }) =>
      result.ok ? [] : [`${name}: ${failureText(result.failure)}`],
    ),
  };
}
