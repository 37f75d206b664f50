import { useEffect, useState } from "preact/hooks";
import type { LoadedFile } from "./load-data.ts";

/** Takes files that are dropped onto the page or chosen in its field. Says whether some are being held above it. */
export function useDrop(take: (files: readonly LoadedFile[]) => Promise<void>): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const read = async (files: FileList | null | undefined) => {
      const loaded = [...(files ?? [])].map(async (file) => ({
        name: file.name,
        bytes: new Uint8Array(await file.arrayBuffer()),
      }));
      await take(await Promise.all(loaded));
    };
    const drag = (event: DragEvent) => {
      event.preventDefault();
      setOver(event.type === "dragover");
      if (event.type === "drop") void read(event.dataTransfer?.files);
    };
    const change = ({ target }: Event) => {
      if (target instanceof HTMLInputElement && target.type === "file") void read(target.files);
    };
    for (const name of ["dragover", "dragleave", "drop"] as const) document.addEventListener(name, drag);
    document.addEventListener("change", change);
    return () => {
      for (const name of ["dragover", "dragleave", "drop"] as const) document.removeEventListener(name, drag);
      document.removeEventListener("change", change);
    };
  });
  return over;
}
