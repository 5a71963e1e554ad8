/**
 * The one file that knows which package the model-based suite runs on.
 *
 * `@xstate/test` is what the suite is named after. Its last release for XState 5 is 1.0.0-beta.5
 * (the `latest` tag is 0.5.1 and wants XState 4); its code lives on in `xstate/graph`, with the same
 * API. The suite runs on the former and checks that the latter finds the same paths, so that moving
 * over is a change of this file.
 */

import { createTestModel as createNamed } from "@xstate/test";
import type { AnyStateMachine } from "xstate";
import { createTestModel as createMaintained } from "xstate/graph";

export interface PathStep {
  readonly event: { readonly type: string };
  readonly state: ReachedState;
}

/** A state in which a path arrives, as far as tests look at it. */
export interface ReachedState {
  readonly value: unknown;
  readonly context: unknown;
}

export interface TestPath {
  readonly description: string;
  readonly state: ReachedState;
  readonly steps: readonly PathStep[];
  test(parameters: {
    readonly states?: Readonly<Record<string, (state: ReachedState) => Promise<void> | void>>;
    readonly events?: Readonly<Record<string, (step: PathStep) => Promise<void> | void>>;
  }): Promise<unknown>;
}

/** An event, or its type where that is all there is. */
export type TestEvent = string | PathStep["event"];

export interface TestModel {
  shortestPaths(events: readonly TestEvent[]): readonly TestPath[];
  simplePaths(events: readonly TestEvent[]): readonly TestPath[];
}

/** As much of either package's class as the suite uses; their types differ in details only. */
interface AnyTestModel {
  getShortestPaths(options: object): unknown;
  getSimplePaths(options: object): unknown;
}

const wrap = (model: AnyTestModel): TestModel => {
  const options = (events: readonly TestEvent[]): object => ({
    events: events.map((event) => (typeof event === "string" ? { type: event } : event)),
  });
  return {
    shortestPaths: (events) => model.getShortestPaths(options(events)) as TestPath[],
    simplePaths: (events) => model.getSimplePaths(options(events)) as TestPath[],
  };
};

/** On `@xstate/test`. */
export const namedTestModel = (machine: AnyStateMachine): TestModel =>
  wrap(createNamed(machine) as AnyTestModel);

/** On `xstate/graph`. */
export const maintainedTestModel = (machine: AnyStateMachine): TestModel =>
  wrap(createMaintained(machine) as AnyTestModel);
