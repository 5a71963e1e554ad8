/** The report inside the page: base64 of gzipped JSON in an element that is never run. */

import type { Report, Result, StateGraph, SubjectSummary } from "../../../core/index.ts";
import { linkKeys } from "../../view/keys.ts";

export interface Diagram {
  readonly prefix: string;
  readonly svg: string;
}

export interface Data {
  readonly report: Report;
  readonly diagrams: Readonly<Record<string, Diagram>>;
}

async function decode(): Promise<Data> {
  const text = document.getElementById("verify-data")?.textContent ?? "";
  const bytes = Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by reports/html
  return (await new Response(stream).json()) as Data;
}

/** What the pages ask about the report. */
export class Model {
  readonly report: Report;
  readonly diagrams: Data["diagrams"];
  readonly #keys: Map<Result, string>;
  readonly #byKey = new Map<string, Result>();

  constructor({ report, diagrams }: Data) {
    this.report = report;
    this.diagrams = diagrams;
    this.#keys = linkKeys(report.results);
    // Backwards, so that a plain id leads to the first of several.
    for (const result of report.results.toReversed()) {
      this.#byKey.set(result.id, result);
    }
    for (const [result, key] of this.#keys) this.#byKey.set(key, result);
  }

  keyOf(result: Result): string {
    return this.#keys.get(result) ?? result.id;
  }

  find(key: string): Result | undefined {
    return this.#byKey.get(key);
  }

  subject(id: string): SubjectSummary | undefined {
    return this.report.subjects.find((subject) => subject.id === id);
  }

  resultsOf(subject: string): readonly Result[] {
    return this.report.results.filter((result) => result.subject === subject);
  }

  graph(subject: string): { graph: StateGraph; diagram: Diagram | undefined } | null {
    const graph = this.subject(subject)?.graph ?? null;
    return graph === null ? null : { graph, diagram: this.diagrams[subject] };
  }

  /** Subjects in order, with those that only results name. */
  subjectIds(): string[] {
    return [
      ...new Set([
        ...this.report.subjects.map((subject) => subject.id),
        ...this.report.results.map((result) => result.subject),
      ]),
    ];
  }
}

export const loadModel = async (): Promise<Model> => new Model(await decode());
