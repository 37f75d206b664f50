import type { Context } from "#api/context.ts";
import { ok, type Result } from "#core/result.ts";
import { runTool } from "#toolchain/process.ts";

/** What a desktop's programs find their screen and their settings by. */
const DESKTOP =
  /^(BROWSER|DBUS_SESSION_BUS_ADDRESS|DESKTOP_SESSION|DISPLAY|HOME|WAYLAND_DISPLAY|XAUTHORITY|XDG_\w+)$/;

/**
 * Shows a file in the user's browser, by the desktop's own command. In a session of its own, for what a tool leaves running ends with
 * the tool. Errors: `tool-missing`, `tool-failed`.
 */
export async function openInBrowser(
  file: string,
  { env, cwd, signal }: Pick<Context, "env" | "cwd" | "signal">,
): Promise<Result<void>> {
  const desktop = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && DESKTOP.test(name) ? [[name, value]] : [],
    ),
  );
  const args = ["--fork", "xdg-open", file];
  const shown = await runTool({ tool: "xdg-open", file: "setsid", args, cwd, env: desktop, signal });
  return shown.ok ? ok(undefined) : shown;
}
