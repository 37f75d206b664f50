import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findQemu } from "#guest/qemu.ts";
import { newFolder, script } from "../support/kernel-tree.ts";

const isRoot = process.getuid?.() === 0;

/** The words that are chosen for a QEMU which does not take those that match. */
async function chosen(refused: string): Promise<string | undefined> {
  const folder = newFolder("qemu");
  script(
    join(folder, "qemu-system-x86_64"),
    `case "$*" in
  *--version*) echo "QEMU emulator version 10.0.2" ;;
  ${refused}) echo "not enabled" >&2; exit 1 ;;
esac`,
  );
  const found = await findQemu({
    ...{ sources: folder, debianPackage: folder, moduleRoot: folder, setupScript: "setup" },
    ...{ cacheDir: folder, searchPath: folder, cwd: folder },
  });
  return found.ok ? found.value.confinement.join(" ") : undefined;
}

const DENY = "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";
const ALLOW = DENY.replace("elevateprivileges=deny", "elevateprivileges=allow");

describe("a guest's QEMU is confined", () => {
  it("by seccomp's filter, and as nobody where root starts it", async () => {
    expect(await chosen("none")).toBe(isRoot ? `${ALLOW} -run-with user=65534:65534` : DENY);
  });

  it("by the older word for nobody, where it does not know the newer one", async () => {
    expect(await chosen("*-run-with*")).toBe(isRoot ? `${ALLOW} -runas 65534:65534` : DENY);
  });

  it("by what is left, where it has no filter, or cannot become nobody", async () => {
    expect(await chosen("*-sandbox*")).toBe(isRoot ? "-run-with user=65534:65534" : "");
    expect(await chosen("*-run*")).toBe(DENY);
    expect(await chosen("*-sandbox*|*-run*")).toBe("");
  });
});
