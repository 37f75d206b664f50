/**
 * `node:fs` where names come from users: a name is text by the rule of `raw-path.ts`, in and out. What Node takes for bytes that are
 * no UTF-8 otherwise is another name. Everything throws as `node:fs` does.
 */
import * as fs from "node:fs";
import { fsPath, textOfName } from "./raw-path.ts";

export const readlink = (file: string): string => textOfName(fs.readlinkSync(fsPath(file), "buffer"));
/** The native one: the other makes text of the name. */
export const realpath = (file: string): string => textOfName(fs.realpathSync.native(fsPath(file), "buffer"));
export const namesIn = (folder: string): readonly string[] =>
  fs.readdirSync(fsPath(folder), { encoding: "buffer" }).map(textOfName);

/** Undefined where there is nothing. */
export const stat = (file: string): fs.Stats | undefined =>
  fs.statSync(fsPath(file), { throwIfNoEntry: false });
/** Undefined where there is nothing. */
export const lstat = (file: string): fs.Stats | undefined =>
  fs.lstatSync(fsPath(file), { throwIfNoEntry: false });

export const open = (file: string, flags: string | number): number => fs.openSync(fsPath(file), flags);
/** Makes a file that is not there yet. */
export const writeNew = (file: string, content: string | Uint8Array): void =>
  fs.writeFileSync(fsPath(file), content, { flag: "wx" });
export const chmod = (file: string, mode: number): void => fs.chmodSync(fsPath(file), mode);
export const rename = (from: string, to: string): void => fs.renameSync(fsPath(from), fsPath(to));
export const linkFile = (file: string, second: string): void => fs.linkSync(fsPath(file), fsPath(second));
export const copy = (from: string, to: string): void => fs.copyFileSync(fsPath(from), fsPath(to));
export const makeFolders = (folder: string): void => {
  fs.mkdirSync(fsPath(folder), { recursive: true });
};
/** A file that is not there is removed already. */
export const remove = (file: string): void => fs.rmSync(fsPath(file), { force: true });
