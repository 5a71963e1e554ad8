/** Strongly connected components (Tarjan 1972), without recursion: state spaces are deep. */

export function components(
  states: readonly number[],
  successors: (state: number, visit: (target: number) => void) => void,
): readonly (readonly number[])[] {
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];
  const found: number[][] = [];

  for (const root of states) {
    if (index.has(root)) continue;
    const work: { state: number; targets: readonly number[]; next: number }[] = [];
    const open = (state: number): void => {
      index.set(state, index.size);
      low.set(state, index.get(state)!);
      stack.push(state);
      onStack.add(state);
      const targets: number[] = [];
      successors(state, (target) => targets.push(target));
      work.push({ state, targets, next: 0 });
    };
    open(root);
    while (work.length > 0) {
      const frame = work.at(-1)!;
      if (frame.next < frame.targets.length) {
        const target = frame.targets[frame.next++]!;
        if (!index.has(target)) open(target);
        else if (onStack.has(target)) {
          low.set(frame.state, Math.min(low.get(frame.state)!, index.get(target)!));
        }
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) {
        low.set(parent.state, Math.min(low.get(parent.state)!, low.get(frame.state)!));
      }
      if (low.get(frame.state) !== index.get(frame.state)) continue;
      const members: number[] = [];
      let member: number;
      do {
        member = stack.pop()!;
        onStack.delete(member);
        members.push(member);
      } while (member !== frame.state);
      found.push(members);
    }
  }
  return found;
}
