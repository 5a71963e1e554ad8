import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

/** CI asks for a machine-readable summary: a file name for vitest's JSON reporter. */
const json = process.env["VERIFY_TEST_JSON"];

/** Tests that measure a running system: two of them at once would measure each other. */
const measured = [
  "test/profile/{disturbed,engine,hostile,loop,planted,take,tool}.test.ts",
  "test/wire/{child,process,receiver}.test.ts",
  "test/sim/{engine,load,processor}.test.ts",
];

export default defineConfig({
  resolve: {
    // examples import the workbench as users do; in tests that means the sources
    alias: { "verify-workbench": fileURLToPath(new URL("./index.ts", import.meta.url)) },
  },
  test: {
    reporters: json === undefined ? ["default"] : ["default", ["json", { outputFile: json }]],
    // Two cores and real sockets, solvers and child processes: give slow machines room. No test
    // asserts a duration.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: "plain",
          include: ["test/**/*.test.ts"],
          exclude: measured,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "measured",
          include: measured,
          fileParallelism: false,
          // Somebody else on the machine can spoil a measurement; wrong code fails every time.
          retry: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    coverage: {
      provider: "v8",
      include: [
        "{core,expr,semantics,solver,models,properties,impl,adapters,checkers,sim,runner,reports}/**/*.ts",
      ],
      // Not seen by the coverage of a test run: what runs in the browser, in processes and threads
      // of its own, or is tested while measuring, which coverage would disturb.
      exclude: [
        "reports/app/**",
        "adapters/programs/**",
        "**/worker.ts",
        "checkers/conform/wire/**",
        "sim/{calibrate,load,profile}/**",
        "sim/validat{e/measure,ion-outcome,ion-exhibits}.ts",
      ],
      reporter: ["text-summary"], // --coverage.reporter=text shows every file
      thresholds: { lines: 85, statements: 83, functions: 82, branches: 75 },
    },
  },
});
