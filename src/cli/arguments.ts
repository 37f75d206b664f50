import { readFileSync } from "node:fs";
import { textOfName } from "#files/raw-path.ts";

/** What Node makes of bytes that are no UTF-8. */
const LOST = "\ufffd";

/**
 * The words behind the program's name. Node decodes them as UTF-8, and what is none is lost: then the kernel is asked for the bytes.
 *
 * @param own this process's arguments, as Node has them: the program's own words are the last ones
 */
export function ownArguments(own: readonly string[], commandLine = "/proc/self/cmdline"): readonly string[] {
  const words = own.slice(2);
  if (!words.some((word) => word.includes(LOST))) return words;
  const bytes = readFileSync(commandLine);
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at);
    names.push(textOfName(bytes.subarray(at, end < 0 ? bytes.length : end)));
    at = end < 0 ? bytes.length : end + 1;
  }
  return names.slice(names.length - words.length);
}
