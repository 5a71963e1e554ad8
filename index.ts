/** The public API: what a `verify.config.ts` imports. */

export * from "./core/index.ts";
export { guard, update } from "./expr/index.ts";
