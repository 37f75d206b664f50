import { describeEquality } from "./support/equality.ts";

describeEquality({ every: 1, parsers: ["zboot", "uki", "plain"] });
