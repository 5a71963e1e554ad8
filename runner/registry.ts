/** The engines, one line each; loaded only when something is planned for them. */

import type { Engine } from "../core/engine.ts";
import { engineNames, type EngineName } from "../core/result.ts";

const loaders: Record<EngineName, () => Promise<{ readonly engine: Engine }>> = {
  explore: () => import("../checkers/explore/engine.ts"),
  prove: () => import("../checkers/prove/engine.ts"),
  conform: () => import("../checkers/conform/engine.ts"),
  trace: () => import("../checkers/trace/engine.ts"),
  rules: () => import("../checkers/rules/engine.ts"),
  sim: () => import("../sim/engine.ts"),
  profile: () => import("../sim/profile/engine.ts"),
};

export async function loadEngine(name: EngineName): Promise<Engine> {
  return (await loaders[name]()).engine;
}

export async function loadEngines(
  names: readonly EngineName[] = engineNames,
): Promise<readonly Engine[]> {
  return Promise.all(names.map(loadEngine));
}
