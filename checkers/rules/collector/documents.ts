/**
 * Finds the Collector configuration in what people really keep in files: a plain configuration, an
 * OpenTelemetryCollector resource of the Operator, or the rendered output of a Helm chart, where the
 * configuration is a text inside a ConfigMap and the version stands in the image of a workload.
 */

import { embeddedText, fileText } from "./place.ts";
import {
  at,
  entriesAt,
  itemsAt,
  mergeTrees,
  nestKeys,
  parseTrees,
  textOf,
  type Tree,
} from "./tree.ts";

export interface FoundConfiguration {
  /** Merged from all plain files, or one per resource. */
  readonly tree: Tree;
  /** What it came from, e.g. `OpenTelemetryCollector gateway`; empty for plain files. */
  readonly origin: string;
}

export interface FoundDocuments {
  readonly configurations: readonly FoundConfiguration[];
  /** Version of the Collector named by an image, e.g. `0.143.0`. */
  readonly version: string | null;
  /** Feature gates on command lines and in resources, e.g. `+ottl.functions.enableLambda`. */
  readonly featureGates: readonly string[];
}

export interface InputFile {
  readonly name: string;
  readonly text: string;
}

/** Plain files are merged in their order; every resource is a configuration of its own. */
export function findConfigurations(files: readonly InputFile[]): FoundDocuments {
  let plain: Tree | undefined;
  const resources: FoundConfiguration[] = [];
  const images: string[] = [];
  const featureGates: string[] = [];
  for (const file of files) {
    for (const tree of parseTrees(fileText(file.name, file.text))) {
      if (isCollector(tree)) {
        plain = plain === undefined ? nestKeys(tree) : mergeTrees(plain, nestKeys(tree));
        continue;
      }
      images.push(...imagesIn(tree));
      featureGates.push(...gatesIn(tree));
      for (const found of inResource(tree)) resources.push(found);
    }
  }
  return {
    configurations: [...(plain === undefined ? [] : [{ tree: plain, origin: "" }]), ...resources],
    version: images.map(versionOfImage).find((version) => version !== null) ?? null,
    featureGates,
  };
}

const sectionNames = new Set([
  "processors",
  "connectors",
  "receivers",
  "exporters",
  "service",
  "extensions",
]);

function isCollector(tree: Tree): boolean {
  if (at(tree, "kind") !== undefined && at(tree, "apiVersion") !== undefined) return false;
  return (
    tree.kind === "map" &&
    [...tree.entries.keys()].some((key) => sectionNames.has(key.split("::")[0]!))
  );
}

function* inResource(tree: Tree): Generator<FoundConfiguration> {
  const kind = textOf(at(tree, "kind")) ?? "";
  const name = textOf(at(tree, "metadata", "name")) ?? "";
  const origin = `${kind} ${name}`.trim();
  if (kind === "List") {
    for (const item of itemsAt(at(tree, "items"))) yield* inResource(item);
  } else if (kind === "OpenTelemetryCollector") {
    yield* asConfiguration(at(tree, "spec", "config"), origin);
  } else if (kind === "ConfigMap") {
    for (const [, value] of entriesAt(at(tree, "data"))) yield* asConfiguration(value, origin);
  } else if (kind === "") {
    // The values of a Helm chart keep the configuration under `config`.
    yield* asConfiguration(at(tree, "config"), "Helm values");
  }
}

/** A configuration as a map, or as YAML inside a text. */
function* asConfiguration(tree: Tree | undefined, origin: string): Generator<FoundConfiguration> {
  if (tree === undefined) return;
  if (tree.kind === "map") {
    if (isCollector(tree)) yield { tree: nestKeys(tree), origin };
    return;
  }
  if (tree.kind !== "scalar" || typeof tree.value !== "string") return;
  if (!/^(?:processors|connectors|service)\b/m.test(tree.value)) return;
  for (const inner of parseTrees(embeddedText(tree.value, tree.locate))) {
    if (isCollector(inner)) yield { tree: nestKeys(inner), origin };
  }
}

function imagesIn(tree: Tree): string[] {
  if (tree.kind === "scalar") return [];
  if (tree.kind === "list") return tree.items.flatMap(imagesIn);
  return [...tree.entries].flatMap(([key, value]) => {
    if (key !== "image") return imagesIn(value);
    const text = textOf(value.kind === "map" ? at(value, "repository") : value);
    const tag = textOf(at(value, "tag"));
    return text === undefined ? [] : [tag === undefined ? text : `${text}:${tag}`];
  });
}

function versionOfImage(image: string): string | null {
  if (!/otel|opentelemetry|collector/i.test(image)) return null;
  return /:v?(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? null;
}

function gatesIn(tree: Tree): string[] {
  if (tree.kind === "scalar") {
    const text = typeof tree.value === "string" ? tree.value : "";
    return /^--feature-gates=(.+)$/.exec(text)?.[1]?.split(",") ?? [];
  }
  if (tree.kind === "list") return tree.items.flatMap(gatesIn);
  return [...tree.entries].flatMap(([key, value]) =>
    key === "feature-gates" ? (textOf(value)?.split(",") ?? []) : gatesIn(value),
  );
}
