import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ENVIRONMENT, programFile } from "./cli.ts";
import { script } from "./kernel-tree.ts";
import { sharedFolder } from "./shared.ts";

/** Milliseconds: not how long a script takes, but after how long it hangs. */
const PATIENCE = 600_000;

/** Runs a script of bash in which `kexec-bpf` is the program, as a user would at a prompt. */
export function shell(text: string, cwd: string) {
  const bin = sharedFolder("bin", (folder) => {
    script(join(folder, "kexec-bpf"), `exec "${process.execPath}" "${programFile()}" "$@"`);
  });
  const env = { ...ENVIRONMENT, PATH: `${bin}:${ENVIRONMENT["PATH"]}` };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", text], {
    cwd,
    env,
    encoding: "utf8",
    timeout: PATIENCE,
  });
  return { status, stdout, stderr };
}
