import { expect, it } from "vitest";
import { injectionTitle } from "#verify/fault-paths.ts";

it.each([
  [{ noContext: true }, "no parser context"],
  [{ failReserve: 1 }, "1st reserve fails"],
  [{ failReserve: 22 }, "22nd reserve fails"],
  [{ failProbeCall: 13 }, "13th probe_read fails"],
  [{ failProbeSite: 45 }, "probe_read at instruction 45 fails"],
  [{ refuseBuffer: 1 }, "command 0 refused"],
  [{ failReserve: 3, noContext: true }, "no parser context, 3rd reserve fails"],
])("the injection %j in words is: %s", (injection, words) => {
  expect(injectionTitle(injection)).toBe(words);
});
