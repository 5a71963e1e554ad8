/** Where a function was written, and the constants that it sees: asked of the JavaScript engine. */

import { Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { relative } from "node:path";

type Callable = (...args: never[]) => unknown;

export interface FunctionPlace {
  /** `models/door.ts:12`; null when the engine does not say. */
  readonly place: string | null;
  /** Truth values, numbers and texts of the scopes around the function, inner ones first. */
  readonly constants: ReadonlyMap<string, boolean | number | string>;
}

interface RemoteObject {
  readonly type: string;
  readonly value?: unknown;
  readonly description?: string;
  readonly objectId?: string;
}
interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}

const known = new WeakMap<Callable, FunctionPlace>();

export function placeOf(fn: Callable): FunctionPlace {
  let place = known.get(fn);
  if (place === undefined) {
    place = inspect(fn);
    known.set(fn, place);
  }
  return place;
}

function inspect(fn: Callable): FunctionPlace {
  const session = new Session();
  const handle = "verify-workbench.inspected";
  const urls = new Map<string, string>();
  session.connect();
  try {
    // Answers come at once when the inspected thread is the own one.
    const ask = (method: string, parameters: object = {}): Readonly<Record<string, unknown>> => {
      let answer: Readonly<Record<string, unknown>> = {};
      session.post(method, parameters, (error: Error | null, result?: object) => {
        if (error === null) answer = (result ?? {}) as Readonly<Record<string, unknown>>;
      });
      return answer;
    };
    const properties = (objectId: string | undefined) => {
      if (objectId === undefined) return { own: [], internal: [] };
      const answer = ask("Runtime.getProperties", { objectId, ownProperties: true });
      return {
        own: (answer["result"] ?? []) as readonly Property[],
        internal: (answer["internalProperties"] ?? []) as readonly Property[],
      };
    };
    session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
    ask("Debugger.enable");
    Reflect.set(globalThis, handle, fn);
    const { result } = ask("Runtime.evaluate", { expression: `globalThis["${handle}"]` });
    const { internal } = properties((result as RemoteObject | undefined)?.objectId);
    const location = internal.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value;
    const scopes = internal.find(({ name }) => name === "[[Scopes]]")?.value?.objectId;
    const constants = new Map<string, boolean | number | string>();
    for (const { value: scope } of properties(scopes).own) {
      if (scope?.description === "Global" || scope?.type !== "object") continue;
      for (const { name, value } of properties(scope.objectId).own) {
        const plain: unknown = value?.value;
        const isPlain =
          typeof plain === "boolean" || typeof plain === "number" || typeof plain === "string";
        if (isPlain && !constants.has(name)) constants.set(name, plain);
      }
    }
    return { place: placeText(location, urls), constants };
  } finally {
    Reflect.deleteProperty(globalThis, handle);
    session.disconnect();
  }
}

function placeText(location: unknown, urls: ReadonlyMap<string, string>): string | null {
  if (typeof location !== "object" || location === null) return null;
  const url = urls.get(String(Reflect.get(location, "scriptId")));
  const line: unknown = Reflect.get(location, "lineNumber");
  if (url === undefined || url === "" || typeof line !== "number") return null;
  const file = url.startsWith("file:") ? fileURLToPath(url) : url;
  const near = relative(process.cwd(), file);
  return `${near.startsWith("..") ? file : near}:${line + 1}`;
}
