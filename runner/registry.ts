/** The engines, one line each; loaded only when something is planned for them. */

import type { Engine } from "../core/engine.ts";
import { engineNames, type EngineName } from "../core/result.ts";

type Loader = () => Promise<{ readonly engine: Engine }>;

const loaders: Partial<Record<EngineName, Loader>> = {
  explore: () => import("../checkers/explore/engine.ts"),
  conform: () => import("../checkers/conform/engine.ts"),
  sim: () => import("../sim/engine.ts"),
  profile: () => import("../sim/profile/engine.ts"),
};

export async function loadEngine(name: EngineName): Promise<Engine> {
  const loader = loaders[name];
  if (loader === undefined) throw new Error(`engine ${name} has not landed`);
  return (await loader()).engine;
}

export async function loadEngines(
  names: readonly EngineName[] = engineNames,
): Promise<readonly Engine[]> {
  return Promise.all(names.filter((name) => loaders[name] !== undefined).map(loadEngine));
}
