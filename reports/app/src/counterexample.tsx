/** A run as steps: the list, the variables, the diagram; j and k move, the address follows. */

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Result, Trace } from "../../../core/index.ts";
import { pathEdges, takenEdge } from "../../view/diagram.ts";
import {
  changeText,
  disagreements,
  modelValue,
  steps as stepsOf,
  type Step,
} from "../../view/steps.ts";
import { plural } from "../../view/words.ts";
import type { Model } from "./data.ts";
import { DiagramView } from "./diagram.tsx";
import { Inline, Scroll, Section, Value } from "./parts.tsx";
import { navigate } from "./router.ts";

const rowHeight = 34;
/** Longer runs draw only the rows in view. */
const windowedFrom = 250;

interface Props {
  readonly model: Model;
  readonly result: Result;
  readonly trace: Trace;
  readonly step: number | null;
  readonly title: string;
}

export function RunView({ model, result, trace, step, title }: Props) {
  const steps = useMemo(() => stepsOf(trace), [trace]);
  const last = steps.length - 1;
  const current = Math.min(step ?? last, last);
  // Keys may come faster than the page is drawn, so moves start from here, not from what is drawn.
  const at = useRef(current);
  at.current = current;
  const go = (to: number): void => {
    const bounded = Math.max(0, Math.min(last, to));
    at.current = bounded;
    navigate({ page: "result", key: model.keyOf(result), step: bounded }, true);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "j") go(at.current + 1);
      else if (event.key === "k") go(at.current - 1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  const now = steps[current];
  if (now === undefined) return null;
  if (trace.loop === undefined && steps.length <= 6 && isPlain(steps)) {
    return (
      <Section title={title} aside={<SaveTrace trace={trace} name={model.keyOf(result)} />}>
        <Points steps={steps} />
      </Section>
    );
  }
  const drawing = model.graph(result.subject);
  const diagram = drawing?.diagram;
  return (
    <Section
      title={title}
      aside={
        <span class="muted">
          {plural(last, "step")}
          {trace.loop !== undefined && <>, then for ever from step {trace.loop}</>} · <kbd>j</kbd>{" "}
          <kbd>k</kbd> move · <SaveTrace trace={trace} name={model.keyOf(result)} />
        </span>
      }
    >
      <div class={`run ${drawing === null || diagram === undefined ? "without-diagram" : ""}`}>
        <StepList
          steps={steps}
          current={current}
          loop={trace.loop}
          go={go}
          move={(delta) => go(at.current + delta)}
        />
        <div class="beside">
          {drawing !== null && diagram !== undefined && (
            <RunDiagram graph={drawing.graph} diagram={diagram} steps={steps} current={current} />
          )}
          <Variables step={now} before={steps[current - 1]} />
        </div>
      </div>
    </Section>
  );
}

/** Values without a history, e.g. an operating point: nothing led from one state to the next. */
const isPlain = (steps: readonly Step[]): boolean =>
  steps.every((step) => step.eventType === undefined && step.active.length === 0);

/** Such values side by side: a column per state. */
function Points({ steps }: { steps: readonly Step[] }) {
  const names = [...new Set(steps.flatMap((step) => [...step.variables.keys()]))];
  return (
    <Scroll label="Values">
      <table class="exhibit points">
        <thead>
          <tr>
            <th scope="col">Variable</th>
            {steps.map((step) => (
              <th scope="col" key={step.index}>
                {steps.length === 1 ? "Value" : `State ${step.index}`}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {steps.map((step) => (
                <td key={step.index}>
                  <Value text={step.variables.get(name)} />
                </td>
              ))}
            </tr>
          ))}
          {steps.some((step) => step.note !== undefined) && (
            <tr>
              <th scope="row">
                <span class="open" aria-hidden="true">
                  ▲
                </span>{" "}
                remark
              </th>
              {steps.map((step) => (
                <td key={step.index} class="open">
                  {step.note !== undefined && <Inline text={step.note} />}
                </td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </Scroll>
  );
}

function RunDiagram({
  graph,
  diagram,
  steps,
  current,
}: {
  graph: NonNullable<ReturnType<Model["graph"]>>["graph"];
  diagram: NonNullable<NonNullable<ReturnType<Model["graph"]>>["diagram"]>;
  steps: readonly Step[];
  current: number;
}) {
  const path = useMemo(() => pathEdges(graph, steps), [graph, steps]);
  const before = steps[current - 1];
  const now = steps[current];
  if (now === undefined || steps.every((step) => step.active.length === 0)) return null;
  return (
    <DiagramView
      diagram={diagram}
      graph={graph}
      label={`State diagram; after step ${current} active: ${now.active.join(", ")}`}
      active={now.active}
      path={path}
      taken={before === undefined ? null : takenEdge(graph, before, now)}
    />
  );
}

function StepList({
  steps,
  current,
  loop,
  go,
  move,
}: {
  steps: readonly Step[];
  current: number;
  loop: number | undefined;
  go: (step: number) => void;
  move: (delta: number) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const windowed = steps.length > windowedFrom;
  const [top, setTop] = useState(Math.max(0, current - 8) * rowHeight);
  const height = 14 * rowHeight;
  const widths = useMemo(() => columnWidths(steps), [steps]);
  const from = windowed ? Math.max(0, Math.floor(top / rowHeight) - 6) : 0;
  const to = windowed
    ? Math.min(steps.length, from + Math.ceil(height / rowHeight) + 12)
    : steps.length;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const y = current * rowHeight;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = y + rowHeight - element.clientHeight;
    }
    setTop(element.scrollTop);
    // Where the keyboard is, it stays: the focus moves along with the current step.
    if (element.contains(document.activeElement)) {
      element
        .querySelector<HTMLElement>(`[data-step="${current}"]`)
        ?.focus({ preventScroll: true });
    }
  }, [current]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      Home: -steps.length,
      End: steps.length,
    };
    const delta = moves[event.key];
    if (delta === undefined) return;
    event.preventDefault();
    move(delta);
  };

  return (
    <div
      class="steps"
      ref={box}
      style={{ ...widths, ...(windowed ? { height: `${height}px` } : {}) }}
      onScroll={(event) => windowed && setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <ol
        aria-label="Steps"
        style={
          windowed
            ? {
                paddingTop: `${from * rowHeight}px`,
                paddingBottom: `${(steps.length - to) * rowHeight}px`,
              }
            : undefined
        }
      >
        {steps.slice(from, to).map((step) => (
          <StepRow
            key={step.index}
            step={step}
            size={steps.length}
            current={step.index === current}
            loop={loop}
            go={go}
          />
        ))}
      </ol>
    </div>
  );
}

/** The same columns in every row, as wide as the content wants, within reason. */
function columnWidths(steps: readonly Step[]): Record<string, string> {
  const width = (text: (step: Step) => string, most: number): string =>
    `${Math.min(
      most,
      steps.reduce((longest, step) => Math.max(longest, text(step).length + 1), 4),
    )}ch`;
  return {
    "--number-width": `${String(steps.length).length + 1}ch`,
    "--event-width": width(
      (step) =>
        `${step.by === "timer" ? "timer  " : step.by === "internal" ? "internal " : ""}${step.event}`,
      30,
    ),
    "--state-width": width((step) => (step.state === "" ? "" : `→ ${step.state}`), 26),
  };
}

function StepRow({
  step,
  size,
  current,
  loop,
  go,
}: {
  step: Step;
  size: number;
  current: boolean;
  loop: number | undefined;
  go: (step: number) => void;
}) {
  const last = step.index === size - 1;
  const differs = disagreements(step).length > 0;
  const inLoop = loop !== undefined && step.index >= loop;
  return (
    <li aria-setsize={size} aria-posinset={step.index + 1} class={inLoop ? "in-loop" : ""}>
      <button
        type="button"
        data-step={step.index}
        tabIndex={current ? 0 : -1}
        aria-current={current ? "step" : undefined}
        class="step"
        onClick={() => go(step.index)}
      >
        <span class="number">{step.index}</span>
        <span class="event" title={step.event}>
          {step.by === "timer" && <span class="by">timer</span>}
          {step.by === "internal" && <span class="by">internal</span>}
          {step.by === "timer" || step.by === "internal" ? " " : ""}
          {step.event}
        </span>
        <span class="to">
          {step.state !== "" && (
            <>
              <span class="muted" aria-hidden="true">
                →{" "}
              </span>
              {step.state}
            </>
          )}
        </span>
        <span class="changed muted">{step.changes.map(changeText).join(", ")}</span>
        <span class="flags">
          {loop === step.index && (
            <span class="flag" title="the loop starts here">
              ↺ loop
            </span>
          )}
          {loop !== undefined && last && (
            <span class="flag" title={`back to step ${loop}`}>
              ↺ to {loop}
            </span>
          )}
          {differs && (
            <span class="flag bad" title="model and implementation differ">
              ≠
            </span>
          )}
          {step.note !== undefined && (
            <span class="flag open" title={step.note}>
              ▲
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

interface VariableRow {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly observed: string | undefined;
  readonly changed: boolean;
  readonly differs: boolean;
}

function variableRows(step: Step, before: Step | undefined): VariableRow[] {
  const differing = new Set(disagreements(step));
  const names = new Set([
    ...(step.state === "" ? [] : ["state"]),
    ...step.variables.keys(),
    ...(before?.variables.keys() ?? []),
    ...step.predicted.keys(),
    ...step.observed.keys(),
  ]);
  return [...names].map((name) => {
    const after = modelValue(step, name);
    const old = before === undefined ? undefined : modelValue(before, name);
    return {
      name,
      before: old,
      after,
      observed: step.observed.get(name),
      changed: before !== undefined && old !== after,
      differs: differing.has(name),
    };
  });
}

function Variables({ step, before }: { step: Step; before: Step | undefined }) {
  const [changedOnly, setChangedOnly] = useState(step.variables.size > 16);
  const all = variableRows(step, before);
  const rows = changedOnly
    ? all.filter((row) => row.changed || row.differs || before === undefined)
    : all;
  const observed = step.observed.size > 0;
  const timing = step.timeMs === undefined ? "" : ` at ${step.timeMs.toLocaleString("en-US")} ms`;
  return (
    <div class="variables">
      <div class="section-head">
        <h3>
          {step.index === 0 ? "Initial state" : `After step ${step.index}: ${step.event}`}
          <span class="muted">{timing}</span>
        </h3>
        {all.length > 6 && (
          <label class="check">
            <input
              type="checkbox"
              checked={changedOnly}
              onChange={(event) => setChangedOnly(event.currentTarget.checked)}
            />{" "}
            changed only
          </label>
        )}
      </div>
      {step.note !== undefined && (
        <p class="note">
          <span aria-hidden="true">▲ </span>
          <Inline text={step.note} />
        </p>
      )}
      {rows.length === 0 ? (
        <p class="muted">Nothing changed in this step.</p>
      ) : (
        <Scroll label="Variables">
          <table>
            <thead>
              <tr>
                <th scope="col">Variable</th>
                {before !== undefined && <th scope="col">Before</th>}
                <th scope="col">{observed ? "Model" : before === undefined ? "Value" : "After"}</th>
                {observed && <th scope="col">Observed</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr
                  key={row.name}
                  class={`${row.changed ? "changed" : ""} ${row.differs ? "differs" : ""}`}
                >
                  <th scope="row">
                    {row.changed && <span title="changed in this step">● </span>}
                    {row.name}
                  </th>
                  {before !== undefined && (
                    <td class="old">
                      <Value text={row.before} />
                    </td>
                  )}
                  <td>
                    <Value text={row.after} />
                  </td>
                  {observed && (
                    <td class="seen">
                      <Value text={row.observed} />
                      {row.differs && <strong> ≠ differs</strong>}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </div>
  );
}

/** The trace as an ITF file, for any viewer of that format. */
function SaveTrace({ trace, name }: { trace: Trace; name: string }) {
  const save = (): void => {
    const url = URL.createObjectURL(
      new Blob([JSON.stringify(trace, null, 2)], { type: "application/json" }),
    );
    const link = document.createElement("a");
    link.href = url;
    link.download = `${name.replaceAll(/[^\w.-]+/g, "_")}.itf.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <button type="button" class="small" onClick={save}>
      save as ITF
    </button>
  );
}
