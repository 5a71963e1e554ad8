/** Loads the subjects of a run, in the main thread and again in every worker. */

import { basename } from "node:path";

import { slug } from "../core/property.ts";
import type { RecordingSubject, Subject } from "../core/subject.ts";
import { loadConfig } from "./load-config.ts";
import type { SubjectSource } from "./protocol.ts";

export async function loadSubjects(source: SubjectSource): Promise<readonly Subject[]> {
  switch (source.kind) {
    case "data":
      return source.subjects;
    case "config":
      return (await loadConfig(source.path)).subjects;
    case "recording":
      return [await recordingSubject(source)];
  }
}

/** The machines of the configuration are the models that the recording may name. */
async function recordingSubject(
  source: Extract<SubjectSource, { kind: "recording" }>,
): Promise<RecordingSubject> {
  const { subjects } = await loadConfig(source.config);
  return {
    kind: "recording",
    id: slug(basename(source.file)),
    title: `Recorded run ${basename(source.file)}`,
    file: source.file,
    models: Object.fromEntries(
      subjects.flatMap((subject) =>
        subject.kind === "machine" ? [[subject.id, subject.model]] : [],
      ),
    ),
    unrecorded: source.unrecorded,
    fromMiddle: source.fromMiddle,
  };
}
