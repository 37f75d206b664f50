import { it } from "vitest";
import { killRuns } from "./support/killed-runs.ts";

it("50 runs that are killed leave nothing half-written, and the next ends right", () => killRuns(50));
