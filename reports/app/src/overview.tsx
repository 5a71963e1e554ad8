/** The first page: is anything unexpected, what was checked how, and every result. */

import { verdicts, type Report, type Result } from "../../../core/index.ts";
import { filterHelp, matches, parseFilter } from "../../view/filter.ts";
import { formatRoute } from "../../view/keys.ts";
import { conformanceMatrix, coverageText, overviewMatrix } from "../../view/matrix.ts";
import { boundText, formatDuration, plural, tone, verdictSymbol } from "../../view/words.ts";
import type { Model } from "./data.ts";
import { Count, filterHref, ResultRows, resultHref, Scroll, Section, tally } from "./parts.tsx";

export function Overview({ model, query }: { model: Model; query: string }) {
  const { report } = model;
  const terms = parseFilter(query);
  if (terms.length > 0) {
    const found = report.results.filter((result) => matches(terms, result));
    return (
      <>
        <div class="page-head">
          <h1>
            {found.length === 0 ? "No result matches" : plural(found.length, "result")}{" "}
            <span class="muted">for {query}</span>
          </h1>
          <p class="muted">
            Filters: {filterHelp}. <a href="#/">Clear</a>
          </p>
        </div>
        <Grouped model={model} results={found} open />
      </>
    );
  }
  const unexpected = report.results.filter((result) => !result.asExpected);
  return (
    <>
      <Headline report={report} />
      {unexpected.length > 0 && (
        <Section title="Not as expected">
          <ResultRows model={model} results={unexpected} />
        </Section>
      )}
      <Matrix model={model} />
      <Conformance model={model} results={report.results} />
      <Section title="All results">
        <Grouped model={model} results={report.results} open={report.results.length <= 40} />
      </Section>
    </>
  );
}

function Headline({ report }: { report: Report }) {
  const { unexpected } = report.summary;
  const total = report.results.length;
  const state = unexpected > 0 ? "bad" : total === 0 || report.interrupted ? "open" : "good";
  const started = new Date(report.startedAt);
  return (
    <div class={`page-head headline ${state}`}>
      <h1>
        {total === 0
          ? "Nothing was checked"
          : unexpected > 0
            ? `${plural(unexpected, "result is", "results are")} not as expected`
            : "Nothing unexpected"}
      </h1>
      {report.interrupted && (
        <p>
          <strong>Interrupted.</strong> These are the results so far.
        </p>
      )}
      <Tally report={report} />
      <dl class="meta">
        <div>
          <dt>Results</dt>
          <dd>{total}</dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>{formatDuration(report.durationMs)}</dd>
        </div>
        <div>
          <dt>Seed</dt>
          <dd>{report.seed}</dd>
        </div>
        <div>
          <dt>Started</dt>
          <dd>{Number.isNaN(started.getTime()) ? report.startedAt : started.toLocaleString()}</dd>
        </div>
        <div>
          <dt>Exit code</dt>
          <dd>{report.exitCode}</dd>
        </div>
        <div>
          <dt>Command</dt>
          <dd>
            <code>{report.command.join(" ")}</code>
          </dd>
        </div>
        {Object.entries(report.environment).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{String(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** A bar of all results by verdict, and the same in words; each part is a filter. */
function Tally({ report }: { report: Report }) {
  const parts = verdicts.flatMap((verdict) =>
    [false, true].flatMap((asExpected) => {
      const count = report.results.filter(
        (result) => result.verdict === verdict && result.asExpected === asExpected,
      ).length;
      return count === 0 ? [] : [{ verdict, asExpected, count }];
    }),
  );
  if (parts.length === 0) return null;
  return (
    <>
      <div class="tally-bar" aria-hidden="true">
        {parts.map((part) => (
          <span
            key={`${part.verdict}${String(part.asExpected)}`}
            class={tone(part)}
            style={{ flexGrow: part.count }}
          />
        ))}
      </div>
      <ul class="tally">
        {parts.map((part) => (
          <li key={`${part.verdict}${String(part.asExpected)}`}>
            <a
              class={`chip ${tone(part)}`}
              href={filterHref(
                `s:${part.verdict} s:${part.asExpected ? "expected" : "unexpected"}`,
              )}
            >
              <span aria-hidden="true">{verdictSymbol[part.verdict]}</span>{" "}
              <strong>{part.count}</strong> {part.verdict}
              {!part.asExpected
                ? ", unexpected"
                : part.verdict === "violated" || part.verdict === "vacuous"
                  ? ", as expected"
                  : ""}
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Matrix({ model }: { model: Model }) {
  const { engines, rows } = overviewMatrix(model.report.subjects, model.report.results);
  if (rows.length === 0) return null;
  return (
    <Section title="Subjects and engines">
      <Scroll label="Subjects and engines">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">Subject</th>
              {engines.map((engine) => (
                <th scope="col" key={engine}>
                  {engine}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.subject}>
                <th scope="row">
                  <a href={formatRoute({ page: "subject", id: row.subject })}>{row.subject}</a>
                  <span class="muted sub">{model.subject(row.subject)?.title}</span>
                </th>
                {row.cells.map((cell, index) => (
                  <td key={engines[index]}>
                    {cell.length === 0 ? (
                      <span class="muted" aria-label="none">
                        ·
                      </span>
                    ) : (
                      <a
                        class="cell"
                        href={filterHref(`m:${row.subject} e:${engines[index] ?? ""}`)}
                      >
                        {tally(cell).map((group) => (
                          <Count key={`${group.verdict}${String(group.asExpected)}`} {...group} />
                        ))}
                      </a>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}

const findingTone = {
  conforms: "bounded",
  deviates: "calm",
  ambiguous: "open",
  "not-tested": "mute",
} as const;

/** Requirement × implementation, when results judge requirements. */
export function Conformance({ model, results }: { model: Model; results: readonly Result[] }) {
  const matrix = conformanceMatrix(results);
  if (matrix === null) return null;
  return (
    <Section title="Requirements and implementations">
      <p class="muted">{coverageText(matrix.coverage)}.</p>
      <Scroll label="Requirements and implementations">
        <table class="matrix conformance">
          <thead>
            <tr>
              <th scope="col">Requirement</th>
              {matrix.implementations.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map(({ requirement, title, cells }) => (
              <tr key={`${requirement.id} ${requirement.specVersion}`}>
                <th scope="row">
                  {!title.includes(`(${requirement.level})`) && (
                    <span class="level">{requirement.level} </span>
                  )}
                  {title}
                  <span class="muted sub">
                    {requirement.slug} · {requirement.class} · spec {requirement.specVersion}
                  </span>
                </th>
                {cells.map((result, index) => (
                  <td key={matrix.implementations[index]}>
                    {result === null || result.requirement === undefined ? (
                      <span class="muted">not judged</span>
                    ) : (
                      <a
                        class={`chip ${result.asExpected ? findingTone[result.requirement.finding] : tone(result)}`}
                        href={resultHref(model, result)}
                        title={boundText(result) === "" ? undefined : `within ${boundText(result)}`}
                      >
                        <span aria-hidden="true">{verdictSymbol[result.verdict]}</span>{" "}
                        {result.requirement.finding}
                        {result.asExpected ? "" : ", unexpected"}
                      </a>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Section>
  );
}

/** Results by subject; a subject without surprises is folded when there are many. */
function Grouped({
  model,
  results,
  open,
}: {
  model: Model;
  results: readonly Result[];
  open: boolean;
}) {
  return (
    <>
      {model.subjectIds().map((id) => {
        const own = results.filter((result) => result.subject === id);
        if (own.length === 0) return null;
        return (
          <details class="group" key={id} open={open || own.some((result) => !result.asExpected)}>
            <summary>
              <strong>{id}</strong> <span class="title">{model.subject(id)?.title}</span>
              <span class="counts">
                {tally(own).map((group) => (
                  <Count key={`${group.verdict}${String(group.asExpected)}`} {...group} />
                ))}
              </span>
            </summary>
            <ResultRows model={model} results={own} />
          </details>
        );
      })}
    </>
  );
}
