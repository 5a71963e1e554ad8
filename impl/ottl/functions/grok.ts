/** Grok: patterns made of named patterns. The base set and what access logs, syslog and load balancers of AWS need is known. */

import { NotKnownHere } from "../registry.ts";
import { fail, type Val, type ValMap } from "../runtime/value.ts";
import { parseBool, parseFloat64, parseInt64 } from "../runtime/text.ts";
import { pattern } from "../runtime/regex.ts";

const base: Readonly<Record<string, string>> = {
  USERNAME: "[a-zA-Z0-9._-]+",
  USER: "%{USERNAME}",
  EMAILLOCALPART: "[a-zA-Z][a-zA-Z0-9_.+-=:]+",
  EMAILADDRESS: "%{EMAILLOCALPART}@%{HOSTNAME}",
  INT: "(?:[+-]?(?:[0-9]+))",
  BASE10NUM: String.raw`(?:[+-]?[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`,
  NUMBER: "(?:%{BASE10NUM})",
  BASE16NUM: "[+-]?(?:0x)?[0-9A-Fa-f]+",
  BASE16FLOAT: String.raw`[+-]?(?:0x)?[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?`,
  BOOL: "true|false",
  POSINT: String.raw`\b(?:[1-9][0-9]*)\b`,
  NONNEGINT: String.raw`\b(?:[0-9]+)\b`,
  WORD: String.raw`\b\w+\b`,
  NOTSPACE: String.raw`\S+`,
  SPACE: String.raw`\s*`,
  DATA: ".*?",
  GREEDYDATA: ".*",
  QUOTEDSTRING: "(?:\"(?:\\\\.|[^\\\\\"]+)*\"|'(?:\\\\.|[^\\\\']+)*'|`(?:\\\\.|[^\\\\`]+)*`)",
  QS: "%{QUOTEDSTRING}",
  UUID: "[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
  URN: "urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+",
  CISCOMAC: "(?:(?:[A-Fa-f0-9]{4}\\.){2}[A-Fa-f0-9]{4})",
  WINDOWSMAC: "(?:(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2})",
  COMMONMAC: "(?:(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2})",
  MAC: "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
  IPV4: String.raw`(?:(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|[0-1]?[0-9]{1,2})`,
  IPV6: "(?:(?:[0-9A-Fa-f]{1,4}:){7}(?:[0-9A-Fa-f]{1,4}|:)|(?:[0-9A-Fa-f]{1,4}:){1,7}:(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,5})?|:(?::[0-9A-Fa-f]{1,4}){1,7}|::)(?:%.+)?",
  IP: "(?:%{IPV6}|%{IPV4})",
  HOSTNAME: String.raw`\b(?:[0-9A-Za-z][0-9A-Za-z-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z-]{0,62}))*(?:\.?|\b)`,
  IPORHOST: "(?:%{IP}|%{HOSTNAME})",
  HOSTPORT: "%{IPORHOST}:%{POSINT}",
  UNIXPATH: String.raw`(?:/[\w_%!$@:.,+~-]+)+`,
  TTY: String.raw`(?:/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+))`,
  WINPATH: String.raw`[A-Za-z]+:(?:\\[^\\?*]+)+`,
  PATH: "(?:%{UNIXPATH}|%{WINPATH})",
  URIPROTO: String.raw`[A-Za-z][A-Za-z0-9+.-]+`,
  URIHOST: "%{IPORHOST}(?::%{POSINT})?",
  URIPATH: String.raw`(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]+)+`,
  URIQUERY: String.raw`[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]<>]*`,
  URIPARAM: String.raw`\?%{URIQUERY}`,
  URIPATHPARAM: String.raw`%{URIPATH}(?:\?%{URIQUERY})?`,
  URI: String.raw`%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?%{URIHOST}(?:%{URIPATH}(?:\?%{URIQUERY})?)?`,
  MONTH: String.raw`\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b`,
  MONTHNUM: "(?:0[1-9]|1[0-2])",
  MONTHDAY: "(?:(?:0[1-9])|(?:[12][0-9])|(?:3[01])|[1-9])",
  DAY: String.raw`\b(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)\b`,
  YEAR: String.raw`(?:\d\d){1,2}`,
  HOUR: "(?:2[0123]|[01]?[0-9])",
  MINUTE: "(?:[0-5][0-9])",
  SECOND: "(?:(?:[0-5][0-9]|60)(?:[:.,][0-9]+)?)",
  TIME: "%{HOUR}:%{MINUTE}(?::%{SECOND})?",
  DATE_US: "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
  DATE_EU: "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
  ISO8601_TIMEZONE: "(?:Z|[+-]%{HOUR}(?::?%{MINUTE}))",
  ISO8601_SECOND: "%{SECOND}",
  TIMESTAMP_ISO8601:
    "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?",
  DATE: "%{DATE_US}|%{DATE_EU}",
  DATESTAMP: "%{DATE}[- ]%{TIME}",
  TZ: "(?:[PMACE][SED]T|UTC)",
  DATESTAMP_RFC822: "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
  DATESTAMP_RFC2822: "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}",
  DATESTAMP_OTHER: "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
  DATESTAMP_EVENTLOG: "%{YEAR}%{MONTHNUM}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}",
  SYSLOGTIMESTAMP: "%{MONTH} +%{MONTHDAY} %{TIME}",
  PROG: String.raw`[!-Z\\^-~]+`,
  SYSLOGPROG: String.raw`%{PROG}(?:\[\d+\])?`,
  SYSLOGHOST: "%{IPORHOST}",
  SYSLOGFACILITY: "<%{NONNEGINT}.%{NONNEGINT}>",
  SYSLOGBASE:
    "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.name} %{SYSLOGPROG}:",
  SYSLOGBASE2:
    "(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})(?: %{SYSLOGFACILITY})?(?: %{SYSLOGHOST:host.name})?(?: %{SYSLOGPROG}:)?",
  SYSLOGLINE: "%{SYSLOGBASE2} %{GREEDYDATA:message}",
  SYSLOG5424PRINTASCII: "[!-~]+",
  SYSLOG5424PRI: "<%{NONNEGINT:log.syslog.priority:int}>",
  SYSLOG5424SD: String.raw`\[%{DATA}\]+`,
  SYSLOG5424BASE:
    "%{SYSLOG5424PRI}%{NONNEGINT:system.syslog.version} +(?:-|%{TIMESTAMP_ISO8601:timestamp}) +(?:-|%{IPORHOST:host.name}) +(?:-|%{SYSLOG5424PRINTASCII:process.command}) +(?:-|%{POSINT:process.pid:int}) +(?:-|%{SYSLOG5424PRINTASCII:event.code}) +(?:-|%{SYSLOG5424SD:system.syslog.structured_data})?",
  SYSLOG5424LINE: "%{SYSLOG5424BASE} +%{GREEDYDATA:message}",
  CRON_ACTION: "[A-Z ]+",
  CRONLOG: String.raw`%{SYSLOGBASE} \(%{USER:user.name}\) %{CRON_ACTION:system.cron.action} \(%{DATA:message}\)`,
  HTTPDATE: "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
  LOGLEVEL:
    "(?i)(?:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)",
  HTTPDUSER: "%{EMAILADDRESS}|%{USER}",
  HTTPDERROR_DATE: "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{YEAR}",
  HTTPD20_ERRORLOG: String.raw`\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:log.level}\] (?:\[client %{IPORHOST:source.address}\] )?%{GREEDYDATA:message}`,
  HTTPD_COMMONLOG: String.raw`%{IPORHOST:source.address} (?:-|%{HTTPDUSER:apache.access.user.identity}) (?:-|%{HTTPDUSER:user.name}) \[%{HTTPDATE:timestamp}\] "(?:%{WORD:http.request.method} %{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA})" (?:-|%{INT:http.response.status_code:int}) (?:-|%{INT:http.response.body.size:long})`,
  HTTPD_COMBINEDLOG:
    '%{HTTPD_COMMONLOG} "(?:-|%{DATA:http.request.referrer})" "(?:-|%{DATA:user_agent.original})"',
  COMMONAPACHELOG: "%{HTTPD_COMMONLOG}",
  COMBINEDAPACHELOG: "%{HTTPD_COMBINEDLOG}",
  ELB_URIHOST: "%{IPORHOST:url.domain}(?::%{POSINT:url.port:int})?",
  ELB_URIPATHQUERY: String.raw`%{URIPATH:url.path}(?:\?%{URIQUERY:url.query})?`,
  ELB_URIPATHPARAM: "%{ELB_URIPATHQUERY}",
  ELB_URI:
    "%{URIPROTO:url.scheme}://(?:%{USER:url.username}(?::[^@]*)?@)?(?:%{ELB_URIHOST})?(?:%{ELB_URIPATHQUERY})?",
};

const reference = /%\{(\w+)(?::([^:}]*))?(?::([^}]*))?\}/g;
const deepest = 100;
/** What stands for a dot in the name of a group. */
const dot = "___";

const casts: Readonly<Record<string, (text: string) => Val>> = {
  string: (text) => text,
  double: parseFloat64,
  float: parseFloat64,
  int: (text) => parseInt64(text, 10),
  long: (text) => parseInt64(text, 10),
  bool: parseBool,
  boolean: parseBool,
};

/** A compiler for grok patterns. @throws Error for definitions and patterns that are none */
export function grok(
  namedOnly: boolean,
  definitions: readonly string[],
): (source: string) => (text: string) => ValMap {
  const known = new Map(Object.entries(base));
  for (const [i, definition] of definitions.entries()) {
    const equals = definition.indexOf("=");
    if (equals === -1) {
      const told =
        Buffer.byteLength(definition) > 20 ? `${definition.slice(0, 17)}...` : definition;
      throw new Error(
        `pattern "${told}" supplied to ExtractGrokPatterns at index ${i} has incorrect format, expecting PATTERNNAME=pattern definition`,
      );
    }
    const name = definition.slice(0, equals);
    if (name.includes(":")) throw new Error(`pattern ID "${name}" should not contain ':'`);
    known.set(name, definition.slice(equals + 1));
  }
  return (source) => {
    const types = new Map<string, string>();
    const expand = (text: string, depth: number): string => {
      if (depth > deepest) throw new Error(`the grok pattern ${source} refers to itself`);
      return text.replace(reference, (whole, name: string, id?: string, type?: string) => {
        const definition = known.get(name);
        if (definition === undefined) {
          throw new NotKnownHere(
            `the grok pattern ${name} in ${whole} is not known here; define it in the last argument`,
          );
        }
        const inner = expand(definition, depth + 1);
        const named = id !== undefined && id !== "" ? id : namedOnly ? null : name;
        if (named === null) return `(?:${inner})`;
        const group = named.replaceAll(".", dot);
        if (type !== undefined && type !== "") types.set(group, type);
        return `(?P<${group}>${inner})`;
      });
    };
    const compiled = distinct(expand(source, 0));
    if (namedOnly && compiled.names.every((name) => name === null)) {
      throw new Error("at least 1 named capture group must be supplied in the given regex");
    }
    return (text) => {
      const out: ValMap = new Map();
      const match = compiled.regex.first(text);
      if (match === null) return out;
      for (const [i, group] of compiled.names.entries()) {
        const value = match.groups[i];
        if (group === null || value === undefined || value === "") continue;
        const cast = casts[types.get(group) ?? "string"];
        out.set(
          group.replaceAll(dot, "."),
          cast?.(value) ?? fail(`invalid type for ${group}: type not provided`),
        );
      }
      return out;
    };
  };
}

/** Groups that share a name are told apart for the matcher, which knows each name once. */
function distinct(source: string): {
  readonly regex: ReturnType<typeof pattern>;
  readonly names: readonly (string | null)[];
} {
  const given: string[] = [];
  const renamed = source.replace(/\(\?P?<([A-Za-z_]\w*)>/g, (_, name: string) => {
    given.push(name);
    return `(?P<g${given.length - 1}>`;
  });
  const regex = pattern(renamed);
  return {
    regex,
    names: regex.names.map((name) => (name === "" ? null : given[Number(name.slice(1))]!)),
  };
}
