import { it } from "vitest";
import { killRuns } from "./support/killed-runs.ts";

/** kill.fleet.ts has fifty. */
it("2 runs that are killed leave nothing half-written, and the next ends right", () => killRuns(2));
