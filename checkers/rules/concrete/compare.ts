/** Payloads compared as an observer would: without the order of keys, and without known digests. */

import { createHash } from "node:crypto";

import { isJsonRecord, type Json } from "../../../core/trace.ts";

/** A text that is the same for payloads that carry the same. Attribute order does not matter. */
export const canonical = (json: Json): string => JSON.stringify(sorted(json));

function sorted(json: Json): Json {
  if (Array.isArray(json)) {
    const items = json.map(sorted);
    const isKeyed = items.every(
      (item) => typeof item === "object" && item !== null && "key" in item,
    );
    return isKeyed ? items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)) : items;
  }
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, sorted(value)]),
  );
}

const keyOf = (json: Json): string => JSON.stringify(isJsonRecord(json) ? json["key"] : json);

/** Digests of a text that rules can make, and that give nothing away about it. */
export function digestsOf(text: string): readonly string[] {
  return ["sha1", "sha256", "sha512", "md5"].map((name) =>
    createHash(name).update(text).digest("hex"),
  );
}

/** Replaces digests of the given texts, so that payloads that differ by them alone are equal. */
export function withoutDigests(payload: string, texts: readonly string[]): string {
  let result = payload;
  for (const text of texts) {
    for (const digest of digestsOf(text)) result = result.replaceAll(digest, "<digest>");
  }
  return result;
}
