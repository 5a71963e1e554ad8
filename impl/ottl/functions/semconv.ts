/** Names of spans as the semantic conventions form them from attributes. */

import { arg, define, opt, type FunctionSpec } from "../registry.ts";
import { asString } from "../runtime/text.ts";
import type { ValMap } from "../runtime/value.ts";
import type { Span } from "../otlp/model.ts";

/** The versions of the conventions whose names are known. */
const [oldest, latest] = [37, 43];

const kinds = { server: 2, client: 3, producer: 4, consumer: 5 } as const;

type Attributes = ValMap;
/** The first attribute that is there. */
function first(attributes: Attributes, ...names: readonly string[]): string | null {
  const name = names.find((key) => attributes.has(key));
  return name === undefined ? null : asString(attributes.get(name)!);
}

const http =
  (subject: string) =>
  (attributes: Attributes): string | null => {
    const method = first(attributes, "http.request.method", "http.method");
    if (method === null) return null;
    const about = first(attributes, subject);
    return about === null ? method : `${method} ${about}`;
  };

function rpc(attributes: Attributes): string | null {
  const system = first(attributes, "rpc.system.name", "rpc.system");
  if (system === null) return null;
  const method = first(attributes, "rpc.method", "rpc.grpc.method");
  const service = first(attributes, "rpc.service", "rpc.grpc.service");
  if (service === null) return method ?? system;
  return `${service}/${method ?? "*"}`;
}

function server(attributes: Attributes): string | null {
  const address = first(attributes, "server.address");
  const port = first(attributes, "server.port");
  return address === null || port === null ? address : `${address}:${port}`;
}

function database(attributes: Attributes): string | null {
  const system = first(attributes, "db.system.name", "db.system");
  if (system === null) return null;
  const summary = first(attributes, "db.query.summary");
  if (summary !== null) return summary;
  const operation = first(attributes, "db.operation.name", "db.operation") ?? "";
  const namespace = first(attributes, "db.namespace", "db.name") ?? "";
  const object = first(attributes, "db.collection.name", "db.stored_procedure.name");
  const target =
    object === null
      ? namespace || (server(attributes) ?? "")
      : namespace === ""
        ? object
        : `${namespace}.${object}`;
  return [operation, target].filter((part) => part !== "").join(" ") || system;
}

function messaging(attributes: Attributes): string | null {
  const system = first(attributes, "messaging.system");
  if (system === null) return null;
  const operation = first(attributes, "messaging.operation.name", "messaging.operation");
  const destination =
    attributes.get("messaging.destination.temporary") === true
      ? "(temporary)"
      : attributes.get("messaging.destination.anonymous") === true
        ? "(anonymous)"
        : (first(
            attributes,
            "messaging.destination.template",
            "messaging.destination.name",
            "messaging.destination",
          ) ??
          server(attributes) ??
          "");
  if (destination === "") return operation ?? system;
  return operation === null ? destination : `${operation} ${destination}`;
}

const ways: ReadonlyMap<number, readonly ((attributes: Attributes) => string | null)[]> = new Map([
  [kinds.server, [http("http.route"), rpc, messaging]],
  [kinds.client, [http("url.template"), rpc, database, messaging]],
  [kinds.producer, [messaging]],
  [kinds.consumer, [messaging]],
]);

/** The name by the first convention that has one; else it stays. */
function nameOf(span: Span): string {
  for (const way of ways.get(span.kind) ?? []) {
    const name = way(span.attributes);
    if (name !== null && name !== "") return name;
  }
  return span.name;
}

export const semconv: readonly FunctionSpec[] = [
  define(
    "set_semconv_span_name",
    [arg("semconv_version", "literalString"), opt("original_span_name_attribute", "literalString")],
    { symbolic: "out of model", components: ["transform"], contexts: ["span"] },
    ([version, original]) => {
      const parts = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[\w.-]+)?(?:\+[\w.-]+)?$/.exec(version);
      if (parts === null) throw new Error(`failed to parse semconv version "${version}"`);
      const [major, minor, patch] = [1, 2, 3].map((i) => Number(parts[i] ?? 0)) as [
        number,
        number,
        number,
      ];
      const before = parts[4] !== undefined;
      const known =
        major === 1 &&
        (minor > oldest || (minor === oldest && (patch > 0 || !before))) &&
        (minor < latest || (minor === latest && patch === 0));
      if (!known) {
        throw new Error(
          `unsupported semconv version "${version}": must be between 1.${oldest}.0 and 1.${latest}.0`,
        );
      }
      if (original === "") throw new Error("originalSpanNameAttribute cannot be an empty string");
      return (item) => {
        const span = item.span!;
        const old = span.name;
        span.name = nameOf(span);
        if (original !== undefined && old !== span.name) span.attributes.set(original, old);
        return null;
      };
    },
  ),
];
