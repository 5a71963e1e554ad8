import { afterAll, describe, expect, test } from "vitest";
import { assign, createMachine } from "xstate";

import { engine } from "../../checkers/prove/engine.ts";
import { importFromModel } from "../../checkers/prove/imported.ts";
import { always, type Property } from "../../core/property.ts";
import type { Outcome } from "../../core/result.ts";
import { defineSubject, type MachineModel } from "../../core/subject.ts";
import { importFunction } from "../../expr/javascript.ts";
import { closeSolver } from "../../solver/solver.ts";
import { check as explore } from "../explore/support.ts";

afterAll(closeSolver);

interface Context {
  readonly n: number;
  readonly limit: number;
  readonly mode: string;
  readonly on: boolean;
}
interface Args {
  readonly context: Context;
  readonly event: { readonly size: number };
}

const STEP = 2;
const NAME = "slow";

describe("what is read, and as what", () => {
  test.each<[string, (args: Args) => unknown, string]>([
    ["a comparison", ({ context }) => context.n + 1 >= context.limit, "n + 1 >= limit"],
    ["taken apart", ({ context: { n, limit } }) => n < limit, "n < limit"],
    ["whole arguments", (args) => args.context.n < args.event.size, "n < event.size"],
    ["renamed", ({ context: c, event: e }) => c.n === e.size, "n == event.size"],
    [
      "logic and a block",
      ({ context }) => {
        return (context.on && !(context.n > 0)) || context.mode !== "fast";
      },
      'on and not (n > 0) or mode != "fast"',
    ],
    ["a choice", ({ context }) => (context.on ? -context.n : 3), "on ? -n : 3"],
    [
      "extremes",
      ({ context }) => Math.min(context.n * 2, context.limit, 7),
      "min(n * 2, limit, 7)",
    ],
    ["constants around it", ({ context }) => context.n + STEP < 9 && context.mode === NAME, ""],
  ])("%s", (_name, fn, text) => {
    const constants = new Map<string, number | string>([
      ["STEP", 2],
      ["NAME", "slow"],
    ]);
    expect(importFunction(fn.toString(), (name) => constants.get(name))).toMatchObject({
      kind: "expression",
      text: text === "" ? 'n + 2 < 9 and mode == "slow"' : text,
    });
  });

  test.each<[string, string, RegExp]>([
    ["remainders: negative ones differ", "({ context }) => context.n % 2", /`%`/],
    ["division", "({ context }) => context.n / 2", /`\/`/],
    ["loose equality", "({ context }) => context.n == 2", /`==`/],
    ["a name from outside", "({ context }) => context.n < MAX", /`MAX` comes from outside/],
    ["optional members", "({ context }) => context?.n > 1", /ChainExpression|optional/],
    ["computed members", "({ context }) => context['n'] > 1", /computed/],
    ["nested values", "({ context }) => context.list.length > 1", /`length` of a value/],
    ["calls", "({ context }) => isFine(context.n)", /calls a function/],
    ["rounding", "({ context }) => Math.floor(context.n)", /calls a function/],
    ["fractions", "({ context }) => context.n < 0.5", /0.5 is no integer/],
    ["default values", "({ context: { n = 3 } }) => n > 1", /default value/],
    ["the type of the event", "({ event }) => event.type === 'A'", /type of the event/],
    ["the context as a whole", "({ context }) => context", /context as a whole/],
    ["two statements", "({ context }) => { const a = 1; return a; }", /more than one return/],
    ["ordinary functions", "function (args) { return true; }", /only arrow functions/],
    ["asynchronous ones", "async ({ context }) => true", /asynchronous/],
    ["what cannot be parsed", "({ context } =>", /cannot be read/],
    ["fallbacks", "({ context }) => context.n ?? 1", /`\?\?`/],
    ["what other arguments there are", "({ self }) => self", /`self` of its arguments/],
    ["own names for Math", "({ context: { Math } }) => Math.min(1, 2)", /calls a function/],
  ])("refused: %s", (_name, source, reason) => {
    const imported = importFunction(source, () => undefined);
    expect(imported.kind).toBe("refused");
    expect((imported as { reason: string }).reason).toMatch(reason);
  });
});

const jsModel = (
  open: (args: { context: { n: number; limit: number } }) => boolean,
): MachineModel => ({
  machine: createMachine({
    context: ({ input }: { input: unknown }) => ({
      n: 0,
      limit: (input as { limit: number }).limit,
    }),
    initial: "a",
    states: {
      a: {
        on: {
          ADD: { guard: open as never, actions: assign({ n: ({ context }) => context.n + 1 }) },
        },
      },
    },
  } as never),
  events: [{ type: "ADD" }],
  variables: { n: { int: [0, null] } },
  parameters: { limit: { int: [1, null], explore: 3 } },
});

function prove(model: MachineModel, property: Property): Promise<Outcome> {
  const subject = defineSubject({ id: "m", model, properties: [property] });
  return engine.check(engine.plan(subject)[0]!, subject, {
    seed: 1,
    budget: { timeMs: 40_000, maxStates: 1 },
    signal: new AbortController().signal,
    progress: () => undefined,
    options: {},
  });
}

describe("a machine in ordinary JavaScript", () => {
  const bounded = always("bounded", "n <= limit");

  test("is proved for every parameter value, and says what that rests on", async () => {
    const model = jsModel(({ context }) => context.n < context.limit);
    const outcome = await prove(model, bounded);
    expect([outcome.verdict, outcome.reason]).toEqual(["proved", ""]);
    const [guard, update] = outcome.assumptions.filter((text) => text.includes("JavaScript"));
    expect(guard).toMatch(
      /^guard .* at test\/prove\/imported\.test\.ts:\d+ is JavaScript, read as `n < limit` and compared with it on \d+ declared values$/,
    );
    expect(update).toMatch(/^the assignment of `n` at .*, read as `n \+ 1`/);
  });

  test("is refuted where it is wrong", async () => {
    const model = jsModel(({ context }) => context.n <= context.limit);
    expect((await prove(model, bounded)).verdict).toBe("violated");
  });

  test("a function that is not what it reads as is refused, with the values", async () => {
    const model = jsModel(() => true);
    const fn = ({ context }: { context: { n: number } }): boolean => context.n < STEP;
    const lying = Object.assign((args: never): boolean => !fn(args), {
      toString: () => fn.toString(),
    });
    const imported = importFromModel(lying, "guard `lying`", "guard", model);
    expect(imported.kind).toBe("refused");
    expect((imported as { reason: string }).reason).toMatch(
      /guard `lying` at .* is not what it was read as: at \{"n":0\} it gives false, `n < 2` gives true/,
    );
  });

  test("constants of the scopes around a function are read and named", () => {
    const most = 4;
    const model = jsModel(() => true);
    const fn = ({ context }: { context: { n: number } }): boolean => context.n < most;
    const imported = importFromModel(fn, "guard `small`", "guard", model);
    expect(imported).toMatchObject({ kind: "expression", text: "n < 4" });
    expect((imported as { remark: string }).remark).toContain("with most = 4");
  });

  test("what is refused is explored all the same", async () => {
    const model = jsModel(({ context }) => [context.n].every((n) => n < context.limit));
    const outcome = await prove(model, bounded);
    expect(outcome.verdict).toBe("inconclusive");
    expect(outcome.reason).toMatch(
      /not expressible: guard .* at test\/prove\/imported\.test\.ts:\d+/,
    );
    expect((await explore(model, bounded)).verdict).toBe("proved");
  });
});
