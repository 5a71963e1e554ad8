/** Flame graph as an icicle: click to zoom, search, and a table of self and total. */

import { useMemo, useRef, useState } from "preact/hooks";

import type { Exhibit, FlameNode } from "../../../core/index.ts";
import {
  flameChanges,
  flameDifference,
  flameTable,
  layoutFlame,
  matchedSamples,
  nodeAt,
  parentPath,
  type FlameBox,
} from "../../view/flame.ts";
import { formatNumber } from "../../view/words.ts";
import { cellText, Scroll } from "./parts.tsx";

type Flame = Extract<Exhibit, { kind: "flamegraph" }>;

const rowHeight = 21;
const typeNames = {
  js: "JavaScript",
  native: "native",
  kernel: "kernel",
  gc: "garbage collection",
  unknown: "unknown",
} as const;

const percent = (part: number, whole: number): string =>
  whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;

/** Points of a change, with its sign. */
const points = (change: number): string =>
  `${change > 0 ? "+" : change < 0 ? "−" : "±"}${Math.abs(100 * change).toFixed(1)}`;

export function FlameView({ root, facts, unit = "samples", base }: Flame) {
  const [isDifference, setDifference] = useState(false);
  const changes = useMemo(
    () => (base === undefined ? null : flameDifference(root, base.root)),
    [root, base],
  );
  const [zoom, setZoom] = useState("");
  const [cursor, setCursor] = useState("");
  const [search, setSearch] = useState("");
  const [hover, setHover] = useState<FlameNode | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const boxes = useMemo(() => layoutFlame(root, zoom), [root, zoom]);
  const types = useMemo(() => [...new Set(flameTable(root).map((row) => row.type))], [root]);
  const depth = boxes.reduce((most, entry) => Math.max(most, entry.depth), 0) + 1;
  const wanted = search.trim().toLowerCase();
  const found = wanted === "" ? 0 : matchedSamples(root, wanted);
  // The frame that can be tabbed to must be one that is drawn.
  const tabStop = boxes.some((entry) => entry.path === cursor) ? cursor : zoom;

  const focus = (path: string): void => {
    setCursor(path);
    box.current?.querySelector<HTMLElement>(`[data-path="${path}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const here = boxes.findIndex((entry) => entry.path === tabStop);
    const current = boxes[here];
    if (current === undefined) return;
    const row = boxes.filter((entry) => entry.depth === current.depth);
    const place = row.indexOf(current);
    const target: Record<string, string | null | undefined> = {
      ArrowUp: parentPath(current.path),
      ArrowDown: boxes.find((entry) => parentPath(entry.path) === current.path)?.path,
      ArrowLeft: row[place - 1]?.path,
      ArrowRight: row[place + 1]?.path,
      Home: "",
    };
    if (event.key === "Escape") {
      setZoom("");
      setCursor("");
    } else if (event.key in target) {
      const path = target[event.key];
      if (path !== undefined && path !== null) focus(path);
    } else return;
    event.preventDefault();
  };

  const shown = hover ?? nodeAt(root, tabStop) ?? root;
  return (
    <div class="flame">
      <div class="flame-tools">
        <label>
          <span class="hidden">Search frames</span>
          <input
            type="search"
            placeholder="Search frames"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        {wanted !== "" && (
          <span role="status">
            {formatNumber(found)} {unit} match, {percent(found, root.total)}
          </span>
        )}
        {zoom !== "" && (
          <button type="button" class="small" onClick={() => setZoom("")}>
            reset zoom
          </button>
        )}
        {base !== undefined && (
          <label>
            <input
              type="checkbox"
              checked={isDifference}
              onChange={(event) => setDifference(event.currentTarget.checked)}
            />{" "}
            difference to {base.title}
          </label>
        )}
        <ul class="legend">
          {isDifference ? (
            <>
              <li>
                <span class="swatch change-more" aria-hidden="true" />
                larger share than before
              </li>
              <li>
                <span class="swatch change-less" aria-hidden="true" />
                smaller
              </li>
            </>
          ) : null}
          {types.map((type) => (
            <li key={type}>
              <span class={`swatch frame-${type}`} aria-hidden="true" />
              {typeNames[type]}
            </li>
          ))}
        </ul>
      </div>
      <div class="icicle-frame">
        <div
          class="icicle"
          ref={box}
          role="group"
          aria-label="Flame graph: arrows move between frames, Enter zooms, Escape shows all"
          style={{ height: `${depth * rowHeight}px` }}
          onKeyDown={onKeyDown}
          onMouseLeave={() => setHover(null)}
        >
          {boxes.map((entry) => (
            <Frame
              key={entry.path}
              box={entry}
              whole={root.total}
              unit={unit}
              change={isDifference ? (changes?.get(entry.path) ?? 0) : null}
              tabStop={entry.path === tabStop}
              match={wanted === "" ? null : entry.node.name.toLowerCase().includes(wanted)}
              onZoom={() => {
                setZoom(entry.path);
                setCursor(entry.path);
              }}
              onFocus={() => setCursor(entry.path)}
              onHover={() => setHover(entry.node)}
            />
          ))}
        </div>
      </div>
      <p class="flame-line">
        <strong>{shown.name}</strong>{" "}
        <span class="muted">
          {typeNames[shown.type ?? "unknown"]} · total {formatNumber(shown.total)} (
          {percent(shown.total, root.total)}) · self {formatNumber(shown.self)} (
          {percent(shown.self, root.total)}) {unit === "samples" ? "" : unit}
          {isDifference && hover === null && ` · ${points(changes?.get(tabStop) ?? 0)} points`}
        </span>
      </p>
      <dl class="facts inline">
        {Object.entries(facts).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{cellText(value)}</dd>
          </div>
        ))}
      </dl>
      {isDifference && base !== undefined && (
        <ChangeTable root={root} base={base.root} search={wanted} />
      )}
      <FlameTable root={root} search={wanted} onPick={setSearch} />
    </div>
  );
}

function Frame({
  box,
  whole,
  unit,
  change,
  tabStop,
  match,
  onZoom,
  onFocus,
  onHover,
}: {
  box: FlameBox;
  whole: number;
  unit: string;
  /** Change of the share against another run; null outside the difference view. */
  change: number | null;
  tabStop: boolean;
  match: boolean | null;
  onZoom: () => void;
  onFocus: () => void;
  onHover: () => void;
}) {
  const { node, path, depth, left, width, above } = box;
  const changeClass =
    change === null
      ? `frame-${node.type ?? "unknown"}`
      : Math.abs(change) < 0.001
        ? "change-none"
        : change > 0
          ? "change-more"
          : "change-less";
  const state = `${above ? "above" : ""} ${match === true ? "match" : match === false ? "other" : ""}`;
  return (
    <button
      type="button"
      class={`frame-box ${changeClass} ${state}`}
      data-path={path}
      tabIndex={tabStop ? 0 : -1}
      aria-label={`${node.name}, ${typeNames[node.type ?? "unknown"]}, ${percent(node.total, whole)} of ${unit}, self ${percent(node.self, whole)}${change === null ? "" : `, ${points(change)} points`}`}
      style={{
        left: `${left * 100}%`,
        width: `${width * 100}%`,
        top: `${depth * rowHeight}px`,
        ...(change === null ? {} : { "--strength": `${changeStrength(change)}%` }),
      }}
      onClick={onZoom}
      onFocus={onFocus}
      onMouseEnter={onHover}
    >
      {width > 0.012 && node.name}
    </button>
  );
}

/** Full colour from a change of 20 points on; weak changes stay visible. */
const changeStrength = (change: number): number =>
  Math.round(15 + 85 * Math.min(1, Math.abs(change) / 0.2));

function ChangeTable({ root, base, search }: { root: FlameNode; base: FlameNode; search: string }) {
  const rows = useMemo(() => flameChanges(root, base), [root, base]);
  const shown = rows.filter((row) => search === "" || row.name.toLowerCase().includes(search));
  return (
    <Scroll label="Changes">
      <table class="exhibit">
        <thead>
          <tr>
            <th scope="col">Function</th>
            <th scope="col">Type</th>
            <th scope="col" class="number">
              self, points
            </th>
            <th scope="col" class="number">
              total, points
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, shownRows).map((row) => (
            <tr key={`${row.type} ${row.name}`}>
              <td>{row.name}</td>
              <td>{typeNames[row.type]}</td>
              <td class="number">{points(row.self)}</td>
              <td class="number">{points(row.total)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Rows shown at first; the search reaches all. */
const shownRows = 20;

function FlameTable({
  root,
  search,
  onPick,
}: {
  root: FlameNode;
  search: string;
  onPick: (name: string) => void;
}) {
  const [by, setBy] = useState<"self" | "total">("self");
  const rows = useMemo(() => flameTable(root), [root]);
  const shown = rows
    .filter((row) => search === "" || row.name.toLowerCase().includes(search))
    .toSorted((a, b) => b[by] - a[by]);
  const head = (key: "self" | "total") => (
    <th scope="col" class="number" aria-sort={by === key ? "descending" : "none"}>
      <button type="button" class="sort" onClick={() => setBy(key)}>
        {key}
        {by === key ? " ↓" : ""}
      </button>
    </th>
  );
  return (
    <>
      <Scroll label="Functions">
        <table class="exhibit">
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col">Type</th>
              {head("self")}
              <th scope="col" class="number">
                self %
              </th>
              {head("total")}
              <th scope="col" class="number">
                total %
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, shownRows).map((row) => (
              <tr key={`${row.type} ${row.name}`}>
                <td>
                  <button
                    type="button"
                    class="link"
                    onClick={() => onPick(row.name)}
                    title="Search for this function"
                  >
                    {row.name}
                  </button>
                </td>
                <td>
                  <span class={`swatch frame-${row.type}`} aria-hidden="true" />{" "}
                  {typeNames[row.type]}
                </td>
                <td class="number">{formatNumber(row.self)}</td>
                <td class="number">{percent(row.self, root.total)}</td>
                <td class="number">{formatNumber(row.total)}</td>
                <td class="number">{percent(row.total, root.total)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {shown.length > shownRows && (
        <p class="muted">
          {formatNumber(shown.length - shownRows)} more functions; search to find them.
        </p>
      )}
    </>
  );
}
