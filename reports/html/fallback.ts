/**
 * What readers without JavaScript see (mail, artifact viewers with a sandbox, very old browsers):
 * the results as a table and the counterexamples as text.
 */

import type { Report, Result, Trace } from "../../core/index.ts";
import { changeText, steps } from "../view/steps.ts";
import {
  boundText,
  expectation,
  formatDuration,
  implementationLabel,
  plural,
  tone,
  verdictSymbol,
} from "../view/words.ts";
import { escapeHtml as esc } from "./escape.ts";

/** Steps per trace; the page itself shows all. */
const headSteps = 40;
const tailSteps = 10;

export function renderFallback(report: Report): string {
  const { unexpected } = report.summary;
  const rows = report.results.map((result) => row(result)).join("\n");
  return `<main class="fallback">
<h1>verify: ${unexpected === 0 ? "nothing unexpected" : plural(unexpected, "unexpected result")}</h1>
<p>${esc(plural(report.results.length, "result"))} in ${esc(formatDuration(report.durationMs))}, seed ${report.seed}, started ${esc(report.startedAt)}.${report.interrupted ? " <strong>Interrupted: these are the results so far.</strong>" : ""} This is the static summary; the interactive report needs JavaScript.</p>
<table>
<thead><tr><th scope="col">Verdict</th><th scope="col">Claim</th><th scope="col">Engine</th><th scope="col">Expectation</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</main>`;
}

function row(result: Result): string {
  const bound = boundText(result);
  const implementation = implementationLabel(result);
  const verdict = `<span class="chip ${tone(result)}">${verdictSymbol[result.verdict]} ${result.verdict}</span>`;
  const trace =
    result.counterexample === null
      ? ""
      : `<details><summary>${esc(result.counterexample.message)}</summary><pre>${esc(traceText(result.counterexample.trace))}</pre><p><code>${esc(result.replay)}</code></p></details>`;
  return `<tr><td>${verdict}${bound === "" ? "" : `<br><small>within ${esc(bound)}</small>`}</td><td><strong>${esc(result.title)}</strong>${implementation === "" ? "" : ` @ ${esc(implementation)}`}<br><small>${esc(result.id)}</small>${result.reason === "" ? "" : `<br>${esc(result.reason)}`}${trace}</td><td>${esc(result.engine)}${result.method === null ? "" : `<br><small>${esc(result.method)}</small>`}</td><td>${result.asExpected ? "" : "<strong>unexpected</strong>: "}${esc(expectation(result))}</td></tr>`;
}

function traceText(trace: Trace): string {
  const all = steps(trace);
  const lines: string[] = [];
  for (const step of all) {
    if (all.length > headSteps + tailSteps) {
      if (step.index === headSteps)
        lines.push(`… ${all.length - headSteps - tailSteps} more steps`);
      if (step.index >= headSteps && step.index < all.length - tailSteps) continue;
    }
    const state = step.state === "" ? "" : ` → ${step.state}`;
    const changes = step.changes.map(changeText).join(", ");
    lines.push(`${step.index}. ${step.event}${state}${changes === "" ? "" : `   ${changes}`}`);
    if (step.note !== undefined) lines.push(`   ${step.note}`);
  }
  if (trace.loop !== undefined) lines.push(`↺ back to step ${trace.loop}, again and again`);
  return lines.join("\n");
}
