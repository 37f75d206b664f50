import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second for user space (USER_HZ), whatever its own clock does. */
const MILLISECONDS_A_TICK = 10;
/** Field 22 of proc(5)'s stat; the fields behind the name, which may hold anything, begin with the third. */
const START_TIME = 22 - 3;

/** When a process began, in milliseconds since 1970; undefined where the system does not tell. */
export function processStart(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME];
    const began = Date.now() - uptime + Number(ticks) * MILLISECONDS_A_TICK;
    return Number.isFinite(began) ? began : undefined;
  } catch {
    return undefined;
  }
}
