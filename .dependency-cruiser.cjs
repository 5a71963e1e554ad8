/**
 * The arrows of docs/architecture.md as rules. `npm run layers` (tools/layers.ts) applies them and
 * fails as well when a room was not cruised: dependency-cruiser itself goes green on 0 modules.
 */

const ROOMS =
  "^(core|expr|semantics|solver|models|properties|impl|adapters|checkers|sim|runner|reports|cli)/";
/** Everything of the workbench that product code could import. */
const WORKBENCH = `${ROOMS}|^(index|verify\\.config)\\.ts$`;
const CONTENT = "^(models|properties|adapters|impl)/";
/** A language with its interpreter: shipped, and the subject matter of one engine. */
const OTTL = "^impl/ottl/";

/** `room` may import only `allowed` rooms (and itself), whatever else it takes from npm or Node. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: WORKBENCH, pathNot: [from, ...allowed] },
});

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "Import cycles make loading order matter and rooms inseparable; types count too.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "not-to-unresolvable",
      comment: "An import that leads nowhere is one that no rule can judge.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },

    only("core-stands-alone", "^core/", [], "core is the vocabulary: it knows nobody."),
    {
      name: "core-has-no-runtime-dependencies",
      comment: "core may borrow types (`import type`), never code, from npm.",
      severity: "error",
      from: { path: "^core/" },
      to: { dependencyTypes: ["npm", "npm-dev", "npm-peer"], dependencyTypesNot: ["type-only"] },
    },
    only("expr-knows-core", "^expr/", ["^core/"], "expr: the expression language over core."),
    only(
      "semantics-knows-core-and-expr",
      "^semantics/",
      ["^core/", "^expr/"],
      "semantics: machines as tables.",
    ),
    only(
      "solver-knows-core",
      "^solver/",
      ["^core/"],
      "solver: SMT-LIB text in, an answer out; it knows nobody's terms.",
    ),
    only(
      "models-know-core-and-expr",
      "^models/",
      ["^core/", "^expr/"],
      "models are content: pure machines, no engine, no I/O; guards may be expressions.",
    ),
    only(
      "properties-know-models",
      "^properties/",
      ["^core/", "^models/"],
      "properties are content: they state claims and know no engine.",
    ),
    only("impl-stands-alone", "^impl/", [], "impl is usable without the workbench."),
    only(
      "adapters-know-impl-and-core",
      "^adapters/",
      ["^core/", "^impl/"],
      "adapters drive implementations; they know no engine and no model.",
    ),
    {
      name: "engines-know-no-content",
      comment: "An engine takes subjects through core; it knows no particular one.",
      severity: "error",
      from: { path: "^(checkers|sim)/" },
      to: {
        path: `${CONTENT}|^(runner|reports|cli)/|^(index|verify\\.config)\\.ts$`,
        pathNot: OTTL,
      },
    },
    {
      name: "only-rules-knows-ottl",
      comment: "One engine is about OTTL, and it replays its findings on the real interpreter.",
      severity: "error",
      from: { path: "^(checkers|sim)/", pathNot: "^checkers/rules/" },
      to: { path: OTTL },
    },
    {
      name: "engines-do-not-know-each-other",
      comment: "What two engines share belongs into core, expr, semantics or solver.",
      severity: "error",
      from: { path: "^checkers/([^/]+)/" },
      to: { path: "^(checkers|sim)/", pathNot: "^checkers/$1/" },
    },
    {
      name: "sim-knows-no-checker",
      comment: "What two engines share belongs into core, expr, semantics or solver.",
      severity: "error",
      from: { path: "^sim/" },
      to: { path: "^checkers/" },
    },
    {
      name: "audit-shares-no-code-with-engines",
      comment: "The auditor re-checks evidence; shared code would share its faults.",
      severity: "error",
      from: { path: "^checkers/audit/" },
      to: { path: "^(checkers|sim|semantics|expr|solver)/", pathNot: "^checkers/audit/" },
    },
    only("reports-know-core", "^reports/", ["^core/"], "reports show results, whoever made them."),
    only(
      "runner-composes-engines",
      "^runner/",
      ["^core/", "^expr/", "^semantics/", "^(checkers|sim)/"],
      "the runner plans and schedules; content reaches it only through a configuration.",
    ),
    {
      name: "cli-knows-no-content",
      comment: "the command line works without any configuration, so it must not need content.",
      severity: "error",
      from: { path: "^cli/" },
      to: { path: `${CONTENT}|^verify\\.config\\.ts$`, pathNot: OTTL },
    },
    {
      name: "public-api-is-light",
      comment: "A user's verify.config.ts imports index.ts: it must load neither engine nor cli.",
      severity: "error",
      from: { path: "^index\\.ts$" },
      to: { path: WORKBENCH, pathNot: ["^(core|expr)/"] },
    },
    {
      name: "only-the-config-ties-content",
      comment: "verify.config.ts is the only product code where models and adapters meet.",
      severity: "error",
      from: { path: WORKBENCH, pathNot: ["^verify\\.config\\.ts$", CONTENT] },
      to: { path: CONTENT, pathNot: OTTL },
    },

    {
      name: "product-does-not-import-tests",
      comment: "Tests, benchmarks, tools and examples are not shipped.",
      severity: "error",
      from: { path: WORKBENCH },
      to: { path: "^(test|bench|tools|examples|docs|dist)/" },
    },
    {
      name: "shipped-code-has-no-dev-dependencies",
      comment: "The tarball is installed without devDependencies; only types may come from there.",
      severity: "error",
      from: {
        path: "^(core|expr|semantics|solver|checkers|sim|runner|reports|cli|impl/ottl)/|^index\\.ts$",
        pathNot: "^reports/app/",
      },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    // Only what is ours; packages are judged as the end of an arrow.
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|coverage|\\.verify|reports/app/dist)/" },
    // Type-only imports are arrows too.
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    moduleSystems: ["es6"],
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
