/** What travels between the scheduler and its worker threads: ids and plain data, never closures. */

import type { Budget, Obligation } from "../core/engine.ts";
import type { Outcome } from "../core/result.ts";
import type {
  ProcessSubject,
  QueueSubject,
  RulesSubject,
  TheoremSubject,
} from "../core/subject.ts";

/** Where a worker gets its subjects: a configuration file, or subjects that are plain data. */
export type SubjectSource =
  /** A recorded run, held against the machines of a configuration. */
  | {
      readonly kind: "recording";
      readonly config: string;
      readonly file: string;
      readonly unrecorded: readonly string[];
      readonly fromMiddle: boolean;
    }
  | { readonly kind: "config"; readonly path: string }
  | {
      readonly kind: "data";
      readonly subjects: readonly (ProcessSubject | TheoremSubject | QueueSubject | RulesSubject)[];
    };

export type EngineOptions = Readonly<Record<string, string | number | boolean>>;

export interface WorkerData {
  readonly source: SubjectSource;
}

export interface Task {
  readonly obligation: Obligation;
  readonly seed: number;
  readonly budget: Budget;
  readonly options: EngineOptions;
}

export type ToWorker = { readonly type: "check"; readonly task: Task } | { readonly type: "abort" };

export type FromWorker =
  | { readonly type: "progress"; readonly message: string }
  | { readonly type: "outcome"; readonly outcome: Outcome; readonly durationMs: number };
