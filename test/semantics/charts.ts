/**
 * Random statecharts with everything that a chart may have, from a seed. Most are *tame*: what raises
 * events is kept from answering its own, and a named timer is cancelled before it is set again, so that
 * a walk rarely ends before its time. The others loop, or set a timer twice, as they like.
 */

import {
  and,
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  not,
  or,
  raise,
  stateIn,
} from "xstate";

import type { Random } from "../../core/random.ts";
import type { MachineModel } from "../../core/subject.ts";

/* oxlint-disable typescript/no-explicit-any -- the charts are built from data, their types are not known */
type Config = Record<string, any>;
interface Args {
  readonly context: { readonly n: number; readonly m: boolean };
  readonly event: any;
}

interface Shape {
  readonly id: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "shallow" | "deep";
  readonly children: readonly Shape[];
}

const letters = ["A", "B", "C"] as const;

/** Where an action stands: what follows from the outside may raise R0 and R1, what they do only R2. */
type Where = "outside" | "inside" | "last";

export function randomChart(random: Random): MachineModel {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const chance = (share: number): boolean => random.next() < share;
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const some = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: below(most + 1) }, make);

  const tame = !chance(0.15);
  const raisable = (where: Where): readonly string[] => {
    if (!tame) return ["R0", "R1", "R2"];
    return where === "outside" ? ["R0", "R1", "R2"] : where === "inside" ? ["R2"] : [];
  };

  const shapes: Shape[] = [];
  const grow = (id: string, depth: number, mayEnd: boolean): Shape => {
    const kind =
      depth === 0
        ? pick(["compound", "compound", "parallel"] as const)
        : mayEnd && chance(0.12)
          ? "final"
          : depth < 3 && chance(0.4)
            ? pick(["compound", "parallel"] as const)
            : "atomic";
    const children: Shape[] = [];
    if (kind === "compound" || kind === "parallel") {
      const count = 2 + below(2);
      for (let index = 0; index < count; index++) {
        children.push(grow(`${id}_${index}`, depth + 1, kind === "compound" && index > 0));
      }
      if (kind === "compound" && chance(0.4)) {
        children.push({ id: `${id}_h`, kind: pick(["shallow", "deep"] as const), children: [] });
      }
      if (kind === "compound") shapes.push(...children);
    }
    return { id, kind, children };
  };
  const root = grow("s", 0, false);
  const target = (): string => `#${pick(shapes.length > 0 ? shapes : [root]).id}`;

  const guard = (depth = 2): unknown => {
    const k = below(4);
    switch (below(depth > 0 ? 9 : 4)) {
      case 0:
        return ({ context }: Args) => context.n >= k;
      case 1:
        return ({ context }: Args) => context.m;
      case 2:
        return ({ event }: Args) => event.v === 1;
      case 3:
        return { type: "atLeast", params: ({ context }: Args) => ({ of: context.m ? k : 1 }) };
      case 4:
        return stateIn(target());
      case 5:
        return not(guard(depth - 1) as any);
      case 6:
        return and([guard(depth - 1), guard(depth - 1)] as any);
      case 7:
        return or([guard(depth - 1), guard(depth - 1)] as any);
      default:
        return "isOdd";
    }
  };

  const action = (where: Where): unknown[] => {
    const k = below(4);
    const raised = raisable(where);
    const choice = below(11);
    if ((choice === 3 || choice === 9) && raised.length === 0) return [action(where)].flat();
    if (choice === 4 && tame) return [cancel("late"), late()];
    return [simple(choice, k, raised)];
  };
  const late = (): unknown =>
    raise({ type: "LATE" }, { delay: pick([10, "dyn"]) as any, id: "late" });
  const simple = (choice: number, k: number, raised: readonly string[]): unknown => {
    switch (choice) {
      case 0:
        return assign({ n: ({ context }: Args) => (context.n * 2 + k) % 4 });
      case 1:
        return assign(({ context }: Args) => ({ m: !context.m, n: context.m ? 0 : context.n }));
      case 2:
        return assign({ m: k > 1, n: ({ context }: Args) => (context.m ? k : context.n) });
      case 3:
        return raise({ type: pick(raised) });
      case 4:
        return late();
      case 5:
        return cancel("late");
      case 6:
        return { type: "effect", params: ({ context }: Args) => ({ n: context.n }) };
      case 7:
        return emit(({ context }: Args) => ({ type: "TOLD", m: context.m }));
      case 8:
        return "copyEvent";
      case 9: {
        const type = pick(raised);
        return enqueueActions(({ enqueue, check, context }: any) => {
          if (check("isOdd")) enqueue.assign({ n: ({ context: now }: Args) => (now.n + 1) % 4 });
          if (context.m) enqueue.raise({ type });
          else enqueue({ type: "effect", params: { n: -1 } });
          enqueue.assign({ m: ({ context: now }: Args) => now.n > 1 });
        });
      }
      default:
        return assign(({ context }: Args) => ({ ...context, n: 3 - context.n }));
    }
  };

  const actions = (most: number, where: Where): unknown[] => some(most, () => action(where)).flat();
  const transition = (where: Where, guarded = chance(0.5)): Config => ({
    ...((!tame || where !== "last") && chance(0.75) ? { target: target() } : {}),
    ...(guarded ? { guard: guard() } : {}),
    ...(chance(0.2) ? { reenter: true } : {}),
    actions: actions(2, where),
  });

  const build = (shape: Shape): Config => {
    const { id, kind, children } = shape;
    if (kind === "shallow" || kind === "deep") {
      return {
        id,
        type: "history",
        history: kind,
        ...(chance(0.5) ? { target: target() } : {}),
      };
    }
    if (kind === "final") {
      return {
        id,
        type: "final",
        entry: actions(1, "inside"),
        output: ({ context }: Args) => ({ v: context.n > 1 ? 1 : 0 }),
      };
    }
    const on: Config = {};
    for (const letter of letters) {
      if (chance(0.45)) {
        const one = (guarded?: boolean): Config => transition("outside", guarded);
        on[letter] = chance(0.25) ? [one(true), one()] : one();
      }
    }
    if (chance(0.15)) on["*"] = transition("last");
    if (chance(0.2)) on["R0"] = transition("inside", true);
    if (chance(0.2)) on["R1"] = transition("inside", true);
    if (chance(0.2)) on["R2"] = transition("last", true);
    if (chance(0.2)) on["LATE"] = transition("outside");
    return {
      id,
      on,
      ...(chance(0.3) ? { entry: actions(2, "inside") } : {}),
      ...(chance(0.2) ? { exit: actions(2, "inside") } : {}),
      ...(chance(0.15)
        ? {
            always: {
              target: target(),
              guard: ({ context }: Args) => context.n === 3,
              actions: assign({ n: ({ context }: Args) => (context.m ? 1 : 0) }),
            },
          }
        : {}),
      ...(chance(0.2) ? { after: { [pick(["10", "20", "dyn"])]: transition("outside") } } : {}),
      ...(children.length === 0
        ? {}
        : {
            ...(kind === "parallel" ? { type: "parallel" } : { initial: children[0]!.id }),
            states: Object.fromEntries(children.map((child) => [child.id, build(child)])),
            ...(chance(0.5) ? { onDone: transition("inside") } : {}),
          }),
    };
  };

  const config = { ...build(root), context: { n: 0, m: false }, options: { maxIterations: 60 } };
  return {
    machine: createMachine(config as any, {
      guards: {
        isOdd: ({ context }: any) => context.n % 2 === 1,
        atLeast: ({ context }: any, { of }: any) => context.n >= of,
      },
      actions: {
        effect: () => {},
        copyEvent: assign(({ context, event }: any) => ({
          n: event.v === 1 ? 1 : context.n,
        })) as any,
      },
      delays: { dyn: ({ context }: any) => 10 + context.n },
    }),
    events: letters.map((type) => ({ type, v: [0, 1] })),
    variables: { n: { int: [0, 3] }, m: "bool" },
  };
}
/* oxlint-enable typescript/no-explicit-any */
