/** A strict reader of the XML that reports write: anything not well-formed is an error. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** @throws {Error} with the position of the first fault. */
export function parseXml(source: string): XmlElement {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${JSON.stringify(source.slice(at, at + 40))}`);
  };
  for (const character of source) {
    const code = character.codePointAt(0) ?? 0;
    const legal =
      [0x9, 0xa, 0xd].includes(code) ||
      (code >= 0x20 && code < 0xd800) ||
      (code > 0xdfff && code !== 0xfffe && code !== 0xffff);
    if (!legal) fail(`illegal character U+${code.toString(16)}`);
  }
  const take = (pattern: RegExp): string | null => {
    const sticky = new RegExp(pattern.source, "uy");
    sticky.lastIndex = at;
    const found = sticky.exec(source)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  const decode = (text: string): string =>
    text.replaceAll(/&(?<body>[^;&]*);?/g, (all, body: string) => {
      if (!all.endsWith(";")) return fail(`bare ampersand in ${JSON.stringify(text)}`);
      if (body.startsWith("#x")) return String.fromCodePoint(Number.parseInt(body.slice(2), 16));
      if (body.startsWith("#")) return String.fromCodePoint(Number(body.slice(1)));
      return entities[body] ?? fail(`unknown entity ${body}`);
    });
  const element = (): XmlElement => {
    if (take(/</) === null) fail("an element expected");
    const name = take(/[A-Za-z_][\w.-]*/) ?? fail("a name expected");
    const attributes: Record<string, string> = {};
    while (take(/\s+(?=[A-Za-z_])/) !== null) {
      const key = take(/[A-Za-z_][\w.-]*/) ?? fail("an attribute name expected");
      if (take(/="/) === null) fail("a quoted value expected");
      const value = take(/[^"<]*/) ?? "";
      if (take(/"/) === null) fail("the end of a value expected");
      if (key in attributes) fail(`attribute ${key} twice`);
      attributes[key] = decode(value);
    }
    take(/\s+/);
    if (take(/\/>/) !== null) return { name, attributes, children: [], text: "" };
    if (take(/>/) === null) fail("the end of a tag expected");
    const children: XmlElement[] = [];
    let text = "";
    for (;;) {
      const run = take(/[^<]+/);
      if (run?.includes("]]>") === true) fail("]]> in text");
      if (run !== null) text += decode(run);
      if (source.startsWith("</", at)) break;
      if (at >= source.length) fail("the end came too soon");
      children.push(element());
    }
    at += 2;
    if (take(/[A-Za-z_][\w.-]*/) !== name) fail(`</${name}> expected`);
    if (take(/\s*>/) === null) fail("the end of a tag expected");
    return { name, attributes, children, text };
  };
  if (take(/<\?xml version="1\.0" encoding="UTF-8"\?>\s*/) === null) fail("a declaration expected");
  const root = element();
  take(/\s+/);
  if (at !== source.length) fail("something after the root");
  return root;
}
