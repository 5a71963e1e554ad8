/**
 * A state machine's steps as OpenTelemetry spans and events, so that a recording of them can be held
 * against the machine later. One span for the life of an instance, or for a part of it; one event
 * per step.
 *
 * | where | attribute                     | meaning                                               |
 * | ----- | ----------------------------- | ----------------------------------------------------- |
 * | span  | `state_machine.name`          | which machine                                         |
 * | span  | `state_machine.instance`      | which instance of it; unique within the resource      |
 * | span  | `state_machine.parameter.<p>` | the value of a parameter of the machine               |
 * | event | `state_machine.event`         | the event of the step, `after <delay>` for a timer    |
 * | event | `state_machine.payload.<f>`   | a field of the event's payload                        |
 * | event | `state_machine.state`         | the state after the step, dotted; regions joined by + |
 * | event | `state_machine.variable.<v>`  | a variable after the step                             |
 * | event | `state_machine.sequence`      | optional: position among all steps of the instance    |
 *
 * An event `state_machine.gap` says that steps were lost at this place.
 */

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** As much of a span of the OpenTelemetry API as is used here. */
export interface SpanLike {
  addEvent(name: string, attributes?: Record<string, AttributeValue>): unknown;
  end(): void;
}

/** As much of a tracer of the OpenTelemetry API as is used here. */
export interface TracerLike {
  startSpan(name: string, options?: { attributes?: Record<string, AttributeValue> }): SpanLike;
}

export interface Step {
  readonly event: string;
  readonly payload?: Attributes;
  /** The state after the step. */
  readonly state: string;
  readonly variables?: Attributes;
}

/** Records the steps of one instance of a machine. */
export class InstanceRecording {
  readonly #span: SpanLike;

  constructor(tracer: TracerLike, machine: string, instance: string, parameters: Attributes = {}) {
    this.#span = tracer.startSpan(`${machine} ${instance}`, {
      attributes: {
        "state_machine.name": machine,
        "state_machine.instance": instance,
        ...prefixed("state_machine.parameter.", parameters),
      },
    });
  }

  step({ event, payload = {}, state, variables = {} }: Step): void {
    this.#span.addEvent("state_machine.transition", {
      "state_machine.event": event,
      "state_machine.state": state,
      ...prefixed("state_machine.payload.", payload),
      ...prefixed("state_machine.variable.", variables),
    });
  }

  /** Steps were lost here. */
  gap(): void {
    this.#span.addEvent("state_machine.gap");
  }

  end(): void {
    this.#span.end();
  }
}

const prefixed = (prefix: string, values: Attributes): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));
