import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Two cores and real sockets, solvers and child processes: give slow machines room. No test
    // asserts a duration.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: "v8",
      include: [
        "{core,expr,semantics,models,properties,impl,adapters,checkers,sim,runner,reports,cli}/**/*.ts",
      ],
      exclude: ["reports/app/**", "**/*.d.ts"],
    },
  },
});
