/** Small pieces that several pages use. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { Result, Scalar, Verdict } from "../../../core/index.ts";
import { formatRoute } from "../../view/keys.ts";
import {
  atImplementation,
  boundText,
  formatDuration,
  formatNumber,
  tone,
  verdictMeaning,
  verdictSymbol,
} from "../../view/words.ts";
import type { Model } from "./data.ts";

/** Verdict sign and word; colour only underlines them. */
export function Chip({
  verdict,
  asExpected,
  large,
}: {
  verdict: Verdict;
  asExpected: boolean;
  large?: boolean;
}) {
  return (
    <span
      class={`chip ${tone({ verdict, asExpected })}${large === true ? " large" : ""}`}
      title={verdictMeaning[verdict]}
    >
      <span aria-hidden="true">{verdictSymbol[verdict]}</span> {verdict}
    </span>
  );
}

/** How many of a kind, as sign and number; the words are in the title and for screen readers. */
export function Count({
  verdict,
  asExpected,
  count,
}: {
  verdict: Verdict;
  asExpected: boolean;
  count: number;
}) {
  const words = `${count} ${verdict}${asExpected ? "" : ", unexpected"}`;
  return (
    <span class={`count ${tone({ verdict, asExpected })}`} title={words}>
      <span aria-hidden="true">
        {verdictSymbol[verdict]} {count}
      </span>
      <span class="hidden">{words}</span>
    </span>
  );
}

/** Results counted by verdict and expectation, the unexpected first. */
export function tally(results: readonly Result[]): {
  verdict: Verdict;
  asExpected: boolean;
  count: number;
}[] {
  const groups = new Map<string, { verdict: Verdict; asExpected: boolean; count: number }>();
  for (const { verdict, asExpected } of results) {
    const key = `${String(asExpected)} ${verdict}`;
    const group = groups.get(key) ?? { verdict, asExpected, count: 0 };
    group.count += 1;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => Number(a.asExpected) - Number(b.asExpected));
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // file:// pages may have no clipboard: the old way still works there.
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    setDone(true);
    setTimeout(() => setDone(false), 1600);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()} aria-label={label}>
      {done ? "copied" : "copy"}
    </button>
  );
}

/** Text in which `back ticks` mean code, as engines write it. */
export function Inline({ text }: { text: string }) {
  return (
    <>
      {text
        .split(/`([^`]+)`/)
        .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
    </>
  );
}

/** A link when it is one, else text: sources are URLs or citations. */
export function Source({ text }: { text: string }) {
  return /^https?:\/\//.test(text) ? (
    <a href={text} rel="noreferrer noopener" target="_blank">
      {text.replace(/^https?:\/\//, "")}
    </a>
  ) : (
    <>{text}</>
  );
}

export const resultHref = (model: Model, result: Result, step: number | null = null): string =>
  formatRoute({ page: "result", key: model.keyOf(result), step });

export const filterHref = (query: string): string => formatRoute({ page: "overview", query });

/** One line per result; the whole line is the link. */
export function ResultRows({ model, results }: { model: Model; results: readonly Result[] }) {
  return (
    <ul class="rows">
      {results.map((result) => {
        const bound = boundText(result);
        const implementation = atImplementation(result);
        return (
          <li key={model.keyOf(result)}>
            <a class="row" href={resultHref(model, result)}>
              <span>
                <Chip verdict={result.verdict} asExpected={result.asExpected} />
              </span>
              <span class="claim">
                <span class="title">
                  {result.title}
                  {implementation !== "" && (
                    <>
                      {" "}
                      <span class="at">{implementation}</span>
                    </>
                  )}
                </span>
              </span>
              <span class="bound">{bound !== "" && <>within {bound}</>}</span>
              <span class="how">
                {result.engine}
                {result.method !== null && <span class="muted"> {result.method}</span>}
              </span>
              <span class="time">{formatDuration(result.durationMs)}</span>
              <Why result={result} />
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** The second line of a row: what went wrong, or why the outcome is expected. */
function Why({ result }: { result: Result }) {
  const said =
    result.expectationMismatch ??
    (result.reason === "" ? result.counterexample?.message : result.reason);
  if (!result.asExpected) {
    return (
      <span class="why">
        <strong class={tone(result)}>unexpected</strong>
        {said !== undefined && (
          <>
            : <Inline text={said} />
          </>
        )}
      </span>
    );
  }
  if (result.expectedBecause !== null) {
    return (
      <span class="why muted">
        as expected: <Inline text={result.expectedBecause} />
      </span>
    );
  }
  return result.reason === "" ? null : (
    <span class="why muted">
      <Inline text={result.reason} />
    </span>
  );
}

export function Section({
  title,
  id,
  aside,
  children,
}: {
  title: string;
  id?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section id={id}>
      <div class="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A value in a table or a list of facts. */
export const cellText = (value: Scalar): string =>
  value === null ? "–" : typeof value === "number" ? formatNumber(value) : String(value);

/** Wide content scrolls sideways, by keyboard too. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A value in a cell; long fractions are shortened and shown in full when pointed at. */
export function Value({ text }: { text: string | undefined }) {
  if (text === undefined) return <>–</>;
  if (!/^-?\d+\.\d{6,}(?:e-?\d+)?$/.test(text)) return <>{text}</>;
  return <span title={text}>{formatNumber(Number(text))}</span>;
}
