// SPDX-License-Identifier: MIT
/**
 * What is unused is found in two runs. `knip` takes everything together: a function or value that is exported for no other
 * file is a finding, a type is not where its own file uses it (the members of an exported union are exported with it).
 * `knip --production` looks at the entries marked `!` alone, without the tests: what only tests use, and not even its own
 * file, belongs in test/.
 */
export default ({ production }) => ({
  entry: [
    "src/cli/{main,quick,pack,build,process}.ts!",
    "src/{fuzz,fleet/reading}/worker.ts!",
    // What the package exports.
    "src/library/index.ts!",
    // For scripts/page-bundle.mjs, which bundles them by name, and puts the last in place of Node's modules.
    "src/page/view/main.tsx!",
    "src/page/browser/*.ts!",
    // For scripts/rules.mjs, which bundles it by name.
    "src/build/makefile-tables.ts!",
    "scripts/*.{mjs,cjs}",
    "scripts/package-tools/*.mjs",
    "bench/*.mjs",
    "test/**/*.{test,kernel,distro,browser,fleet,proof}.ts",
    // For bench/vm.mjs, which bundles it by name too, and vitest.fast.config.ts.
    "test/bpf-vm/support/bench-subjects.ts",
    // For test/page/support/equality.ts, which bundles it as the page is.
    "test/page/support/page-model.ts",
    // For scripts/mutate.mjs, likewise.
    "mutation/{main,worker}.ts",
    // For scripts/prove-mutants.mjs, likewise.
    "mutation/bytecode/{main,worker}.ts",
    "test/support/without-processes.ts",
  ],
  project: ["src/**!", "test/**", "!test/package/**", "bench/**", "mutation/**", "scripts/**"],
  ignoreExportsUsedInFile: production ? true : { type: true },
  // Programs come of Debian packages (scripts/needs.sh), not of npm's.
  exclude: ["binaries"],
  // Bundled in place of a global (src/page/browser/globals.ts); read as a file (test/page/support/axe.ts); one of scripts/package-tools.
  ignoreDependencies: ["buffer", "axe-core"],
  // Shell scripts that tests start.
  ignoreUnresolved: ["scripts/debian-package", "scripts/release"],
});
