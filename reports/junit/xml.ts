/** XML 1.0 text that any parser accepts, whatever the strings contain. */

import { stripVTControlCharacters } from "node:util";

/** Keeps only characters of XML 1.0 section 2.2 (Char); ANSI sequences are removed first. */
export function xmlCharacters(text: string): string {
  let out = "";
  // Iterating by code point leaves unpaired surrogates alone, so they are recognised and dropped.
  for (const character of stripVTControlCharacters(text)) {
    const code = character.codePointAt(0) ?? 0;
    const legal =
      code === 0x9 ||
      code === 0xa ||
      code === 0xd ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code >= 0x10000;
    if (legal) out += character;
  }
  return out;
}

export const escapeText = (text: string): string =>
  xmlCharacters(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Line breaks and tabs as references, since a parser turns them into spaces in attributes. */
export const escapeAttribute = (text: string): string =>
  escapeText(text)
    .replaceAll('"', "&quot;")
    .replaceAll("\t", "&#9;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;");

export type Attributes = Readonly<Record<string, string | number | undefined>>;

const attributesText = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`)
    .join("");

/** An element; children are already markup, one per line. */
export function element(name: string, attributes: Attributes, children: readonly string[]): string {
  const open = `<${name}${attributesText(attributes)}`;
  if (children.length === 0) return `${open}/>`;
  const inner = children.map((child) => `  ${child.replaceAll("\n<", "\n  <")}`).join("\n");
  return `${open}>\n${inner}\n</${name}>`;
}

/** An element that holds only text. */
export const textElement = (name: string, attributes: Attributes, text: string): string =>
  `<${name}${attributesText(attributes)}>${escapeText(text)}</${name}>`;
