/**
 * Which context fields a macrostep reads and writes. A step that reads only recorded values is a
 * function of them: whoever knows these values knows the step. A field that was written before it is
 * read does not count as read.
 */

export class Recorder {
  readonly #index: ReadonlyMap<string, number>;
  readonly #reads: number[] = [];
  readonly #seen: Uint8Array;
  readonly #written: Uint8Array;
  readonly #proxies = new WeakMap<object, object>();

  /** @param index number of every variable by name; other fields are constants */
  constructor(index: ReadonlyMap<string, number>) {
    this.#index = index;
    this.#seen = new Uint8Array(index.size);
    this.#written = new Uint8Array(index.size);
  }

  start(): void {
    this.#reads.length = 0;
    this.#seen.fill(0);
    this.#written.fill(0);
  }

  /** Numbers of the variables that were read, in the order of the first reading. */
  reads(): readonly number[] {
    return [...this.#reads];
  }

  isWritten(variable: number): boolean {
    return this.#written[variable] === 1;
  }

  /** The context as user code may see it: reading is noted, writing in place is an error. */
  watch(context: unknown): unknown {
    if (typeof context !== "object" || context === null) return context;
    let proxy = this.#proxies.get(context);
    if (proxy === undefined) {
      proxy = new Proxy(context, {
        get: (target, field, receiver): unknown => {
          if (typeof field === "string") this.#read(field);
          return Reflect.get(target, field, receiver);
        },
        set: (_target, field) => {
          throw new TypeError(
            `an action writes context.${String(field)} in place; return the new value from assign instead`,
          );
        },
      });
      this.#proxies.set(context, proxy);
    }
    return proxy;
  }

  wrote(field: string): void {
    const variable = this.#index.get(field);
    if (variable !== undefined) this.#written[variable] = 1;
  }

  #read(field: string): void {
    const variable = this.#index.get(field);
    if (variable === undefined) return;
    if (this.#seen[variable] === 1 || this.#written[variable] === 1) return;
    this.#seen[variable] = 1;
    this.#reads.push(variable);
  }
}
