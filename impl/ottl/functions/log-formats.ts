/** Converters for log lines of fixed formats: CEF, LEEF, the common log format and W3C's extended one. */

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { pattern } from "../runtime/regex.ts";
import { parseInt64, trimmed, words } from "../runtime/text.ts";
import { fail, type Val } from "../runtime/value.ts";

const facts = (what: string) =>
  ({
    symbolic: "abstract",
    returns: "map",
    fails: `the text is no ${what}`,
    components: ["transform"],
    contexts: ["log"],
  }) as const;

const orFail = (text: string, format: string): string =>
  text === "" ? fail(`cannot parse empty ${format} message`) : text;

/** Replaces escapes that the table knows; the others stay as they are. */
const unescaped = (text: string, known: Readonly<Record<string, string>>): string =>
  text.replace(/\\([\s\S])/g, (all, next: string) => known[next] ?? all);

const inHeader = { "|": "|", "\\": "\\" };
const inValue = { "\\": "\\", "=": "=", n: "\n", r: "\r" };

function parseCef(text: string): Val {
  const start = orFail(text, "CEF").indexOf("CEF:");
  if (start === -1) return fail("invalid CEF message: 'CEF:' not found");
  const message = text.slice(start);
  const fields: string[] = [];
  let from = 0;
  for (let i = 0; i < message.length && fields.length < 7; i++) {
    if (message[i] === "\\" && (message[i + 1] === "|" || message[i + 1] === "\\")) i++;
    else if (message[i] === "|") {
      fields.push(message.slice(from, i));
      from = i + 1;
    }
  }
  let extension = "";
  if (fields.length === 7) extension = message.slice(from);
  else fields.push(message.slice(from));
  if (fields.length < 7) {
    return fail(`invalid CEF header: expected at least 7 fields, got ${fields.length}`);
  }
  const version = fields[0]!.slice("CEF:".length);
  if (version === "") return fail("invalid CEF message: missing version");
  const names = ["device_vendor", "device_product", "device_version", "device_event_class_id"];
  const told = [...names, "name", "severity"].map(
    (name, i) => [`cef.${name}`, unescaped(fields[i + 1]!, inHeader)] as const,
  );
  return new Map<string, Val>([
    ["cef.version", version],
    ...told,
    ["cef.extensions", cefExtensions(extension)],
  ]);
}

/** A value goes on until the next `key=` behind a space. */
function cefExtensions(text: string): Map<string, Val> {
  const out = new Map<string, Val>();
  const keys = [...text.matchAll(/(?<=^| )([A-Za-z0-9_]+)=/g)];
  for (const [i, { index, 0: all, 1: key }] of keys.entries()) {
    const value = text.slice(index + all.length, keys[i + 1]?.index ?? text.length);
    out.set(key!, unescaped(value.replace(/ +$/, ""), inValue));
  }
  return out;
}

/** At most `count` parts; the last holds the rest. */
function splitAt(text: string, separator: string, count: number): string[] {
  const parts = text.split(separator);
  return parts.length <= count
    ? parts
    : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)];
}

function leefDelimiter(told: string): string {
  if (told === "") return "\t";
  if (/^0[xX]/.test(told)) {
    const digits = told.slice(2);
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) {
      return fail(`invalid LEEF 2.0 delimiter: "${told}" is not one byte in hex`);
    }
    return Buffer.from(digits, "hex").toString("utf8");
  }
  return Buffer.byteLength(told) === 1
    ? told
    : fail(`invalid LEEF 2.0 delimiter: "${told}" is not a single character`);
}

function parseLeef(text: string): Val {
  const start = orFail(text, "LEEF").indexOf("LEEF:");
  if (start === -1) return fail("invalid LEEF message: 'LEEF:' not found");
  const message = text.slice(start);
  const bar = message.indexOf("|");
  if (bar === -1) return fail("invalid LEEF message: missing pipe delimiter in header");
  const version = message.slice("LEEF:".length, bar);
  if (version !== "1.0" && version !== "2.0") {
    return fail(`unsupported LEEF version: ${version} (supported: 1.0, 2.0)`);
  }
  const rest = message.slice(bar + 1);
  let parts = splitAt(rest, "|", 5);
  if (parts.length < 4) {
    return fail(`invalid LEEF ${version} header: expected at least 4 fields, got ${parts.length}`);
  }
  let delimiter = "\t";
  let attributes = parts[4] ?? "";
  if (version === "2.0" && parts.length > 4) {
    parts = splitAt(rest, "|", 6);
    // The delimiter may be left out: an attribute stands in its place.
    if (!parts[4]!.includes("=")) {
      delimiter = leefDelimiter(parts[4]!);
      attributes = parts[5] ?? "";
    }
  }
  const pairs = new Map<string, Val>();
  for (const pair of attributes === "" ? [] : attributes.split(delimiter)) {
    const at = pair.indexOf("=");
    if (at > 0) pairs.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return new Map<string, Val>([
    ["leef.version", version],
    ["leef.vendor", parts[0]!],
    ["leef.product.name", parts[1]!],
    ["leef.product.version", parts[2]!],
    ["leef.event.id", parts[3]!],
    ["leef.attributes", pairs],
  ]);
}

const quoted = String.raw`"((?:[^"\\]|\\.)*)"`;
const common = String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] ${quoted} (\S+) (\S+)`;
const clf = { clf: `${common}$`, combined: `${common} ${quoted} ${quoted}$` };

const control: Readonly<Record<string, string>> = {
  "\\": "\\",
  '"': '"',
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** Quoted fields escape what is no plain character, bytes as `\xhh`. */
function clfText(text: string): string {
  const bytes: Buffer[] = [];
  let at = 0;
  for (const { index, 0: all, 1: next } of text.matchAll(/\\(x[0-9a-fA-F]{2}|[\s\S])/g)) {
    bytes.push(Buffer.from(text.slice(at, index)));
    bytes.push(
      next!.length > 1 && next!.startsWith("x")
        ? Buffer.from(next!.slice(1), "hex")
        : Buffer.from(control[next!] ?? all),
    );
    at = index + all.length;
  }
  return at === 0 ? text : Buffer.concat([...bytes, Buffer.from(text.slice(at))]).toString("utf8");
}

function parseClf(text: string, format: keyof typeof clf): Val {
  const found = pattern(clf[format]).first(trimmed(orFail(text, "CLF")));
  if (found === null) {
    return fail(`invalid CLF message: does not match expected "${format}" format`);
  }
  const group = (i: number): string => found.groups[i] ?? "";
  const request = clfText(group(5));
  const out = new Map<string, Val>([
    ["clf.remote_host", group(1)],
    ["clf.rfc931", group(2)],
    ["clf.auth_user", group(3)],
    ["clf.timestamp", group(4)],
    ["clf.request", request],
  ]);
  const parts = splitAt(request, " ", 3);
  if (parts.length === 3) {
    for (const [i, name] of ["method", "request_uri", "protocol"].entries()) {
      out.set(`clf.${name}`, parts[i]!);
    }
  }
  out.set("clf.status", parseInt64(group(6), 10));
  if (group(7) !== "-") out.set("clf.bytes", parseInt64(group(7), 10));
  if (format === "combined") {
    out.set("clf.referer", clfText(group(8)));
    out.set("clf.user_agent", clfText(group(9)));
  }
  return out;
}

/** Words between blanks; quotes hold blanks, doubled quotes stand for one. */
function elfValues(line: string): string[] {
  const out: string[] = [];
  for (let rest = line; (rest = rest.replace(/^[ \t]+/, "")) !== "";) {
    const word = rest.startsWith('"') ? /^"((?:[^"]|"")*)"/.exec(rest) : /^[^ \t]+/.exec(rest);
    if (word === null) return fail("invalid ELF: unterminated quoted value in data line");
    out.push(word[1] === undefined ? word[0] : word[1].replaceAll('""', '"'));
    rest = rest.slice(word[0].length);
  }
  return out;
}

const elfDirectives = new Set(["version", "software", "date", "start-date", "end-date", "remark"]);

function parseElf(text: string): Val {
  const entries: Val[] = [];
  const out = new Map<string, Val>([["elf.entries", entries]]);
  let fields: readonly string[] = [];
  for (const line of orFail(text, "ELF")
    .split(/\r\n|\r|\n/)
    .map(trimmed)) {
    if (line === "") continue;
    if (!line.startsWith("#")) {
      if (fields.length === 0) {
        return fail("invalid ELF: data entry found before #Fields directive");
      }
      const values = elfValues(line);
      entries.push(new Map<string, Val>(fields.map((field, i) => [field, values[i] ?? "-"])));
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === -1) {
      if (/^fields/i.test(trimmed(line.slice(1)))) {
        return fail("invalid ELF: malformed #Fields directive");
      }
      continue;
    }
    const name = trimmed(line.slice(1, colon)).toLowerCase();
    const value = trimmed(line.slice(colon + 1));
    if (name === "fields") fields = words(value);
    else if (elfDirectives.has(name)) out.set(`elf.${name.replace("-", "_")}`, value);
  }
  if (!out.has("elf.version")) return fail("invalid ELF: missing #Version directive");
  return out.set("elf.fields", [...fields]);
}

export const logFormats: readonly FunctionSpec[] = [
  pure("ParseCEF", [arg("target", "string")], facts("CEF message"), parseCef),
  define(
    "ParseCLF",
    [arg("target", "string"), opt("format", "literalString")],
    facts("line of the common log format"),
    ([target, format = "clf"]) => {
      if (format !== "clf" && format !== "combined") {
        throw new Error(`invalid format "${format}": must be "clf" or "combined"`);
      }
      return (item) => parseClf(target(item), format);
    },
  ),
  pure("ParseELF", [arg("target", "string")], facts("extended log"), parseElf),
  pure("ParseLEEF", [arg("target", "string")], facts("LEEF message"), parseLeef),
];
