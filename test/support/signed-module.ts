import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { arm64Image } from "./real-inputs.ts";

/** A module of Debian's arm64 kernel, signed by its build. */
export function signedModule(): Uint8Array {
  const modules = join(dirname(dirname(arm64Image())), "lib/modules");
  const [release = ""] = readdirSync(modules);
  return readFileSync(join(modules, release, "kernel/net/key/af_key.ko"));
}
