/** Runs of a graph that an automaton accepts and that are fair; or the knowledge that there are none. */

import type { Automaton } from "./buchi.ts";
import { fairComponents, type Arena } from "./fair.ts";
import {
  mayStay,
  type Labels,
  type Lasso,
  type Requirement,
  type TemporalGraph,
} from "./kripke.ts";
import { shortLoop } from "./loops.ts";
import { acceptsForEver, productOf, stemTo, type Product, type ProductLimits } from "./product.ts";

export interface Accepted {
  /** Nodes of the product. */
  readonly nodes: number;
  /** Components and resting places in which an accepted run can stay. */
  readonly places: number;
  /** One short lasso per place, those with short stems first; made when asked for. */
  readonly lassos: Iterable<Lasso>;
}

/** Lassos offered at most: some may not be possible on a clock. */
const offered = 20;

/** @throws {ProductTooLarge} beyond the limits */
export function acceptedRuns(
  graph: TemporalGraph,
  labels: Labels,
  automaton: Automaton,
  requirements: readonly Requirement[],
  limits: ProductLimits,
): Accepted {
  const product = productOf(graph, labels, automaton, limits);
  const arena = arenaOf(product, automaton);
  const resting = restingNodes(product, labels, automaton, requirements);
  const components = fairComponents(arena, product.state.keys(), requirements);
  return {
    nodes: product.size,
    places: resting.length + components.length,
    lassos: {
      *[Symbol.iterator]() {
        const depth = depths(product);
        const places = [
          ...resting
            .slice(0, offered)
            .map((node) => ({ depth: depth[node]!, node, component: null })),
          ...components.map((component) => ({
            depth: component.members.reduce(
              (least, node) => Math.min(least, depth[node]!),
              2 ** 31,
            ),
            node: -1,
            component,
          })),
        ].toSorted((a, b) => a.depth - b.depth);
        for (const { node, component } of places.slice(0, offered)) {
          if (component === null) {
            yield { stem: stemTo(product, node), loop: [] };
            continue;
          }
          const { start, edges } = shortLoop(arena, component, (at) => depth[at]!);
          yield shortened({
            stem: stemTo(product, start),
            loop: edges.map((edge) => product.edge[edge]!),
          });
        }
      },
    },
  };
}

/**
 * The same infinite run with the shortest stem and loop: the automaton often notices one round late
 * that the run repeats. The loop must not be empty.
 */
export function shortened(lasso: Lasso): Lasso {
  const stem = [...lasso.stem];
  let loop = [...lasso.loop];
  for (let period = 1; period <= loop.length / 2; period++) {
    if (loop.length % period !== 0) continue;
    const part = loop.slice(0, period);
    if (loop.every((edge, index) => edge === part[index % period])) loop = part;
  }
  while (stem.at(-1) === loop.at(-1)) {
    stem.pop();
    loop.unshift(loop.pop()!);
  }
  return { stem, loop };
}

const arenaOf = (product: Product, automaton: Automaton): Arena => ({
  offset: product.offset,
  target: product.target,
  stateOf: (node) => product.state[node]!,
  edgeOf: (arenaEdge) => product.edge[arenaEdge]!,
  dutyOf: (node) => automaton.duty[product.phase[node]!]!,
  sets: automaton.sets,
});

/** Nodes in which the run can stand still for ever and be accepted for it. */
function restingNodes(
  product: Product,
  labels: Labels,
  automaton: Automaton,
  requirements: readonly Requirement[],
): number[] {
  const accepting = new Map<number, readonly boolean[]>();
  const rest = new Map<number, boolean>();
  const found: number[] = [];
  for (const [node, state] of product.state.entries()) {
    const valuation = (labels.state[state]! | (labels.stay?.[state] ?? 0)) >>> 0;
    let accepts = accepting.get(valuation);
    if (accepts === undefined) {
      accepts = acceptsForEver(automaton, valuation);
      accepting.set(valuation, accepts);
    }
    if (accepts[product.phase[node]!] !== true) continue;
    let may = rest.get(state);
    if (may === undefined) {
      may = mayStay(requirements, state);
      rest.set(state, may);
    }
    if (may) found.push(node);
  }
  return found;
}

function depths(product: Product): Uint32Array {
  const depth = new Uint32Array(product.size);
  for (const [node, parent] of product.parent.entries()) {
    depth[node] = parent === node ? 0 : depth[parent]! + 1; // parents have smaller numbers
  }
  return depth;
}
