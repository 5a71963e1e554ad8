/** Cases of single converters, in the words of the upstream tables of their tests. */

import { plainValue } from "../runtime/printf.ts";
import { functions } from "../functions/index.ts";
import { compileValue } from "../compile.ts";
import { decodeValue } from "../otlp/json.ts";
import { levelOf } from "../registry.ts";
import { emptyItem } from "../runtime/item.ts";
import { deepEqual, EvaluationError, Id, type Val } from "../runtime/value.ts";
import { parseValueExpression } from "../syntax/parser.ts";
import {
  array,
  decide,
  object,
  string,
  unsupported,
  type CaseResult,
  type Json,
} from "./result.ts";

const item = emptyItem({
  resource: { attributes: new Map(), droppedAttributesCount: 0 },
  schemaUrl: "",
  scopes: [],
});
// The tables are of about v0.121; nothing they hold changed up to the oldest level that is kept.
const level = levelOf("v0.143");

/** Names of fields that hold arguments, in the order of the parameters. */
const argumentNames = [
  ["value", "target", "document", "bytes", "input", "source", "t", "in"],
  ["xPath", "xpath", "pattern", "delimiter", "base", "encoding"],
  ["subdoc", "subDoc", "elementName", "length"],
];
const wantedNames = ["expected", "want"];
const errorNames = ["expectedError", "expectErr", "expectedErr", "errorMsg"];
const otherNames = ["name", "err", "wantErr", "expectsError", "expectError"];

/** `get_xml` as `GetXML`: letters and digits are what counts. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");
const named = new Map([...functions.keys()].map((name) => [plain(name), name]));

function given(value: unknown): Val {
  if (typeof value !== "object" || value === null) return value as Val;
  const row = object(value);
  if (Array.isArray(row["bytes"])) return Uint8Array.from(row["bytes"] as number[]);
  if (typeof row["bytes"] === "string") return Uint8Array.from(Buffer.from(row["bytes"], "hex"));
  return decodeValue(row as never, "value");
}

function runRow(name: string, row: Json): string | null {
  for (const key of Object.keys(row)) {
    const known = [...argumentNames.flat(), ...wantedNames, ...errorNames, ...otherNames];
    if (!known.includes(key)) unsupported(`the field ${key}`);
  }
  const spec = functions.get(name)!;
  const values: (Val | undefined)[] = argumentNames.map((names) => {
    const key = names.find((candidate) => Object.hasOwn(row, candidate));
    return key === undefined ? undefined : given(row[key]);
  });
  // A parameter that the row skips is given its default where a later one follows.
  if (values[1] === undefined && values[2] !== undefined) values[1] = "/";
  const args = values.filter((value): value is Val => value !== undefined);
  const paths = new Map(args.map((value, i) => [`p${"abc"[i]}`, value]));
  const texts = args.map((value, i) =>
    spec.parameters[i]?.type.startsWith("literal") === true
      ? JSON.stringify(value)
      : `p${"abc"[i]}`,
  );
  let found: Val = null;
  let error: string | null = null;
  try {
    const options = {
      context: "log",
      level,
      component: "transform",
      fixture: { paths, functions: new Map() },
    } as const;
    found = compileValue(parseValueExpression(`${name}(${texts.join(", ")})`), options)(item);
  } catch (caught) {
    if (!(caught instanceof EvaluationError) && (caught as Error).name !== "OttlBuildError")
      throw caught;
    error = (caught as Error).message;
  }
  return judged(row, found, error);
}

function judged(row: Json, found: Val, error: string | null): string | null {
  const errorKey = errorNames.find((name) => typeof row[name] === "string" && row[name] !== "");
  if (errorKey !== undefined) {
    const wanted = string(row[errorKey]);
    if (error === null) return `expected an error with "${wanted}", got none`;
    return error.includes(wanted) ? null : `expected an error with "${wanted}", got "${error}"`;
  }
  const fails = otherNames.some((name) => row[name] === true);
  if (fails) return error === null ? `expected an error, got ${plainValue(found)}` : null;
  const key = wantedNames.find((name) => Object.hasOwn(row, name));
  if (key === undefined) {
    // A table of what is refused.
    return error === null ? `expected an error, got ${plainValue(found)}` : null;
  }
  const wanted = row[key] === null ? null : given(row[key]);
  // Upstream's tables write nil for "an error, and nothing else".
  if (wanted === null && (error !== null || found === null)) return null;
  if (error !== null) return `unexpected error: ${error}`;
  const value = found instanceof Id && typeof wanted === "string" ? found.hex : found;
  return deepEqual(wanted, value) || sameId(wanted, found)
    ? null
    : `expected ${plainValue(wanted)}, got ${plainValue(found)}`;
}

const sameId = (wanted: Val, found: Val): boolean =>
  found instanceof Id &&
  wanted instanceof Uint8Array &&
  Buffer.from(wanted).toString("hex") === found.hex;

export function functionCases(file: Json): CaseResult[] {
  return Object.entries(object(file["functions"])).flatMap(([table, rows]) => {
    const name = named.get(plain(table));
    return array(rows).map((entry, i) => {
      const row = object(entry);
      return decide(
        `${table}#${i + 1} ${typeof row["name"] === "string" ? row["name"] : ""}`.trim(),
        table,
        () => (name === undefined ? unsupported(`the function ${table}`) : runRow(name, row)),
      );
    });
  });
}
