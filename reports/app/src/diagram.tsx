/** A state diagram with the active state ringed and the edges of a run numbered. */

import { useLayoutEffect, useRef } from "preact/hooks";

import type { StateGraph } from "../../../core/index.ts";
import {
  activeNodes,
  arrowLabel,
  arrows,
  badge,
  edgeElement,
  nodeElement,
} from "../../view/diagram.ts";
import type { Diagram } from "./data.ts";

interface Props {
  readonly diagram: Diagram;
  readonly graph: StateGraph;
  readonly label: string;
  readonly active?: readonly string[];
  /** Edge index → step numbers. */
  readonly path?: ReadonlyMap<number, readonly number[]>;
  /** The edge of the current step. */
  readonly taken?: number | null;
}

const svgNamespace = "http://www.w3.org/2000/svg";

export function DiagramView({ diagram, graph, label, active, path, taken }: Props) {
  const box = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    // Written by Graphviz from escaped labels; see reports/html/dot.ts.
    element.innerHTML = diagram.svg;
    const svg = element.querySelector("svg");
    svg?.setAttribute("role", "img");
    svg?.setAttribute("aria-label", label);
    for (const final of element.querySelectorAll(".node.state")) {
      if (final.querySelectorAll("path").length > 1) final.classList.add("final");
    }
    for (const [first, members] of arrows(graph)) {
      const numbers = members.flatMap((edge) => path?.get(edge) ?? []).sort((a, b) => a - b);
      const group = find(element, edgeElement(diagram.prefix, first));
      if (numbers.length === 0 || group === null) continue;
      group.classList.add("path");
      const lines = arrowLabel(graph, members);
      for (const [line, text] of group.querySelectorAll("text").entries()) {
        const edge = lines[line]?.edge;
        if (edge === undefined) continue;
        text.dataset["edge"] = String(edge);
        text.classList.toggle("path", path?.has(edge));
      }
      addBadge(group, badge(numbers));
    }
  }, [diagram, graph, path, label]);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    for (const old of element.querySelectorAll(".active, .taken")) {
      old.classList.remove("active", "taken");
    }
    for (const index of activeNodes(graph, active ?? [])) {
      find(element, nodeElement(diagram.prefix, index))?.classList.add("active");
    }
    if (taken !== undefined && taken !== null) {
      const first = [...arrows(graph)].find(([, members]) => members.includes(taken))?.[0] ?? taken;
      const group = find(element, edgeElement(diagram.prefix, first));
      group?.classList.add("taken");
      for (const line of group?.querySelectorAll(`[data-edge="${taken}"]`) ?? []) {
        line.classList.add("taken");
      }
    }
  }, [diagram, graph, active, taken, path]);

  // A wide drawing scrolls sideways, so it must be reachable by keyboard.
  return <div class="diagram" ref={box} tabIndex={0} role="region" aria-label={label} />;
}

const find = (element: Element, id: string): Element | null =>
  element.querySelector(`#${CSS.escape(id)}`);

/** The step numbers in a pill near the start of the edge, off its label. */
function addBadge(group: Element, text: string): void {
  const line = group.querySelector("path");
  if (!(line instanceof SVGPathElement)) return;
  const at = line.getPointAtLength(line.getTotalLength() * 0.3);
  const width = 7 + 6 * text.length;
  const pill = document.createElementNS(svgNamespace, "g");
  pill.setAttribute("class", "badge");
  const shape = document.createElementNS(svgNamespace, "rect");
  shape.setAttribute("x", String(at.x - width / 2));
  shape.setAttribute("y", String(at.y - 7.5));
  shape.setAttribute("width", String(width));
  shape.setAttribute("height", "15");
  shape.setAttribute("rx", "7.5");
  const label = document.createElementNS(svgNamespace, "text");
  label.setAttribute("x", String(at.x));
  label.setAttribute("y", String(at.y + 3.6));
  label.setAttribute("text-anchor", "middle");
  label.textContent = text;
  pill.append(shape, label);
  group.append(pill);
}
