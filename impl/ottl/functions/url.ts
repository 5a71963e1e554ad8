/** URLs, read and printed by the rules of `net/url` of Go. */

import { fail, RawMap } from "../runtime/value.ts";

const percent = (character: string): string =>
  Array.from(
    Buffer.from(character),
    (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
const escape = (text: string, plain: RegExp): string =>
  text.replace(/[\s\S]/gu, (character) => (plain.test(character) ? character : percent(character)));

/** What a part keeps unescaped when it is printed. */
const plainIn = {
  path: /[\w.~$&+,/:;=@-]/,
  user: /[\w.~$&+,;=-]/,
  host: /[\w.~!$&'()*+,;=:[\]<>"-]/,
  fragment: /[\w.~!$&'()*+,/:;=?@-]/,
} as const;

/** A path or a fragment as written where it may stand so, else escaped anew. */
function printed(raw: string, decoded: string, part: "path" | "fragment"): string {
  const valid =
    part === "path"
      ? /^(?:[\w!'()*,/:;=@&+$.~[\]-]|%[0-9a-fA-F]{2})*$/
      : /^(?:[\w!'()*,/:;=@&+$.~?[\]-]|%[0-9a-fA-F]{2})*$/;
  return valid.test(raw) ? raw : escape(decoded, plainIn[part]);
}

function unescape(part: string, told: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(part)) fail(`parse ${told}: invalid URL escape`);
  const bytes = part
    .replace(/[^\0-\x7f]/gu, (c) => Buffer.from(c).toString("latin1"))
    .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

interface Authority {
  readonly user: string | null;
  readonly password: string | null;
  readonly domain: string;
  readonly port: string;
  readonly printed: string;
  readonly userInfo: string | null;
}

function readAuthority(authority: string, told: string): Authority {
  const at = authority.lastIndexOf("@");
  const raw = at === -1 ? null : authority.slice(0, at);
  if (raw !== null && !/^[\w.:~!$&'()*+,;=%@-]*$/.test(raw)) {
    fail(`parse ${told}: net/url: invalid userinfo`);
  }
  const hostPort = authority.slice(at + 1);
  const host = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(hostPort);
  if (host === null || (host[2] !== undefined && !/^\d*$/.test(host[2]))) {
    return fail(`parse ${told}: invalid port after host`);
  }
  const name = host[1]!;
  // oxlint-disable-next-line no-control-regex -- the others are beyond ASCII
  if (/[\u0000-\u0020\\^`{|}\u007f]/.test(name)) {
    fail(`parse ${told}: invalid character in host name`);
  }
  // Within a host, an escape stands for a byte beyond ASCII; a zone may have others.
  const outside = name.replace(/%25[^\]]*/, (zone) => (name.startsWith("[") ? "" : zone));
  if (/%[0-7]/.test(outside)) fail(`parse ${told}: invalid URL escape`);
  const domain = unescape(name, told);
  const colon = raw?.indexOf(":") ?? -1;
  const user = raw === null ? null : unescape(colon === -1 ? raw : raw.slice(0, colon), told);
  const password = raw === null || colon === -1 ? null : unescape(raw.slice(colon + 1), told);
  const userInfo =
    user === null
      ? null
      : escape(user, plainIn.user) +
        (password === null ? "" : `:${escape(password, plainIn.user)}`);
  const port = host[2] === undefined ? "" : `:${host[2]}`;
  return {
    user,
    password,
    domain: domain.replace(/^\[|\]$/g, ""),
    port: host[2] ?? "",
    printed: (userInfo === null ? "" : `${userInfo}@`) + printedHost(domain) + port,
    userInfo,
  };
}

/** The zone of an address is escaped by a rule of its own. */
function printedHost(domain: string): string {
  const zone = domain.startsWith("[") ? domain.indexOf("%") : -1;
  if (zone === -1) return escape(domain, plainIn.host);
  return `${escape(domain.slice(0, zone), plainIn.host)}%25${domain.slice(zone + 1)}`;
}

/** The attributes of the semantic conventions. @throws EvaluationError when the text is no URL */
export function readUrl(text: string): RawMap {
  if (text === "") fail("url cannot be empty");
  const told = JSON.stringify(text);
  // RFC 3986, appendix B.
  const match =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      text,
    );
  // oxlint-disable-next-line no-control-regex -- Go refuses them
  if (match === null || /[\u0000-\u001f\u007f]/.test(text)) {
    return fail(`parse ${told}: net/url: invalid control character in URL`);
  }
  const [, scheme = "", authority, rawPath = "", query, fragment = ""] = match;
  if (scheme === "" && authority === undefined && /^[^/]*:/.test(rawPath)) {
    fail(`parse ${told}: first path segment in URL cannot contain colon`);
  }
  const place = authority === undefined ? null : readAuthority(authority, told);
  // What follows a scheme without a slash is opaque: no path.
  const opaque = scheme !== "" && place === null && !rawPath.startsWith("/") && rawPath !== "";
  const path = opaque ? "" : unescape(rawPath, told);
  const decoded = unescape(fragment, told);
  const out = new RawMap();
  out.set(
    "url.original",
    (scheme === "" ? "" : `${scheme.toLowerCase()}:`) +
      (place === null ? "" : `//${place.printed}`) +
      (opaque ? rawPath : printed(rawPath, path, "path")) +
      (query === undefined ? "" : `?${query}`) +
      (fragment === "" ? "" : `#${printed(fragment, decoded, "fragment")}`),
  );
  out.set("url.domain", place?.domain ?? "");
  out.set("url.scheme", scheme.toLowerCase());
  out.set("url.path", path);
  if (place !== null && place.port !== "") out.set("url.port", BigInt(place.port));
  if (fragment !== "") out.set("url.fragment", decoded);
  if (place !== null && place.userInfo !== null) {
    out.set("url.user_info", place.userInfo);
    if (place.user !== "") out.set("url.username", place.user);
    if (place.password !== null) out.set("url.password", place.password);
  }
  if (query !== undefined && query !== "") out.set("url.query", query);
  const dot = path.lastIndexOf(".");
  if (dot !== -1 && dot < path.length - 1) out.set("url.extension", path.slice(dot + 1));
  return out;
}
