// SPDX-License-Identifier: MIT
// Mutants of parsers' bytecode (docs/proof-mutants.md): changes one instruction at a time and looks whether the prover sees it.
import { runBundled } from "./run-bundled.mjs";

await runBundled("mutation/bytecode");
