/** Names for links: one per result, readable, stable between runs. No DOM, no Node. */

import type { Result } from "../../core/index.ts";

/**
 * The link key of each result: its id, and `id~engine` where several engines decided the same
 * property (then the plain id leads to the first of them).
 */
export function linkKeys(results: readonly Result[]): Map<Result, string> {
  const count = new Map<string, number>();
  for (const { id } of results) count.set(id, (count.get(id) ?? 0) + 1);
  const used = new Map<string, number>();
  const keys = new Map<Result, string>();
  for (const result of results) {
    const key = (count.get(result.id) ?? 0) > 1 ? `${result.id}~${result.engine}` : result.id;
    const times = used.get(key) ?? 0;
    used.set(key, times + 1);
    keys.set(result, times === 0 ? key : `${key}~${times + 1}`);
  }
  return keys;
}

export type Route =
  | { readonly page: "overview"; readonly query: string }
  | { readonly page: "subject"; readonly id: string }
  | { readonly page: "result"; readonly key: string; readonly step: number | null };

/** Slashes and the at sign stay readable; the rest is percent-encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%40", "@");

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `#/`, `#/?q=…`, `#/m/<subject>`, `#/r/<result>` and `#/r/<result>/s/<step>`. */
export function parseRoute(hash: string): Route {
  const path = hash.replace(/^#?\/?/, "");
  if (path.startsWith("m/")) return { page: "subject", id: decode(path.slice(2)) };
  if (path.startsWith("r/")) {
    const match = /^r\/(?<key>.*?)(?:\/s\/(?<step>\d+))?$/.exec(path);
    const step = match?.groups?.["step"];
    return {
      page: "result",
      key: decode(match?.groups?.["key"] ?? ""),
      step: step === undefined ? null : Number(step),
    };
  }
  const query = /^\?q=(?<query>.*)$/.exec(path)?.groups?.["query"] ?? "";
  return { page: "overview", query: decode(query) };
}

export function formatRoute(route: Route): string {
  switch (route.page) {
    case "overview":
      return route.query === "" ? "#/" : `#/?q=${encode(route.query)}`;
    case "subject":
      return `#/m/${encode(route.id)}`;
    case "result":
      return `#/r/${encode(route.key)}${route.step === null ? "" : `/s/${route.step}`}`;
  }
}
