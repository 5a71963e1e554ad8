/** One result: what was claimed, what is promised, on what evidence, and how to see it again. */

import type { ComponentChildren } from "preact";

import type { Result } from "../../../core/index.ts";
import { formatRoute } from "../../view/keys.ts";
import {
  boundText,
  expectation,
  formatBound,
  formatDuration,
  formatNumber,
  implementationLabel,
  promise,
  tone,
} from "../../view/words.ts";
import { RunView } from "./counterexample.tsx";
import type { Model } from "./data.ts";
import { ExhibitView } from "./exhibits.tsx";
import { Chip, Copy, Inline, Source } from "./parts.tsx";

export function ResultPage({
  model,
  result,
  step,
}: {
  model: Model;
  result: Result;
  step: number | null;
}) {
  const { counterexample, witness } = result;
  return (
    <article>
      <div class="page-head">
        <p class="crumbs">
          <a href={formatRoute({ page: "subject", id: result.subject })}>
            {model.subject(result.subject)?.title ?? result.subject}
          </a>
        </p>
        <h1>{result.title}</h1>
        <p class="verdict-line">
          <Chip verdict={result.verdict} asExpected={result.asExpected} large />
          <Expected result={result} />
          {boundText(result) !== "" && <span class="bound">within {boundText(result)}</span>}
        </p>
        <p class="promise">
          <Inline text={promise(result)} />
        </p>
        {result.expectedBecause !== null && (
          <p class={`callout ${result.asExpected ? "calm" : tone(result)}`}>
            <Inline
              text={
                result.asExpected
                  ? `As expected, because ${result.expectedBecause}`
                  : `Not as expected: ${expectation(result)}`
              }
            />
          </p>
        )}
      </div>
      <Facts result={result} />
      {result.diagnostics.length > 0 && (
        <ul class="plain">
          {result.diagnostics.map((diagnostic, index) => (
            <li key={index}>
              <code>{diagnostic.code}</code> {diagnostic.message}
            </li>
          ))}
        </ul>
      )}
      {counterexample !== null && (
        <>
          <p class={`callout message ${result.asExpected ? "calm" : "bad"}`}>
            <Inline text={counterexample.message} />
          </p>
          <RunView
            model={model}
            result={result}
            trace={counterexample.trace}
            step={step}
            title="Counterexample"
          />
        </>
      )}
      {counterexample === null && witness !== undefined && (
        <RunView model={model} result={result} trace={witness} step={step} title="Witness" />
      )}
      {result.exhibits.map((exhibit, index) => (
        <ExhibitView exhibit={exhibit} key={index} />
      ))}
    </article>
  );
}

function Expected({ result }: { result: Result }) {
  const holds = result.verdict === "proved" || result.verdict === "holds-bounded";
  if (result.asExpected) {
    return <span class={`expect ${holds ? "muted" : "calm"}`}>as expected</span>;
  }
  return (
    <span class={`expect ${tone(result)}`}>
      unexpected
      {result.expectedBecause === null && <span class="muted">, {expectation(result)}</span>}
    </span>
  );
}

function Facts({ result }: { result: Result }) {
  const implementation = implementationLabel(result);
  const { requirement } = result;
  const stats = Object.entries(result.stats);
  // Reason and message stand elsewhere on the page already.
  const said = [result.reason, result.counterexample?.message];
  const evidence = said.includes(result.evidence) ? "" : result.evidence;
  const searched = result.verdict === "violated" ? formatBound(result.bound) : "";
  return (
    <dl class="facts">
      <Fact name="Method">
        {result.engine}
        {result.method !== null && <>, {result.method}</>}
      </Fact>
      {implementation !== "" && <Fact name="Implementation">{implementation}</Fact>}
      {evidence !== "" && (
        <Fact name="Evidence">
          <Inline text={evidence} />
        </Fact>
      )}
      {result.audit !== undefined && (
        <Fact name="Audit">
          {result.audit.says === "accepted"
            ? "checked again without the engine: "
            : "not audited: "}
          {result.audit.message}
        </Fact>
      )}
      {result.reduction?.used.map((text) => (
        <Fact name="Reduced" key={text}>
          {text}
        </Fact>
      ))}
      {result.reduction?.off.map(({ code, reduction, reason }) => (
        <Fact name="Not reduced" key={reduction}>
          {reduction}: {reason} (<code>{code}</code>)
        </Fact>
      ))}
      {searched !== "" && <Fact name="Searched">{searched}</Fact>}
      {result.assumptions.length > 0 && (
        <Fact name="Assumes">
          {result.assumptions.length === 1 ? (
            <Inline text={result.assumptions.join("")} />
          ) : (
            <ul class="plain">
              {result.assumptions.map((assumption) => (
                <li key={assumption}>
                  <Inline text={assumption} />
                </li>
              ))}
            </ul>
          )}
        </Fact>
      )}
      {requirement !== undefined && (
        <Fact name="Requirement">
          <span class="level">{requirement.level}</span> {requirement.slug}: {requirement.finding}
          <span class="muted">
            {" "}
            ({requirement.class}, spec {requirement.specVersion}, since {requirement.since})
          </span>
          <br />
          <Source text={requirement.source} />
        </Fact>
      )}
      {result.source !== null && result.source !== requirement?.source && (
        <Fact name="Source">
          <Source text={result.source} />
        </Fact>
      )}
      <Fact name="Work">
        {stats.map(([name, value]) => (
          <span class="stat" key={name}>
            {name}{" "}
            <strong>{typeof value === "number" ? formatNumber(value) : String(value)}</strong>
          </span>
        ))}
        <span class="stat">
          time <strong>{formatDuration(result.durationMs)}</strong>
        </span>
      </Fact>
      <Fact name="Again">
        <code>{result.replay}</code> <Copy text={result.replay} label="Copy the replay command" />
      </Fact>
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
