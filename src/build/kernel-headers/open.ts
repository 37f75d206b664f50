import { join } from "node:path";
import { cacheFolder } from "#toolchain/settings.ts";
import { KernelHeaders } from "./kernel-headers.ts";

/** Those in the program's cache folder. */
export function kernelHeaders(env: Readonly<Record<string, string | undefined>>): KernelHeaders {
  return new KernelHeaders(join(cacheFolder(env), "headers"));
}
