/** The `tracestate` of W3C Trace Context. */

interface Member {
  readonly key: string;
  readonly value: string;
}

const keyPattern =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const valuePattern = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const mostMembers = 32;

/** Null when the text is no valid list. */
function parse(text: string): Member[] | null {
  const members: Member[] = [];
  if (text === "") return members;
  for (const part of text.split(",")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals === -1) return null;
    const key = part.slice(0, equals).replace(/^[ \t]+/, "");
    const value = part.slice(equals + 1).replace(/[ \t]+$/, "");
    const twice = members.some((member) => member.key === key);
    if (!keyPattern.test(key) || !valuePattern.test(value) || twice) return null;
    members.push({ key, value });
    if (members.length > mostMembers) return null;
  }
  return members;
}

/** Null when the list is not valid; the empty text when it has no such key. */
export function traceStateGet(text: string, key: () => string): string | null {
  const members = parse(text);
  if (members === null) return null;
  const name = key();
  return members.find((member) => member.key === name)?.value ?? "";
}

/** With the member first; unchanged when anything is not valid. */
export function traceStateSet(text: string, key: () => string, value: string): string {
  const members = parse(text);
  if (members === null) return text;
  const name = key();
  if (!keyPattern.test(name) || !valuePattern.test(value)) return text;
  const rest = members.filter((member) => member.key !== name);
  const kept = [{ key: name, value }, ...rest].slice(0, mostMembers);
  return kept.map((member) => `${member.key}=${member.value}`).join(",");
}
