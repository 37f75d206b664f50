import { describeEquality } from "./support/equality.ts";

// All of it is in whole-corpus.browser.ts, which has the time.
describeEquality({ every: 12, parsers: ["plain"] });
