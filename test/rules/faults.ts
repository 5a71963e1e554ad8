/**
 * Rule sets with one planted fault each, beside the rule set that was meant. The meant ones must
 * raise no alarm; the planted ones must be found, for the reason that was planted.
 */

import type { RulesClaim } from "../../core/subject.ts";
import { filter, routing, transform } from "./helpers.ts";

export interface Planted {
  readonly name: string;
  readonly meant: string;
  readonly planted: string;
  readonly reason: string;
  /** Where only a claim can tell: what the rules are for. */
  readonly claims?: readonly RulesClaim[];
}

const secret = (path: string, when?: string): readonly RulesClaim[] => [
  {
    kind: "redaction",
    id: "secret",
    title: path,
    secret: path,
    ...(when === undefined ? {} : { when }),
  },
];

const hash = (path: string, more = ""): string =>
  `set(${path}, SHA256(${path})) where IsString(${path})${more}`;
const user = 'log.attributes["user"]';
const email = 'log.attributes["email"]';

export const plantedFaults: readonly Planted[] = [
  {
    name: "a range turned around",
    meant: transform([
      'set(log.attributes["level"], "mid") where log.severity_number >= 9 and log.severity_number < 17',
    ]),
    planted: transform([
      'set(log.attributes["level"], "mid") where log.severity_number < 9 and log.severity_number >= 17',
    ]),
    reason: "CONTRADICTION",
  },
  {
    name: "two values at once",
    meant: transform([
      'set(log.attributes["x"], 1) where resource.attributes["env"] == "prod" or resource.attributes["env"] == "dev"',
    ]),
    planted: transform([
      'set(log.attributes["x"], 1) where resource.attributes["env"] == "prod" and resource.attributes["env"] == "dev"',
    ]),
    reason: "CONTRADICTION",
  },
  {
    name: "a severity compared with its name",
    meant: transform(['set(log.attributes["x"], 1) where log.severity_text == "ERROR"']),
    planted: transform(['set(log.attributes["x"], 1) where log.severity_number == "ERROR"']),
    reason: "TYPE_CLASH",
  },
  {
    name: "a name compared with a number",
    meant: transform(['set(span.attributes["slow"], true) where span.name == "500"'], {
      signal: "trace",
      context: "span",
    }),
    planted: transform(['set(span.attributes["slow"], true) where span.name == 500'], {
      signal: "trace",
      context: "span",
    }),
    reason: "TYPE_CLASH",
  },
  {
    name: "a kind compared with its name",
    meant: transform(['set(span.attributes["in"], true) where span.kind == SPAN_KIND_SERVER'], {
      signal: "trace",
      context: "span",
    }),
    planted: transform(['set(span.attributes["in"], true) where span.kind == "SPAN_KIND_SERVER"'], {
      signal: "trace",
      context: "span",
    }),
    reason: "TYPE_CLASH",
  },
  {
    name: "a key deleted before it is copied",
    meant: transform([
      'set(log.attributes["b"], log.attributes["a"]) where log.attributes["a"] != nil',
      'delete_key(log.attributes, "a")',
    ]),
    planted: transform([
      'delete_key(log.attributes, "a")',
      'set(log.attributes["b"], log.attributes["a"]) where log.attributes["a"] != nil',
    ]),
    reason: "STATE_MADE_FALSE",
  },
  {
    name: "keys kept before the last one is read",
    meant: transform([
      'set(log.severity_text, log.attributes["sev"]) where IsString(log.attributes["sev"])',
      'keep_keys(log.attributes, ["a", "b"])',
    ]),
    planted: transform([
      'keep_keys(log.attributes, ["a", "b"])',
      'set(log.severity_text, log.attributes["sev"]) where IsString(log.attributes["sev"])',
    ]),
    reason: "STATE_MADE_FALSE",
  },
  {
    name: "matching keys deleted first",
    meant: transform([
      'set(log.attributes["out"], log.attributes["http.status"]) where log.attributes["http.status"] != nil',
      'delete_matching_keys(log.attributes, "^http\\\\.")',
    ]),
    planted: transform([
      'delete_matching_keys(log.attributes, "^http\\\\.")',
      'set(log.attributes["out"], log.attributes["http.status"]) where log.attributes["http.status"] != nil',
    ]),
    reason: "STATE_MADE_FALSE",
  },
  {
    name: "a dropped guard overwrites the special case",
    meant: transform([
      'set(log.attributes["tier"], "gold") where resource.attributes["plan"] == "gold"',
      'set(log.attributes["tier"], "basic") where resource.attributes["plan"] != "gold"',
    ]),
    planted: transform([
      'set(log.attributes["tier"], "gold") where resource.attributes["plan"] == "gold"',
      'set(log.attributes["tier"], "basic")',
    ]),
    reason: "NO_EFFECT",
  },
  {
    name: "the same attribute written twice",
    meant: transform(['set(log.attributes["a"], "1")', 'set(log.attributes["b"], "2")']),
    planted: transform(['set(log.attributes["a"], "1")', 'set(log.attributes["a"], "2")']),
    reason: "NO_EFFECT",
  },
  {
    name: "written, then deleted",
    meant: transform(['set(log.attributes["a"], "1")', 'delete_key(log.attributes, "tmp")']),
    planted: transform(['set(log.attributes["a"], "1")', 'delete_key(log.attributes, "a")']),
    reason: "NO_EFFECT",
  },
  {
    name: "the scratch map of another group",
    meant: transform([
      'set(log.cache["x"], log.body) where IsString(log.body)',
      'set(log.attributes["x"], log.cache["x"]) where log.cache["x"] != nil',
    ]),
    planted: transform(['set(log.attributes["x"], log.cache["y"]) where log.cache["y"] != nil']),
    reason: "CONTRADICTION",
  },
  {
    name: "the general pattern before the special one",
    meant: filter(['IsMatch(log.body, "^GET /health")', 'IsMatch(log.body, "^POST /admin")']),
    planted: filter(['IsMatch(log.body, "^GET ")', 'IsMatch(log.body, "^GET /health")']),
    reason: "SHADOWED_BY",
  },
  {
    name: "a smaller range after a larger one",
    meant: filter(["log.severity_number < 5", 'log.severity_text == "DEBUG"']),
    planted: filter(["log.severity_number < 9", "log.severity_number < 5"]),
    reason: "SHADOWED_BY",
  },
  {
    name: "covered by two conditions together",
    meant: filter(['log.attributes["a"] == "x"', 'log.attributes["b"] == "y"']),
    planted: filter([
      "log.severity_number < 9",
      "log.severity_number >= 9",
      'log.attributes["b"] == "y"',
    ]),
    reason: "SHADOWED_BY",
  },
  {
    name: "a prefix after its prefix",
    meant: filter(['HasPrefix(log.severity_text, "WARN")', 'HasPrefix(log.severity_text, "INFO")']),
    planted: filter(['HasPrefix(log.severity_text, "W")', 'HasPrefix(log.severity_text, "WARN")']),
    reason: "SHADOWED_BY",
  },
  {
    name: "a filter by a type that cannot be",
    meant: filter(['log.severity_text == "10"']),
    planted: filter(["log.severity_text == 10"]),
    reason: "TYPE_CLASH",
  },
  {
    name: "a hash of what may be no text",
    meant: transform([hash(user)]),
    planted: transform([`set(${user}, SHA256(${user})) where ${user} != nil`]),
    reason: "CAN_ERROR",
  },
  {
    name: "the textbook redaction rule",
    meant: transform([
      'set(log.body, SHA256(String(log.body))) where resource.attributes["env"] == "prod" and log.body != nil',
    ]),
    planted: transform([
      'set(log.body, SHA256(log.body)) where resource.attributes["env"] == "prod"',
    ]),
    reason: "CAN_ERROR",
  },
  {
    name: "a guard that fails itself",
    meant: transform([`set(${email}, SHA1(${email})) where IsString(${email})`]),
    planted: transform([`set(${email}, SHA1(${email})) where HasSuffix(${email}, "@example.com")`]),
    reason: "CAN_ERROR",
  },
  {
    name: "a copy before hashing",
    meant: transform([
      hash(email),
      `set(log.attributes["contact"], ${email}) where ${email} != nil`,
    ]),
    planted: transform([
      `set(log.attributes["contact"], ${email}) where ${email} != nil`,
      hash(email),
    ]),
    reason: "LEAK",
  },
  {
    name: "the secret inside a longer text",
    meant: transform([
      hash(user),
      `set(log.body, Concat(["user", ${user}], " ")) where IsString(${user})`,
    ]),
    planted: transform([
      `set(log.body, Concat(["user", ${user}], " ")) where IsString(${user})`,
      hash(user),
    ]),
    reason: "LEAK",
  },
  {
    name: "the secret in the name of the span",
    meant: transform(
      [
        'set(span.attributes["id"], SHA256(span.attributes["id"])) where IsString(span.attributes["id"])',
      ],
      { signal: "trace", context: "span" },
    ),
    planted: transform(
      [
        'set(span.name, span.attributes["id"]) where IsString(span.attributes["id"])',
        'set(span.attributes["id"], SHA256(span.attributes["id"])) where IsString(span.attributes["id"])',
      ],
      { signal: "trace", context: "span" },
    ),
    reason: "LEAK",
  },
  {
    name: "an error that ends the batch",
    meant: transform(['set(log.attributes["n"], Len(log.body)) where IsString(log.body)'], {
      errorMode: "propagate",
    }),
    planted: transform(['set(log.attributes["n"], Len(log.body))'], { errorMode: "propagate" }),
    reason: "CAN_ERROR",
  },
  {
    name: "a route behind a wider one",
    meant: routing([
      { condition: 'attributes["env"] == "prod"', to: "logs/prod" },
      { condition: 'attributes["env"] == "dev"', to: "logs/dev" },
    ]),
    planted: routing([
      { condition: 'attributes["env"] != nil', to: "logs/any" },
      { condition: 'attributes["env"] == "dev"', to: "logs/dev" },
    ]),
    reason: "SHADOWED_BY",
  },
  {
    name: "routes that overlap",
    meant: routing([
      { condition: 'attributes["env"] == "prod"', to: "logs/prod" },
      {
        condition: 'attributes["env"] == "dev" and attributes["region"] == "east"',
        to: "logs/east",
      },
    ]),
    planted: routing([
      { condition: 'attributes["env"] == "prod"', to: "logs/prod" },
      { condition: 'attributes["region"] == "east"', to: "logs/east" },
    ]),
    reason: "OVERLAP",
  },
  {
    name: "no way for the rest",
    meant: routing(
      [
        { condition: 'attributes["env"] == "prod"', to: "logs/prod" },
        { condition: "true", to: "logs/rest" },
      ],
      [],
    ),
    planted: routing(
      [
        { condition: 'attributes["env"] == "prod"', to: "logs/prod" },
        { condition: 'attributes["env"] == "dev"', to: "logs/dev" },
      ],
      [],
    ),
    reason: "GAP",
  },
  {
    name: "the wrong context of a route",
    meant: routing([{ condition: "log.severity_number >= 17", context: "log", to: "logs/errors" }]),
    planted: routing([
      { condition: 'log.severity_number >= "17"', context: "log", to: "logs/errors" },
    ]),
    reason: "TYPE_CLASH",
  },
  {
    name: "a secret dropped under one name only",
    meant: transform([
      'delete_key(log.attributes, "password")',
      'delete_key(log.attributes, "pwd")',
    ]),
    planted: transform([
      'set(log.attributes["pwd"], log.attributes["password"]) where log.attributes["password"] != nil',
      'delete_key(log.attributes, "password")',
    ]),
    claims: secret('log.attributes["password"]'),
    reason: "LEAK",
  },
  {
    name: "hidden for one environment too few",
    meant: transform([
      'set(log.body, "hidden") where resource.attributes["env"] == "prod" or resource.attributes["env"] == "stage"',
    ]),
    planted: transform(['set(log.body, "hidden") where resource.attributes["env"] == "prod"']),
    claims: secret("log.body", 'resource.attributes["env"] == "stage"'),
    reason: "LEAK",
  },
];
