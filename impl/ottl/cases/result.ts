/** What became of the cases of a file. */

export interface CaseResult {
  readonly id: string;
  readonly section: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** Why; empty when passed. */
  readonly message: string;
}

/** Thrown by the code that reads a case: the case is of a kind that is not known. */
export class Unsupported extends Error {}

/** Runs one case: nothing is passed that was not decided. */
export function decide(id: string, section: string, run: () => string | null): CaseResult {
  try {
    const message = run();
    return { id, section, status: message === null ? "passed" : "failed", message: message ?? "" };
  } catch (error) {
    if (error instanceof Unsupported) {
      return { id, section, status: "unsupported", message: error.message };
    }
    const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { id, section, status: "failed", message };
  }
}

/** What JSON text holds. */
export interface Json {
  readonly [key: string]: unknown;
}
export const object = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : unsupported(`expected an object, found ${JSON.stringify(value)}`);
export const array = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : unsupported(`expected a list, found ${JSON.stringify(value)}`);
export const string = (value: unknown): string =>
  typeof value === "string"
    ? value
    : unsupported(`expected a string, found ${JSON.stringify(value)}`);
export function unsupported(message: string): never {
  throw new Unsupported(message);
}
