/**
 * Borrow rules imply that no data race exists. A race is defined over the execution steps of two
 * threads: two accesses to one location, at least one of them a write, by different threads, and
 * neither happens before the other. Nothing in the axioms speaks of races, or of two accesses at all:
 * they say when a borrow may start, what an access needs, and what orders steps.
 *
 * A run has any number of steps. A race needs two of them, `a` and `b`; the axioms are used for these
 * and for the start and end of the borrow under which each is made (sa, ea, sb, eb). A proof from
 * instances of the axioms is a proof from the axioms. Positions are those in the order in which
 * borrows of the location start and end; `hb_x_y` says that step x happens before step y.
 */

import { violated } from "../../core/property.ts";
import type { Sort, Theorem, TheoremSubject } from "../../core/subject.ts";

const steps = ["a", "sa", "ea", "b", "sb", "eb"] as const;

const hb = (x: string, y: string): string => `hb_${x}_${y}`;

const transitive = steps
  .flatMap((x) =>
    steps.flatMap((y) =>
      steps.flatMap((z) =>
        new Set([x, y, z]).size === 3 ? [`implies(${hb(x, y)} and ${hb(y, z)}, ${hb(x, z)})`] : [],
      ),
    ),
  )
  .join(" and ");

const order: Record<string, Sort> = {};
for (const x of steps) for (const y of steps) if (x !== y) order[hb(x, y)] = "Bool";

const borrows = {
  unique_a: "Bool",
  unique_b: "Bool",
  start_a: "Int",
  end_a: "Int",
  start_b: "Int",
  end_b: "Int",
} as const;

/** The borrow rules: what must be true at the moment at which a borrow starts. */
const rules = {
  "two borrows start one after the other": "start_a != start_b",
  "no borrow starts while a unique one lasts":
    "implies(unique_a and start_a < start_b, end_a <= start_b) and implies(unique_b and start_b < start_a, end_b <= start_a)",
  "a unique borrow starts only while no other lasts":
    "implies(unique_a and start_b < start_a, end_b <= start_a) and implies(unique_b and start_a < start_b, end_a <= start_b)",
};

const race =
  "thread_a != thread_b and location_a == location_b and (write_a or write_b) and not hb_a_b and not hb_b_a";

const accesses = {
  "an access is made between start and end of its borrow, in the order of its thread's program":
    "hb_sa_a and hb_a_ea and hb_sb_b and hb_b_eb",
  "what happens before is transitive": transitive,
  "a borrow that starts after another has ended happens after it":
    "implies(end_a <= start_b, hb_ea_sb) and implies(end_b <= start_a, hb_eb_sa)",
};

const variables: Record<string, Sort> = {
  ...order,
  ...borrows,
  thread_a: "Int",
  thread_b: "Int",
  location_a: "Int",
  location_b: "Int",
  write_a: "Bool",
  write_b: "Bool",
  race: "Bool",
};

const definition = { "definition of a data race": `iff(race, ${race})` };
const writes = {
  "a write needs a unique borrow": "implies(write_a, unique_a) and implies(write_b, unique_b)",
};
/** The rules hold per location: they say nothing about borrows of different ones. */
const perLocation = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, `implies(location_a == location_b, ${rule})`]),
);

const theorems: readonly Theorem[] = [
  {
    id: "no-data-race",
    title: "Under the borrow rules no two execution steps race, in any run",
    variables,
    premises: { ...perLocation, ...writes, ...accesses, ...definition },
    conclusion: "not race",
  },
  {
    id: "no-data-race-with-shared-writes",
    title: "Writes under shared borrows do not race either",
    variables,
    premises: { ...perLocation, ...accesses, ...definition },
    conclusion: "not race",
    expect: violated("a write through a shared borrow races: that is what Cell needs !Sync for", {
      race: true,
    }),
  },
  {
    id: "no-data-race-without-hand-over",
    title: "The rules keep races away even if ending a borrow orders nothing",
    variables,
    premises: {
      ...perLocation,
      ...writes,
      "an access is made between start and end of its borrow, in the order of its thread's program":
        accesses[
          "an access is made between start and end of its borrow, in the order of its thread's program"
        ],
      "what happens before is transitive": transitive,
      ...definition,
    },
    conclusion: "not race",
    expect: violated(
      "a position in time is no order in memory: the hand-over between threads must synchronise",
      { race: true },
    ),
  },
  {
    id: "readers-xor-writer",
    title: "At no moment does a unique borrow last together with any other borrow",
    variables: { ...borrows, moment: "Int" },
    premises: {
      ...rules,
      "both last at the moment":
        "start_a <= moment and moment < end_a and start_b <= moment and moment < end_b",
    },
    conclusion: "not unique_a and not unique_b",
  },
];

export const dataRace: TheoremSubject = {
  kind: "theorem",
  id: "borrow-rules",
  title: "Borrow rules: readers exclude writers, and no data race exists",
  source:
    "The Rust Programming Language, ch. 4.2 (one mutable or any number of shared references); happens-before and data race as in ISO C++ [intro.races]",
  theorems,
};
