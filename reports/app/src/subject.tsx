/** One subject: its state diagram, its claims, and what they came to. */

import type { StateGraph } from "../../../core/index.ts";
import { plural } from "../../view/words.ts";
import { CoverageView } from "./coverage.tsx";
import type { Model } from "./data.ts";
import { DiagramView } from "./diagram.tsx";
import { Conformance } from "./overview.tsx";
import { Count, ResultRows, Section, Source, tally } from "./parts.tsx";

export function SubjectPage({ model, id }: { model: Model; id: string }) {
  const subject = model.subject(id);
  const results = model.resultsOf(id);
  if (subject === undefined && results.length === 0) {
    return (
      <div class="empty">
        <h1>No such subject</h1>
        <p>
          This report has no subject <code>{id}</code>. <a href="#/">Overview</a>
        </p>
      </div>
    );
  }
  const drawing = model.graph(id);
  const judged = results.some((result) => result.requirement !== undefined);
  return (
    <>
      <div class="page-head">
        <p class="crumbs">{subject?.kind ?? "subject"}</p>
        <h1>{subject?.title ?? id}</h1>
        <p class="muted">
          <code>{id}</code>
          {subject?.source !== undefined && subject.source !== null && (
            <>
              {" "}
              · from <Source text={subject.source} />
            </>
          )}
        </p>
        <p class="counts">
          {tally(results).map((group) => (
            <Count key={`${group.verdict}${String(group.asExpected)}`} {...group} />
          ))}
        </p>
      </div>
      {drawing !== null && (
        <Section
          title="States"
          aside={
            <span class="muted">
              {plural(drawing.graph.nodes.length, "state")},{" "}
              {plural(drawing.graph.edges.length, "transition")}
            </span>
          }
        >
          {drawing.diagram === undefined ? (
            <StateList graph={drawing.graph} />
          ) : (
            <DiagramView
              diagram={drawing.diagram}
              graph={drawing.graph}
              label={`State diagram of ${subject?.title ?? id}`}
            />
          )}
        </Section>
      )}
      {judged && <Conformance model={model} results={results} />}
      <Section title="Claims">
        <ResultRows model={model} results={results} />
      </Section>
      {subject?.coverage !== undefined && <CoverageView coverage={subject.coverage} />}
    </>
  );
}

/** Instead of a drawing that would be too large to read. */
function StateList({ graph }: { graph: StateGraph }) {
  return (
    <details>
      <summary>The diagram is too large to draw; list the transitions</summary>
      <ul class="plain">
        {graph.edges.map((edge, index) => (
          <li key={index}>
            <code>{edge.from}</code> → <code>{edge.to}</code> {edge.label}
          </li>
        ))}
      </ul>
    </details>
  );
}
