import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ENVIRONMENT, programFile } from "./cli.ts";
import { newFolder, script } from "./kernel-tree.ts";

let bin: string | undefined;

/** Runs a script of bash in which `kexec-bpf` is the program, as a user would at a prompt. */
export function shell(text: string, cwd: string) {
  if (bin === undefined) {
    bin = newFolder("bin");
    script(join(bin, "kexec-bpf"), `exec "${process.execPath}" "${programFile()}" "$@"`);
  }
  const env = { ...ENVIRONMENT, PATH: `${bin}:${ENVIRONMENT["PATH"]}` };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", text], {
    cwd,
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}
