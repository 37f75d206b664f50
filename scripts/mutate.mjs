// SPDX-License-Identifier: MIT
// Mutation testing (docs/mutation.md): changes the program in one place at a time and looks whether a test turns red.
import { runBundled } from "./run-bundled.mjs";

await runBundled("mutation");
