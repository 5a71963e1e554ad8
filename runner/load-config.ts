/** Finds and loads `verify.config.ts`, and says in one sentence what is wrong with it. */

import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { DiagnosticError } from "../core/diagnostic.ts";
import type { Subject, VerifyConfig } from "../core/subject.ts";

const names = ["verify.config.ts", "verify.config.mts", "verify.config.js", "verify.config.mjs"];

/** The configuration file to use: the named one, or the nearest one upwards from `cwd`. */
export function findConfig(named: string | undefined, cwd: string): string {
  if (named !== undefined) {
    const path = resolve(cwd, named);
    if (!existsSync(path)) {
      throw new DiagnosticError("VRF001", `there is no file ${named}`, {
        help: "give the path of your verify.config.ts with --config",
      });
    }
    return path;
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    for (const name of names) {
      if (existsSync(join(folder, name))) return join(folder, name);
    }
    if (dirname(folder) === folder) break;
  }
  throw new DiagnosticError("VRF001", `found no verify.config.ts in ${cwd} or above`, {
    help:
      "write one (docs/getting-started.md of this package shows it in ten lines), or use a command that needs none: " +
      "verify conform otlp-exporter --command ...",
  });
}

export async function loadConfig(path: string): Promise<VerifyConfig> {
  const place = relative(process.cwd(), path) || path;
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new DiagnosticError("VRF002", message, {
      place,
      help: "the file must be a module that Node can import without a loader (erasable TypeScript, ESM)",
      cause: error,
    });
  }
  return validateConfig(module.default, place);
}

const kinds: ReadonlySet<string> = new Set<Subject["kind"]>([
  "machine",
  "system",
  "theorem",
  "queue",
  "process",
  "recording",
  "rules",
]);

type Fail = (message: string, help: string) => never;

/** Checks the shape of a configuration that may come from plain JavaScript. */
export function validateConfig(config: unknown, place: string): VerifyConfig {
  const fail: Fail = (message, help) => {
    throw new DiagnosticError("VRF003", message, { place, help });
  };
  const example = "export default defineConfig({ subjects: [ ... ] })";
  if (typeof config !== "object" || config === null || !("subjects" in config)) {
    return fail("the default export is not a configuration", example);
  }
  const { subjects } = config;
  if (!Array.isArray(subjects)) return fail("`subjects` is not an array", example);
  const seen = new Set<string>();
  for (const [index, subject] of (subjects as readonly unknown[]).entries()) {
    const { id } = checkSubject(subject, index, fail);
    if (seen.has(id)) fail(`two subjects have the id ${id}`, "give each subject an id of its own");
    seen.add(id);
  }
  return config as VerifyConfig;
}

function checkSubject(subject: unknown, index: number, fail: Fail): Subject {
  if (typeof subject !== "object" || subject === null) {
    return fail(
      `subjects[${index}] is not a subject`,
      "make it with defineSubject({ id, model, properties })",
    );
  }
  const { id, kind } = subject as { id?: unknown; kind?: unknown };
  if (typeof id !== "string" || !/^[a-z0-9][a-z0-9.-]*$/.test(id)) {
    return fail(
      `subjects[${index}] has no usable id (${JSON.stringify(id)})`,
      "ids are lower case letters, digits, dots and hyphens",
    );
  }
  if (typeof kind !== "string" || !kinds.has(kind)) {
    return fail(
      `subject ${id} has the unknown kind ${JSON.stringify(kind)}`,
      `a kind is one of ${[...kinds].join(", ")}; defineSubject sets it for machines`,
    );
  }
  checkClaims(subject as Subject, fail);
  return subject as Subject;
}

function claimsOf(subject: Subject): unknown {
  switch (subject.kind) {
    case "machine":
    case "system":
      return subject.properties;
    case "theorem":
      return subject.theorems;
    case "queue":
      return subject.claims;
    case "process":
    case "recording":
      return [];
    case "rules":
      return subject.claims ?? [];
  }
}

function checkClaims(subject: Subject, fail: Fail): void {
  const claims = claimsOf(subject);
  if (!Array.isArray(claims)) {
    fail(
      `subject ${subject.id} has no list of claims`,
      "a machine has `properties`, a theorem subject `theorems`, a queue `claims`",
    );
  }
  const seen = new Set<string>();
  for (const { id } of claims as readonly { id: string }[]) {
    if (seen.has(id)) {
      fail(
        `subject ${subject.id} has two claims with the id ${id}`,
        "ids are made from titles: change one title, or give an id: always(title, predicate, { id })",
      );
    }
    seen.add(id);
  }
}
