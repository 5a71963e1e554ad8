/** Values as the solver prints them. */

import type { Sexpr } from "../../../solver/sexpr.ts";
import { tags, type Tag } from "./term.ts";

export type SolverValue =
  | boolean
  | bigint
  | number
  | string
  | { readonly tag: Tag; readonly payload: Exclude<SolverValue, object> | null };

/** Reads the value of a term of the given sort. */
export function readValue(sexpr: Sexpr, sort: string): SolverValue {
  switch (sort) {
    case "Bool":
      return sexpr === "true";
    case "Int":
      return readInteger(sexpr);
    case "Real":
      return readReal(sexpr);
    case "String":
      return readString(sexpr);
    default: {
      const [name, inner] = typeof sexpr === "string" ? [sexpr] : sexpr;
      const tag = String(name) as Tag;
      const inside = tags[tag];
      return {
        tag,
        payload:
          inside === null ? null : (readValue(inner!, inside) as Exclude<SolverValue, object>),
      };
    }
  }
}

function readInteger(sexpr: Sexpr): bigint {
  if (typeof sexpr === "string") return BigInt(sexpr);
  return -readInteger(sexpr[1]!);
}

function readReal(sexpr: Sexpr): number {
  if (typeof sexpr === "string") return Number(sexpr.replace(/\?$/, ""));
  const [operator, first, second] = sexpr;
  if (operator === "-") return -readReal(first!);
  return readReal(first!) / readReal(second!);
}

function readString(sexpr: Sexpr): string {
  return String(sexpr)
    .slice(1, -1)
    .replaceAll('""', '"')
    .replaceAll(/\\u\{([0-9a-fA-F]+)\}|\\u([0-9a-fA-F]{4})/g, (_, braced?: string, bare?: string) =>
      String.fromCodePoint(Number.parseInt(braced ?? bare ?? "0", 16)),
    );
}
