/**
 * Spacer (IC3/PDR over constrained Horn clauses): one unknown relation per configuration. A
 * solution is an inductive invariant; it is checked again by three plain queries before it counts.
 */

import { coreOf, coreOptions } from "./bmc.ts";
import { type Claim, conjunction, type Encoding } from "./encode.ts";
import { readInvariants } from "./invariant.ts";
import type { Discharged } from "./proof.ts";
import type { Sexpr } from "../../solver/sexpr.ts";
import { sortName, symbol, type TermEnvironment, toTerm } from "./smt.ts";
import type { Answer, Query, Session } from "../../solver/solver.ts";

export type SpacerAnswer =
  /** `invariants`: in the model's words, one line per state. */
  | {
      readonly kind: "proved";
      readonly invariants: readonly string[];
      readonly discharged: readonly Discharged[];
    }
  | { readonly kind: "reachable" }
  | { readonly kind: "unknown"; readonly reason: string };

const relation = (location: number): string => symbol(`reach ${location}`);

export function hornQuery(encoding: Encoding, claim: Claim): Query {
  const { system } = encoding;
  const columns = columnsOf(encoding);
  const binders = columns.map(({ name, sort }) => `(${symbol(name)} ${sort})`).join(" ");
  const lines: string[] = [];
  for (const { id } of system.locations) {
    lines.push(`(declare-fun ${relation(id)} (${columns.map(({ sort }) => sort).join(" ")}) Bool)`);
  }
  const forall = (extra: string, premise: readonly string[], conclusion: string): void => {
    const bound = `${binders}${extra}`;
    const body = `(=> ${conjunction(premise)} ${conclusion})`;
    lines.push(bound === "" ? `(assert ${body})` : `(assert (forall (${bound}) ${body}))`);
  };
  const reach = (location: number, values: readonly string[]): string =>
    values.length === 0 ? relation(location) : `(${relation(location)} ${values.join(" ")})`;
  const own = columns.map(({ name }) => symbol(name));
  const plain = environmentOf(encoding, null);

  for (const start of system.starts) {
    const values = columns.map(({ name }) => {
      const value = start.values.get(name);
      return value === undefined ? symbol(name) : toTerm(value, plain).text;
    });
    const ranges = [...system.parameters].map(([name, { low, high }]) =>
      encoding.parameterRange(name, low, high),
    );
    forall("", [...ranges, toTerm(start.guard, plain).text], reach(start.location, values));
  }
  for (const transition of system.transitions) {
    const environment = environmentOf(encoding, transition.cause.fields);
    const extra = [...transition.cause.fields]
      .map(([name, { type }]) => ` (${symbol(`event.${name}`)} ${sortName(type)})`)
      .join("");
    const premise = [
      reach(transition.from, own),
      toTerm(transition.guard, environment).text,
      ...encoding.fieldRanges(transition.cause, environment),
    ];
    if (claim.kind === "step") {
      const holds = encoding.specialise(claim.expression, transition);
      if (!(holds.kind === "bool" && holds.value)) {
        forall(extra, [...premise, `(not ${toTerm(holds, environment).text})`], "false");
      }
    }
    if (transition.ignored) continue;
    const values = columns.map(({ name }) => {
      const update = transition.updates.get(name);
      return update === undefined ? symbol(name) : toTerm(update, environment).text;
    });
    forall(extra, premise, reach(transition.to, values));
  }
  if (claim.kind === "state") {
    for (const { id } of system.locations) {
      const holds = toTerm(claim.expression, environmentOf(encoding, null, id)).text;
      forall("", [reach(id, own), `(not ${holds})`], "false");
    }
  }
  return {
    text: lines.join("\n"),
    logic: "HORN",
    // Without them the answer is full of quantifiers over eliminated relations.
    options: {
      "fp.xform.inline_eager": "false",
      "fp.xform.inline_linear": "false",
      "fp.xform.slice": "false",
    },
    onSat: "(get-model)",
  };
}

interface Column {
  readonly name: string;
  readonly sort: string;
}

/** The arguments of every relation: the variables and the parameters. */
function columnsOf({ system }: Encoding): readonly Column[] {
  return [
    ...[...system.variables].map(([name, type]) => ({ name, sort: sortName(type) })),
    ...[...system.parameters.keys()].map((name) => ({ name, sort: "Int" })),
  ];
}

function environmentOf(
  encoding: Encoding,
  fields: ReadonlyMap<string, { readonly type: { readonly kind: string } }> | null,
  location?: number,
): TermEnvironment {
  const stepwise = encoding.environment(0, null);
  return {
    enums: encoding.enums,
    // The names of one state are enough here: no index.
    variable: (name) => {
      const term = stepwise.variable(name);
      return { ...term, text: term.text.replaceAll("@0|", "|") };
    },
    field: (name) => {
      const kind = fields?.get(name)?.type.kind;
      if (kind === undefined) throw new TypeError(`no field ${name}`);
      return { text: symbol(`event.${name}`), sort: kind === "bool" ? "Bool" : "Int" };
    },
    at: (path) => {
      const term = stepwise.at?.(path) ?? { text: "false", sort: "Bool" };
      return { ...term, text: term.text.replaceAll("|location@0|", String(location)) };
    },
  };
}

export async function trySpacer(
  encoding: Encoding,
  claim: Claim,
  session: Session,
  limitMs: number,
): Promise<SpacerAnswer> {
  const query = hornQuery(encoding, claim);
  // Whoever proposes the invariant: what counts is that the session's solver accepts it.
  const answer = await session.ask(query, limitMs, "built-in");
  if (answer.status === "unknown") return { kind: "unknown", reason: answer.reason };
  if (answer.status === "unsat") return { kind: "reachable" };
  const definitions = definitionsOf(answer);
  const audit = await auditInvariant(encoding, claim, definitions, session);
  if (typeof audit === "string") return { kind: "unknown", reason: audit };
  return {
    kind: "proved",
    invariants: readInvariants(
      encoding,
      answer.details[0],
      columnsOf(encoding).map(({ name }) => name),
    ),
    discharged: audit,
  };
}

/** The solver's `define-fun`s as text again. */
function definitionsOf(answer: Answer): string {
  const [model] = answer.details;
  if (model === undefined || typeof model === "string") return "";
  return model.map((definition) => writeSexpr(definition)).join("\n");
}

/** Symbols with blanks need their bars back; numbers, operators and keywords do not. */
function writeSexpr(expression: Sexpr): string {
  if (typeof expression === "string") {
    return /^[^\s()|";]+$/.test(expression) ? expression : `|${expression}|`;
  }
  return `(${expression.map(writeSexpr).join(" ")})`;
}

/**
 * Is it an inductive invariant that implies the claim? Three plain queries, each of which must be
 * unsatisfiable: it misses a start, a step leaves it, it allows a violation.
 * @returns the three queries, or what is wrong with it
 */
export async function auditInvariant(
  encoding: Encoding,
  claim: Claim,
  definitions: string,
  session: Session,
): Promise<readonly Discharged[] | string> {
  const columns = columnsOf(encoding);
  const missing = encoding.system.locations.filter(({ id }) => !definitions.includes(relation(id)));
  const defaults = missing.map(
    ({ id }) =>
      `(define-fun ${relation(id)} (${columns.map(({ name, sort }) => `(${symbol(name)} ${sort})`).join(" ")}) Bool true)`,
  );
  const inside = (index: number): string =>
    conjunction(
      encoding.system.locations.map(({ id }) => {
        const values = columns.map(({ name }) =>
          encoding.system.parameters.has(name) ? symbol(name) : symbol(`${name}@${index}`),
        );
        const applied =
          values.length === 0 ? relation(id) : `(${relation(id)} ${values.join(" ")})`;
        return `(=> (= |location@${index}| ${id}) ${applied})`;
      }),
    );
  const discharged: Discharged[] = [];
  const questions: readonly (readonly [string, string, number, readonly string[]])[] = [
    [
      "the invariant holds at the start",
      "does not hold at the start",
      1,
      [encoding.start(0), `(not ${inside(0)})`],
    ],
    [
      "every step keeps the invariant",
      "is not preserved by every step",
      2,
      [inside(0), encoding.step(0, false), `(not ${inside(1)})`],
    ],
    [
      "the invariant implies the claim",
      "does not imply the claim",
      claim.kind === "state" ? 1 : 2,
      claim.kind === "state"
        ? [knownLocation(encoding), inside(0), `(not ${encoding.claim(claim, 0)})`]
        : [inside(0), encoding.step(0, true), `(not ${encoding.claim(claim, 1)})`],
    ],
  ];
  for (const [role, complaint, length, assertions] of questions) {
    const text = [
      ...encoding.declare(length),
      ...defaults,
      definitions,
      ...assertions.map((assertion) => `(assert ${assertion})`),
    ].join("\n");
    const query: Query = { text, ...coreOptions };
    const answer = await session.ask(query);
    if (answer.status === "unsat") {
      discharged.push({ role, query, core: coreOf(answer.details) });
      continue;
    }
    return answer.status === "sat"
      ? `Spacer's invariant ${complaint}`
      : `Spacer's invariant could not be checked again: ${answer.reason}`;
  }
  return discharged;
}

const knownLocation = (encoding: Encoding): string =>
  `(and (<= 0 |location@0|) (< |location@0| ${encoding.system.locations.length}))`;
