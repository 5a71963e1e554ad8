/** Everything about one subject: its rules, the ways of records through them, and the obligations. */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { RedactionClaim, RulesSubject } from "../../core/subject.ts";
import { spotOfPath } from "./checks/hiding.ts";
import type { Redaction } from "./checks/redaction.ts";
import { typeOf, type Signal } from "./collector/sections.ts";
import type { Replayer } from "./concrete/replay.ts";
import type { CompatLevel } from "./level.ts";
import { loadRuleSets } from "./load.ts";
import { maskText } from "./mask.ts";
import { makeReplayer } from "./concrete/interpreter.ts";
import { parseConditionText, parseValueText, type ParseOptions } from "./ottl.ts";
import { planRules, type Planned } from "./plan.ts";
import type { RuleSet } from "./ruleset.ts";
import { contextsOf, type ItemContext, type Program, type Step } from "./symbolic/program.ts";

/** A way of records from a receiver to an exporter. */
export interface RulePath {
  /** Pipelines on the way, e.g. `logs/in → logs/prod`; empty when the file declares none. */
  readonly name: string;
  readonly program: Program;
  /** Processors whose effect is not known. */
  readonly opaque: readonly string[];
}

export interface Work {
  readonly rules: RuleSet;
  readonly level: CompatLevel;
  readonly replayer: Replayer;
  readonly planned: readonly Planned[];
  readonly secrets: readonly string[];
  /** Ways for the claims about secrets. */
  pathsOf(claim: number): readonly RulePath[];
  redaction(claim: number, path: RulePath): Redaction;
  pair(claim: number, path: number): readonly [Program, Program];
}

const works = new WeakMap<RulesSubject, Work>();

export function workOf(subject: RulesSubject): Work {
  let work = works.get(subject);
  if (work === undefined) works.set(subject, (work = makeWork(subject)));
  return work;
}

function makeWork(subject: RulesSubject): Work {
  const rules = combined(loadRuleSets(subject.files, subject));
  const { level } = rules;
  const claims = subject.claims ?? [];
  const replayer = makeReplayer(level);
  const paths = claims.map((claim) =>
    claim.kind === "redaction" ? pathsFor(rules, signalsOfSecret(claim, level)) : [],
  );
  const pairs = claims.map((claim) =>
    claim.kind === "equivalence"
      ? pairsOf(rules, combined(loadRuleSets(claim.other, subject)))
      : [],
  );
  const names = claims.map((claim, index) =>
    claim.kind === "redaction"
      ? paths[index]!.map(({ name }) => name)
      : pairs[index]!.map(({ name }) => name),
  );
  const planned = planRules(subject, rules, names).map((entry) => ({
    ...entry,
    obligation: {
      ...entry.obligation,
      title: maskText(entry.obligation.title, rules.secrets),
      ...(entry.obligation.location?.snippet === undefined
        ? {}
        : {
            location: {
              ...entry.obligation.location,
              snippet: maskText(entry.obligation.location.snippet, rules.secrets),
            },
          }),
    },
  }));
  return {
    rules,
    level,
    replayer,
    planned,
    secrets: rules.secrets,
    pathsOf: (claim) => paths[claim] ?? [],
    redaction: (index, path) => {
      const claim = claims[index];
      if (claim?.kind !== "redaction") throw new TypeError("the claim is about no secret");
      return redactionOf(claim, path, level, replayer);
    },
    pair: (claim, path) => {
      const { one, other } = pairs[claim]![path]!;
      return [one, other];
    },
  };
}

/** Several configurations in one set of files: their sections side by side, named by their origin. */
function combined(sets: readonly RuleSet[]): RuleSet {
  const [first] = sets;
  if (first === undefined) throw new TypeError("no rule set");
  if (sets.length === 1) return first;
  return {
    ...first,
    parts: sets.flatMap(({ parts }) => parts),
    routing: sets.flatMap(({ routing }) => routing),
    broken: sets.flatMap(({ broken }) => broken),
    pipelines: sets.flatMap(({ pipelines }) => pipelines),
    connectors: sets.flatMap(({ connectors }) => connectors),
    ids: new Map(sets.flatMap(({ ids }) => [...ids])),
    secrets: [...new Set(sets.flatMap(({ secrets }) => secrets))],
  };
}

// --- ways through the Collector -----------------------------------------------------------------

/** Processors that neither change a value nor move one; records may be dropped or grouped. */
const passive = new Set([
  "batch",
  "memory_limiter",
  "probabilistic_sampler",
  "tail_sampling",
  "groupbytrace",
  // They add attributes about the place where the record was made.
  "resourcedetection",
  "k8sattributes",
]);

function pathsFor(rules: RuleSet, signals: readonly Signal[]): readonly RulePath[] {
  const paths: RulePath[] = [];
  for (const signal of signals) {
    const chains = chainsOf(rules, signal);
    if (chains.length === 0 && rules.pipelines.length === 0) {
      const steps = rules.parts.filter(({ program }) => program.signal === signal);
      if (steps.length > 0)
        paths.push(
          pathOf(
            rules,
            signal,
            "",
            steps.map(({ section }) => section),
          ),
        );
      continue;
    }
    const seen = new Set<string>();
    for (const { name, processors } of chains) {
      const key = processors.join(",");
      if (seen.has(key)) continue;
      seen.add(key);
      paths.push(pathOf(rules, signal, name, processors));
    }
  }
  return paths;
}

function pathOf(
  rules: RuleSet,
  signal: Signal,
  name: string,
  processors: readonly string[],
): RulePath {
  const steps: Step[] = [];
  const opaque: string[] = [];
  for (const processor of processors) {
    const type = typeOf(processor);
    if (type === "transform" || type === "filter") {
      const part = rules.parts.find(
        ({ section, program }) => section === processor && program.signal === signal,
      );
      if (part === undefined) continue;
      steps.push(...part.program.steps);
      for (const left of part.opaque) opaque.push(`${processor} (${left})`);
    } else if (!passive.has(type)) opaque.push(processor);
  }
  return { name, program: { signal, steps, nilIsWritten: rules.level.ottl.nilIsWritten }, opaque };
}

/** Chains of pipelines from a receiver to an exporter, through connectors. */
function chainsOf(
  { pipelines, connectors }: RuleSet,
  signal: Signal,
): readonly { name: string; processors: readonly string[] }[] {
  const chains: { name: string; processors: readonly string[] }[] = [];
  const walk = (id: string, names: readonly string[], processors: readonly string[]): void => {
    const pipeline = pipelines.find((entry) => entry.id === id)!;
    if (names.includes(id) || pipeline.signal !== signal) return;
    const here = [...names, id];
    const all = [...processors, ...pipeline.processors];
    if (pipeline.exporters.some((exporter) => !connectors.includes(exporter))) {
      chains.push({ name: here.join(" → "), processors: all });
    }
    for (const exporter of pipeline.exporters) {
      if (!connectors.includes(exporter)) continue;
      for (const next of pipelines) {
        if (next.receivers.includes(exporter)) walk(next.id, here, all);
      }
    }
  };
  for (const { id, receivers } of pipelines) {
    if (receivers.some((receiver) => !connectors.includes(receiver))) walk(id, [], []);
  }
  return chains;
}

// --- claims -----------------------------------------------------------------------------------

const optionsFor = (signal: Signal, level: CompatLevel): ParseOptions => ({
  signal,
  context: null,
  level,
  functions: "transform",
});

function signalsOfSecret(claim: RedactionClaim, level: CompatLevel): readonly Signal[] {
  for (const signal of ["logs", "traces", "metrics"] as const) {
    const parsed = parseValueText(claim.secret, optionsFor(signal, level));
    if (parsed.kind !== "parsed" || parsed.value.kind !== "path") continue;
    const { context } = parsed.value;
    if (context === "resource" || context === "scope") return ["logs", "traces", "metrics"];
    if (contextsOf[signal].includes(context as ItemContext)) return [signal];
  }
  throw new DiagnosticError("VRF704", `${claim.secret} is no path of OTTL`, {
    place: claim.id,
    help: 'a secret is a path with its context, e.g. log.body or log.attributes["email"]',
  });
}

function redactionOf(
  claim: RedactionClaim,
  { program }: RulePath,
  level: CompatLevel,
  replayer: Replayer,
): Redaction {
  const options = optionsFor(program.signal, level);
  const fail = (text: string, message: string): never => {
    throw new DiagnosticError("VRF704", `${text}: ${message}`, {
      place: claim.id,
      help: "claims are written in OTTL, with the context of every path",
    });
  };
  const value = (text: string) => {
    const parsed = parseValueText(text, options);
    return parsed.kind === "parsed" ? parsed.value : fail(text, parsed.message);
  };
  const secret = value(claim.secret);
  const spot = secret.kind === "path" ? spotOfPath(secret) : null;
  if (spot === null) return fail(claim.secret, "not a path with literal keys");
  const when = claim.when === undefined ? null : parseConditionText(claim.when, options);
  if (when?.kind === "broken") return fail(claim.when!, when.message);
  const release = (claim.release ?? []).map((text) => ({ text, expr: value(text) }));
  const becomes = claim.becomes === undefined ? null : value(claim.becomes);
  const textOf = new Map(release.map(({ text, expr }) => [expr, text]));
  if (becomes !== null) textOf.set(becomes, claim.becomes!);
  return {
    spot,
    when: when === null ? null : when.value,
    becomes,
    release: release.map(({ expr }) => expr),
    holdsOn: (record) =>
      claim.when === undefined || replayer.condition(claim.when, program.signal, record),
    valueOf: (expr, record) => replayer.value(textOf.get(expr)!, program.signal, record),
  };
}

/** Programs of two configurations that stand in the same place. */
function pairsOf(
  one: RuleSet,
  other: RuleSet,
): readonly { name: string; one: Program; other: Program }[] {
  const signals = (["logs", "traces", "metrics"] as const).filter((signal) =>
    [one, other].some(({ parts }) => parts.some(({ program }) => program.signal === signal)),
  );
  return signals.map((signal) => {
    const programs = [one, other].map((rules): Program => ({
      signal,
      steps: rules.parts
        .filter(({ kind, program }) => kind !== "tail_sampling" && program.signal === signal)
        .flatMap(({ program }) => program.steps),
      nilIsWritten: rules.level.ottl.nilIsWritten,
    }));
    return { name: signal, one: programs[0]!, other: programs[1]! };
  });
}
