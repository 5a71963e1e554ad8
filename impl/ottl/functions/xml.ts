/** XML, read and changed by XPath. */

import { DOMParser } from "@xmldom/xmldom";
import type {
  Document as XmlDocument,
  Element as XmlElement,
  Node as XmlNode,
} from "@xmldom/xmldom";
import * as xpath from "xpath";

import { arg, define, opt, pure, type FunctionSpec } from "../registry.ts";
import { fail, type Val, type ValMap } from "../runtime/value.ts";

const ELEMENT = 1;
const ATTRIBUTE = 2;
const TEXT = 3;
const CDATA = 4;
const COMMENT = 8;
/** Holds the nodes of a text, which may have several at the top. */
const rootName = "verify-root";

interface Parsed {
  readonly document: XmlDocument;
  readonly root: XmlElement;
  /** The declaration, kept where the text begins with one. */
  readonly head: string;
}

/**
 * Go takes a prefix for a part of the name, bound to a namespace or not. So do we: inside, this
 * character (legal in names, and seen in none) stands for the colon, and ends a plain `xmlns`.
 */
const colon = "\u02d0";
const tags =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*(?:\[[^\]]*\])?[^>]*>|<(?:"[^"]*"|'[^']*'|[^>"'])*>/g;
const withoutNamespaces = (text: string): string =>
  text.replace(tags, (tag) => {
    if (tag.startsWith("<!DOCTYPE")) return "";
    if (/^<[!?]/.test(tag)) return tag;
    return tag
      .replace(/"[^"]*"|'[^']*'|([^\s"'=<>/:]+):(?=[^\s"'=<>/:])/g, (all, prefix?: string) =>
        prefix === undefined
          ? all.replace(/[\n\r\t]/g, (space) => `&#${space.charCodeAt(0)};`)
          : prefix + colon,
      )
      .replace(/(\sxmlns)(?=\s*=)/, `$1${colon}`);
  });
const written = (name: string): string => name.replace(/\u02d0$/, "").replace(colon, ":");
const localOf = (name: string): string => written(name).replace(/^.*:/, "");
/** By what name Go removes an attribute: one with a prefix stays, one of that local name goes. */
const removedName = (name: string): string => (name.endsWith(colon) ? name : localOf(name));
const local = `substring-after(concat(substring("${colon}", 1 + contains(name(), "${colon}")), name()), "${colon}")`;
const pathWithin = (path: string): string =>
  path.replace(
    /("[^"]*"|'[^']*')|(?:local-)?\bname\(\)|@xmlns(?![\w:.-])|([\w.-]+):(?=[\w*])/g,
    (all, _text, prefix?: string) => {
      if (prefix !== undefined) return prefix + colon;
      if (all === "@xmlns") return all + colon;
      if (all === "name()") return `translate(name(), "${colon}", ":")`;
      return all === "local-name()" ? local : all;
    },
  );

/** A text must have an element; what stands before the first is passed over, and some functions take the empty text. */
function parseXml(text: string, mayBeEmpty: boolean): Parsed {
  const declaration = /^<\?xml[^>]*\?>/.exec(text)?.[0] ?? "";
  const body = withoutNamespaces(text.slice(declaration.length)).replace(
    declaration === "" ? /^(?:[^<]|<!--[\s\S]*?-->)+/ : /^[^<]+/,
    "",
  );
  let document: XmlDocument;
  try {
    document = new DOMParser({
      onError: (_level, message) => {
        throw new Error(message);
      },
    }).parseFromString(`<${rootName}>${body}</${rootName}>`, "text/xml");
  } catch (error) {
    return fail(`parse xml: ${(error as Error).message.split("\n")[0]}`);
  }
  const root = document.documentElement!;
  if (
    !(mayBeEmpty && text === "") &&
    ![...children(root)].some(({ nodeType }) => nodeType === ELEMENT)
  ) {
    fail("parse xml: invalid XML document");
  }
  return { document, root, head: declaration };
}

function* children(node: XmlNode): Generator<XmlNode> {
  for (let child = node.firstChild; child !== null;) {
    const next: XmlNode | null = child.nextSibling;
    yield child;
    child = next;
  }
}

const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;");

function print(node: XmlNode): string {
  switch (node.nodeType) {
    case ELEMENT: {
      const element = node as XmlElement;
      const attributes = Array.from(
        element.attributes,
        ({ name, value }) => ` ${written(name)}="${escaped(value)}"`,
      );
      const name = written(element.tagName);
      return `<${name}${attributes.join("")}>${inner(node)}</${name}>`;
    }
    case TEXT:
      return escaped(node.nodeValue ?? "");
    case CDATA:
      return `<![CDATA[${node.nodeValue ?? ""}]]>`;
    case COMMENT:
      return `<!--${node.nodeValue ?? ""}-->`;
    default:
      return "";
  }
}
const inner = (node: XmlNode): string => [...children(node)].map(print).join("");
const whole = ({ head, root }: Parsed): string => {
  if (head === "") return inner(root);
  const attributes = [...head.matchAll(/(\w+)\s*=\s*["']([^"']*)["']/g)].map(
    ([, k, v]) => ` ${k}="${v}"`,
  );
  return `<?xml${attributes.join("")}?>${inner(root)}`;
};

/** Paths begin at the text, which stands inside a root of ours. */
function select({ root }: Parsed, path: string): XmlNode[] {
  const inside =
    path === "/" ? "." : pathWithin(path).replace(/(^|\|\s*|\(\s*)\/(?!\/)/g, `$1/${rootName}/`);
  try {
    const found = xpath.select(
      inside.endsWith("/") ? inside.slice(0, -1) : inside,
      root as unknown as Node,
    );
    // Numbers and texts are no nodes.
    if (!Array.isArray(found)) return [];
    return (found as unknown as XmlNode[]).filter(
      (node) => path === "/" || node !== (root as XmlNode),
    );
  } catch (error) {
    return fail(`invalid xpath: ${(error as Error).message}`);
  }
}

/** A wrong path is told when the statement is built. */
function checked(path: string): string {
  try {
    xpath.select(
      pathWithin(path),
      new DOMParser().parseFromString("<a/>", "text/xml") as unknown as Node,
    );
  } catch (error) {
    throw new Error(`invalid xpath: ${(error as Error).message}`, { cause: error });
  }
  return path;
}

function simplified(parent: XmlNode, into: ValMap): void {
  const counts = new Map<string, number>();
  const elements = [...children(parent)].filter((node) => node.nodeType === ELEMENT);
  for (const { nodeName } of elements) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
  for (const element of elements) {
    const nodes = [...children(element)];
    if (nodes.length === 0) continue;
    const name = localOf(element.nodeName);
    const nested = nodes.some((node) => node.nodeType === ELEMENT);
    const text = nested
      ? ""
      : (nodes.find((node) => node.nodeType === TEXT || node.nodeType === CDATA)?.nodeValue ?? "");
    const add = (value: Val): void => {
      if (counts.get(element.nodeName)! > 1) {
        const list = into.get(name);
        if (Array.isArray(list)) list.push(value);
        else into.set(name, [value]);
      } else into.set(name, value);
    };
    if (text !== "") add(text);
    else {
      if (counts.get(element.nodeName)! > 1 && !into.has(name)) into.set(name, []);
      const map: ValMap = new Map();
      simplified(element, map);
      if (map.size > 0) add(map);
    }
  }
}

function described(element: XmlElement): ValMap {
  const out: ValMap = new Map<string, Val>([["tag", localOf(element.tagName)]]);
  const nodes = [...children(element)];
  const text = nodes
    .filter(({ nodeType }) => nodeType === TEXT || nodeType === CDATA)
    .map((node) => (node.nodeValue ?? "").trim())
    .join("");
  if (text !== "") out.set("content", text);
  const attributes = Array.from(
    element.attributes,
    ({ name, value }) => [localOf(name), value] as const,
  );
  if (attributes.length > 0) out.set("attributes", new Map(attributes));
  const inside = nodes.filter((node) => node.nodeType === ELEMENT);
  if (inside.length > 0)
    out.set(
      "children",
      inside.map((node) => described(node as XmlElement)),
    );
  return out;
}

const target = arg("target", "string");
const facts = { symbolic: "abstract", returns: "string", fails: "the text is no XML" } as const;

/** A change of the nodes that a path selects. */
const edited = (
  path: string,
  change: (node: XmlNode, parsed: Parsed) => void,
  text: string,
  mayBeEmpty: boolean,
): string => {
  const parsed = parseXml(text, mayBeEmpty);
  for (const node of select(parsed, path)) change(node, parsed);
  return whole(parsed);
};

/** Where texts stand beside others or beside elements, each gets an element of its own. */
function wrapTexts(node: XmlNode, name: string, document: XmlDocument): void {
  const nodes = [...children(node)];
  for (const child of nodes) {
    if (child.nodeType === ELEMENT) wrapTexts(child, name, document);
  }
  const texts = nodes.filter(({ nodeType }) => nodeType === TEXT);
  const elements = nodes.filter(({ nodeType }) => nodeType === ELEMENT);
  if (texts.length + elements.length <= 1) return;
  for (const text of texts) {
    const element = document.createElement(name);
    node.insertBefore(element, text);
    element.appendChild(text);
  }
}

export const xml: readonly FunctionSpec[] = [
  pure(
    "ParseXML",
    [target],
    { symbolic: "abstract", returns: "map", fails: "the text is no XML document" },
    (text) => {
      const { root } = parseXml(text, true);
      const elements = [...children(root)].filter(({ nodeType }) => nodeType === ELEMENT);
      if (elements.length === 0) return fail("unmarshal xml: EOF");
      if (elements.length > 1 || root.lastChild!.nodeType !== ELEMENT) {
        return fail("trailing bytes after parsing xml");
      }
      return described(elements[0] as XmlElement);
    },
  ),
  pure(
    "ParseSimplifiedXML",
    [target],
    { symbolic: "abstract", returns: "map", fails: "the text is no XML" },
    (text) => {
      const out: ValMap = new Map();
      simplified(parseXml(text, false).root, out);
      return out;
    },
  ),
  define("GetXML", [target, arg("x_path", "literalString")], facts, ([text, path]) => {
    checked(path);
    return (item) => {
      const parsed = parseXml(text(item), true);
      return select(parsed, path)
        .map((node) => {
          if (node.nodeType === ELEMENT) return print(node);
          return [ATTRIBUTE, TEXT, CDATA].includes(node.nodeType)
            ? escaped(node.nodeValue ?? "")
            : "";
        })
        .join("");
    };
  }),
  define("RemoveXML", [target, arg("x_path", "literalString")], facts, ([text, path]) => {
    checked(path);
    return (item) =>
      edited(
        path,
        (node) => {
          if (node.nodeType === ATTRIBUTE) {
            const owner = (node as unknown as { ownerElement: XmlElement }).ownerElement;
            owner.removeAttribute(removedName(node.nodeName));
          } else node.parentNode?.removeChild(node);
        },
        text(item),
        true,
      );
  }),
  define(
    "InsertXML",
    [target, arg("x_path", "literalString"), arg("sub_document", "string")],
    facts,
    ([text, path, sub]) => {
      checked(path);
      return (item) => {
        const source = text(item);
        const inserted = sub(item);
        const refused: string[] = [];
        const out = edited(
          path,
          (node, { document }) => {
            if (node.nodeType !== ELEMENT) {
              refused.push(`InsertXML XPath selected non-element: "${node.nodeValue ?? ""}"`);
              return;
            }
            for (const child of children(parseXml(inserted, false).root)) {
              node.appendChild(document.importNode(child, true));
            }
          },
          source,
          true,
        );
        return refused.length === 0 ? out : fail(refused.join("; "));
      };
    },
  ),
  define(
    "ConvertAttributesToElementsXML",
    [target, opt("x_path", "literalString")],
    facts,
    ([text, path]) => {
      const at = checked(path ?? "//@*");
      return (item) =>
        edited(
          at,
          (node, { document }) => {
            if (node.nodeType !== ATTRIBUTE) return;
            const owner = (node as unknown as { ownerElement: XmlElement }).ownerElement;
            const name = localOf(node.nodeName);
            const element = document.createElement(name);
            element.appendChild(document.createTextNode(node.nodeValue ?? ""));
            owner.appendChild(element);
            owner.removeAttribute(removedName(node.nodeName));
          },
          text(item),
          false,
        );
    },
  ),
  define(
    "ConvertTextToElementsXML",
    [target, opt("x_path", "literalString"), opt("element_name", "literalString")],
    facts,
    ([text, path, name]) => {
      const at = checked(path ?? "/");
      return (item) =>
        edited(
          at,
          (node, { document }) => wrapTexts(node, name ?? "value", document),
          text(item),
          false,
        );
    },
  ),
];
