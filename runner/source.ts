/** Loads the subjects of a run, in the main thread and again in every worker. */

import type { Subject } from "../core/subject.ts";
import { loadConfig } from "./load-config.ts";
import type { SubjectSource } from "./protocol.ts";

export async function loadSubjects(source: SubjectSource): Promise<readonly Subject[]> {
  return source.kind === "data" ? source.subjects : (await loadConfig(source.path)).subjects;
}
