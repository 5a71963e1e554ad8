/** Strongly connected components (Tarjan 1972) of a graph in compressed rows, without recursion. */

export interface Rows {
  readonly offset: Uint32Array;
  readonly target: Uint32Array;
}

/**
 * Calls back with every component that contains a cycle. Only nodes in `inside` count, when it is
 * given: inside[node] === mark.
 */
export function cyclicComponents(
  rows: Rows,
  roots: Iterable<number>,
  found: (members: Uint32Array) => void,
  inside: (node: number) => boolean = () => true,
): void {
  const { offset, target } = rows;
  const size = offset.length - 1;
  const index = new Uint32Array(size); // 0: not yet met
  const low = new Uint32Array(size);
  const stack = new Uint32Array(size);
  const work = new Uint32Array(size);
  const cursor = new Uint32Array(size);
  const onStack = new Uint8Array(size);
  let counter = 0;
  let height = 0;
  let depth = 0;

  const open = (node: number): void => {
    counter += 1;
    index[node] = counter;
    low[node] = counter;
    cursor[node] = offset[node]!;
    stack[height++] = node;
    onStack[node] = 1;
    work[depth++] = node;
  };

  for (const root of roots) {
    if (index[root] !== 0 || !inside(root)) continue;
    open(root);
    while (depth > 0) {
      const node = work[depth - 1]!;
      if (cursor[node]! < offset[node + 1]!) {
        const next = target[cursor[node]!++]!;
        if (index[next] === 0) {
          if (inside(next)) open(next);
        } else if (onStack[next] === 1) {
          low[node] = Math.min(low[node]!, index[next]!);
        }
        continue;
      }
      depth -= 1;
      const parent = work[depth - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
      if (low[node] !== index[node]) continue;
      let bottom = height;
      do {
        bottom -= 1;
        onStack[stack[bottom]!] = 0;
      } while (stack[bottom] !== node);
      const members = stack.slice(bottom, height);
      height = bottom;
      if (members.length > 1 || hasSelfLoop(rows, node)) found(members);
    }
  }
}

function hasSelfLoop({ offset, target }: Rows, node: number): boolean {
  for (let edge = offset[node]!; edge < offset[node + 1]!; edge++) {
    if (target[edge] === node) return true;
  }
  return false;
}
