/** One record for every function: what the Go engine was asked once is asked of ours in each run. */

import type { JsonValue } from "../../../impl/ottl/index.ts";
import { canonical, type Verdict } from "./judge.ts";
import type { Pair } from "./pairs.ts";

const text = (value: string) => ({ stringValue: value });
const list = (...values: object[]) => ({ arrayValue: { values } });
const map = (values: Record<string, object>) => ({
  kvlistValue: { values: Object.entries(values).map(([key, value]) => ({ key, value })) },
});

/** Values of every kind, named for short statements. */
const attributes: Record<string, object> = {
  t: text("héllo Wörld_fooBar-1"),
  empty: text(""),
  latin: text("The quick  brown fox"),
  padded: text("  --pad--  "),
  i: { intValue: "42" },
  big: { intValue: "9223372036854775807" },
  low: { intValue: "-9223372036854775808" },
  d: { doubleValue: -3.75 },
  huge: { doubleValue: 1e21 },
  tiny: { doubleValue: 1e-7 },
  yes: { boolValue: true },
  no: { boolValue: false },
  bytes: { bytesValue: Buffer.from([0, 1, 254, 255, 104, 105]).toString("base64") },
  nothing: {},
  words: list(text("b"), text("A"), text("c"), text("a")),
  numbers: list({ intValue: "3" }, { doubleValue: 1.5 }, { intValue: "-2" }),
  mixed: list(text("10"), { intValue: "9" }, { boolValue: true }, {}),
  none: list(),
  m: map({
    a: { intValue: "1" },
    b: text("two"),
    deep: map({ x: { boolValue: true }, y: list({ intValue: "1" }, text("z")) }),
  }),
  void: map({}),
  rows: list(
    map({ name: text("one"), value: { intValue: "1" }, in: map({ k: text("p") }) }),
    map({ name: text("two"), value: { doubleValue: 2.5 }, in: map({ k: text("q") }) }),
  ),
};

const payload = {
  resourceLogs: [
    {
      resource: { attributes: [{ key: "service.name", value: text("shop") }] },
      scopeLogs: [
        {
          scope: { name: "lib" },
          logRecords: [
            {
              timeUnixNano: "1581452772123456789",
              body: text("GET /p/a.html?q=1 HTTP/1.1 200"),
              attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
            },
          ],
        },
      ],
    },
  ],
};

export const call = (statement: string, id: number): Pair => ({
  id,
  context: "log",
  statement,
  payload,
});

interface Log {
  readonly attributes?: readonly { readonly key: string; readonly value: JsonValue }[];
}
interface Whole {
  readonly resourceLogs: readonly [
    { readonly scopeLogs: readonly [{ readonly logRecords: readonly [Log] }] },
  ];
}
const logOf = (whole: JsonValue): Log =>
  (whole as unknown as Whole).resourceLogs[0].scopeLogs[0].logRecords[0];

const before = logOf(canonical(call("", 0), { output: payload }).after);

/** What a statement did: `refused`, `failed`, or the fields and attributes that it changed. */
export function outcome({ kind, after }: Verdict): JsonValue {
  if (kind !== "done") return kind;
  const fields = (log: Log): Map<string, string> =>
    new Map([
      ...Object.entries(log)
        .filter(([name]) => name !== "attributes")
        .map(([name, value]) => [name, JSON.stringify(value)] as const),
      ...(log.attributes ?? []).map(
        ({ key, value }) => [`attributes.${key}`, JSON.stringify(value)] as const,
      ),
    ]);
  const [was, is] = [fields(before), fields(logOf(after))];
  const changed: [string, JsonValue][] = [];
  for (const [name, value] of is)
    if (was.get(name) !== value) changed.push([name, JSON.parse(value) as JsonValue]);
  for (const name of was.keys()) if (!is.has(name)) changed.push([name, null]);
  return Object.fromEntries(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
}
