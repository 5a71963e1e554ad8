/** Two runs that differ in a secret: what an observer can tell apart, found, replayed, attacked. */

import type { Outcome } from "../../../core/result.ts";
import { isJsonRecord, type Json } from "../../../core/trace.ts";
import { holds, undecided, violated, type Told } from "../answer.ts";
import { canonical, withoutDigests } from "../concrete/compare.ts";
import { wantedTerms, recordOf } from "../concrete/from-model.ts";
import type { PlainRecord, Value } from "../concrete/record.ts";
import type { AnyRule, ConcreteRun } from "../concrete/replay.ts";
import type { Sample } from "../concrete/sampling.ts";
import { flatten } from "../concrete/show.ts";
import { initialLeaf, leafType } from "../symbolic/leaves.ts";
import { recordsDiffer, type Spot, type TwinRuns } from "../symbolic/questions.ts";
import { and, subterms, type Term } from "../symbolic/term.ts";
import { counterexampleOf, payloadsOf, type CheckScope } from "./context.ts";

export interface LeakQuestion {
  readonly spot: Spot;
  readonly twin: TwinRuns;
  readonly premises: readonly Term[];
  /** Records to try first. */
  readonly candidates: readonly Sample[];
  /** Whether a run is one that the claim speaks of. */
  applies(run: ConcreteRun): boolean;
  /** Whether a record is one that the claim speaks of. */
  concerns?(record: PlainRecord): boolean;
  /** Further things that both records must agree on, e.g. released values. */
  agree?(one: PlainRecord, other: PlainRecord): boolean;
}

export type Leak =
  | { readonly kind: "none"; readonly digest: string }
  | { readonly kind: "unknown"; readonly reason: string }
  | {
      readonly kind: "found";
      readonly one: ConcreteRun;
      readonly other: ConcreteRun;
      /** The place in the output that differs. */
      readonly where: string;
    };

export const showSpot = ({ leaf, keys }: Spot): string =>
  `${leaf}${keys.map((key) => `[${JSON.stringify(key)}]`).join("")}`;

/** What a leak, or its absence, says about a claim. */
export function leakOutcome(
  leak: Leak,
  spot: Spot,
  tell: (evidence: string) => Told,
  words: {
    readonly none: string;
    found(where: string): string;
    /** The rule that the counterexample is about. */
    readonly focus?: AnyRule;
  },
): Outcome {
  switch (leak.kind) {
    case "none":
      return holds(tell(`${words.none} (query ${leak.digest || "folded"})`));
    case "unknown":
      return undecided("universal", leak.reason, tell(""));
    case "found": {
      const { one, other, where } = leak;
      return violated(
        { ...tell("two runs replayed"), exhibits: [...payloadsOf(one), ...payloadsOf(other)] },
        counterexampleOf(
          words.found(where),
          one,
          { reason: "LEAK", secret: showSpot(spot), where },
          words.focus,
          { twin: other.input },
        ),
      );
    }
  }
}

/** First the records near the guards with two secrets each, then the solver. */
export async function findLeak(scope: CheckScope, question: LeakQuestion): Promise<Leak> {
  const { analysis } = scope;
  const { spot, twin, premises } = question;
  const { only } = analysis;
  if (only !== undefined) {
    const [one, other] = only;
    if (one === undefined || other === undefined) return notFollowed;
    const twins: Twin = [valueAtSpot(one, spot), valueAtSpot(other, spot)];
    return tryTwins(scope, question, one, [twins]) ?? notFollowed;
  }
  for (const { record } of question.candidates) {
    const found = tryTwins(scope, question, record, twinsOf(record, spot));
    if (found !== null) return found;
  }
  const bothLeave = and(twin.one.delivered, twin.other.delivered);
  const assertions = [
    twin.premise,
    ...premises,
    bothLeave,
    recordsDiffer(twin.one, twin.other, analysis.world),
  ];
  const wanted = wantedTerms([...assertions, ...analysis.world.facts.about(assertions)]);
  const answer = await analysis.ask(assertions);
  if (answer.status === "unsat") {
    analysis.attack((record) => tryTwins(scope, question, record, twinsOf(record, spot)) !== null);
    return { kind: "none", digest: answer.digest };
  }
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  const leaves = new Map<string, Term>();
  for (const term of wanted.flatMap((root) => subterms([root]))) {
    if (term.op !== "var") continue;
    const leaf = String(term.value);
    if (leafType(leaf) !== "opaque") leaves.set(leaf, initialLeaf(leaf, "", analysis.world.facts));
  }
  const secrets = twin.secrets.map((secret) => {
    const single = recordOf(answer.values, new Map([["secret", secret]]));
    return single.get("secret");
  });
  const shared = recordOf(answer.values, leaves);
  const found = tryTwins(scope, question, shared, [[secrets[0], secrets[1]]]);
  return found ?? { kind: "unknown", reason: "a leak was found, but it did not replay" };
}

const notFollowed: Leak = {
  kind: "unknown",
  reason: "the stored records do not show it, and the solver was not asked",
};

type Twin = readonly [Value | undefined, Value | undefined];

function tryTwins(
  { analysis }: CheckScope,
  question: LeakQuestion,
  record: PlainRecord,
  twins: readonly Twin[],
): Leak | null {
  const { program, replayer } = analysis;
  for (const [first, second] of twins) {
    const records = [first, second].map((secret) => withSpot(record, question.spot, secret)) as [
      PlainRecord,
      PlainRecord,
    ];
    if (!records.every((single) => question.concerns?.(single) ?? true)) continue;
    if (question.agree?.(...records) === false) continue;
    const [one, other] = records.map((single) => replayer.run(program, single)) as [
      ConcreteRun,
      ConcreteRun,
    ];
    if (!one.delivered || !other.delivered) continue;
    if (!question.applies(one) || !question.applies(other)) continue;
    const where = difference(one, other, question.spot);
    if (where === null) continue;
    const traced = records.map((single) => replayer.run(program, single, { trace: true })) as [
      ConcreteRun,
      ConcreteRun,
    ];
    return { kind: "found", one: traced[0], other: traced[1], where };
  }
  return null;
}

/** Pairs of different secrets of one type. */
function twinsOf(record: PlainRecord, spot: Spot): readonly Twin[] {
  const text = (value: string): Value => ({ tag: "Str", value });
  const list = (value: string): Value => ({ tag: "List", value: [text(value)] });
  const map = (value: string): Value => ({ tag: "Map", value: new Map([["k", text(value)]]) });
  const own = valueAtSpot(record, spot);
  const twins: Twin[] = [[text("first secret"), text("second one")]];
  if (leafType(spot.leaf) === "any" || spot.keys.length > 0) {
    twins.push(
      [list("first secret"), list("second one")],
      [map("first secret"), map("second one")],
    );
    twins.push([
      { tag: "Int", value: 4111n },
      { tag: "Int", value: 4222n },
    ]);
  }
  if (own?.tag === "Str" && own.value !== "") twins.push([own, text(varied(own.value))]);
  return twins;
}

/** The text with its letters and digits changed, so that patterns still match. */
const varied = (value: string): string =>
  value
    .replaceAll(/\d/g, (digit) => String((Number(digit) + 3) % 10))
    .replaceAll(/[a-y]/g, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 1));

function valueAtSpot(record: PlainRecord, spot: Spot): Value | undefined {
  return spot.keys.reduce<Value | undefined>(
    (value, key) => (value?.tag === "Map" ? value.value.get(key) : undefined),
    record.get(spot.leaf),
  );
}

export function withSpot(record: PlainRecord, spot: Spot, secret: Value | undefined): PlainRecord {
  const plant = (into: Value | undefined, keys: readonly string[]): Value | undefined => {
    const [key, ...deeper] = keys;
    if (key === undefined) return secret;
    const entries = new Map(into?.tag === "Map" ? into.value : []);
    const inner = plant(entries.get(key), deeper);
    if (inner === undefined) entries.delete(key);
    else entries.set(key, inner);
    return { tag: "Map", value: entries };
  };
  const leaf = plant(record.get(spot.leaf), spot.keys);
  const changed = new Map(record);
  if (leaf === undefined) changed.delete(spot.leaf);
  else changed.set(spot.leaf, leaf);
  return changed;
}

/** The first place where the outputs differ other than by digests of the secrets. */
function difference(one: ConcreteRun, other: ConcreteRun, spot: Spot): string | null {
  const texts = [one, other].flatMap((run) => textsOf(spotValue(run.input, spot)));
  const outputs = [one, other].map((run) => {
    return Object.fromEntries(
      Object.entries(flatten(run.output)).map(([name, value]) => [
        name,
        withoutDigests(canonical(value), texts),
      ]),
    );
  });
  const names = new Set(outputs.flatMap((output) => Object.keys(output)));
  for (const name of names) if (outputs[0]![name] !== outputs[1]![name]) return name;
  return null;
}

/** What rules may hash: the text itself, or the JSON text of a map or list. */
function textsOf(value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : [JSON.stringify(value)];
}

/** The value at a spot of a payload, as plain JSON. */
export function spotValue(payload: Json, spot: Spot): Json | undefined {
  const variables = flatten(payload);
  if (!/\.(?:attributes|metadata)$/.test(spot.leaf)) {
    return descend(variables[spot.leaf], spot.keys);
  }
  const [key, ...deeper] = spot.keys;
  if (key !== undefined) return descend(variables[`${spot.leaf}[${JSON.stringify(key)}]`], deeper);
  const prefix = `${spot.leaf}[`;
  const entries = Object.entries(variables).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(prefix.length, -1), value]));
}

const descend = (value: Json | undefined, keys: readonly string[]): Json | undefined =>
  keys.reduce<Json | undefined>(
    (inside, key) => (inside !== undefined && isJsonRecord(inside) ? inside[key] : undefined),
    value,
  );

/** Whether the value at the spot leaves as it came, or some entry of it does. */
export function clearIn(run: ConcreteRun, spot: Spot): boolean {
  const [before, after] = [spotValue(run.input, spot), spotValue(run.output, spot)];
  if (before === undefined || after === undefined) return false;
  if (isEmpty(before)) return false;
  if (canonical(before) === canonical(after)) return true;
  if (!isJsonRecord(before) || !isJsonRecord(after)) return false;
  return Object.entries(before).some(
    ([key, value]) =>
      after[key] !== undefined && !isEmpty(value) && canonical(value) === canonical(after[key]),
  );
}

/** Nothing, or the zero of a type, which tells no more than the type does. */
const isEmpty = (value: Json): boolean =>
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isJsonRecord(value) && (value["empty"] === true || Object.keys(value).length === 0));
