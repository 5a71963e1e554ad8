/**
 * `Arc<T>` may cross threads if T is Send and Sync. The axioms say what the two marker traits mean,
 * and what a thread can do that holds an Arc or a reference to one.
 */

import { violated } from "../../core/property.ts";
import type { Theorem, TheoremSubject } from "../../core/subject.ts";

const variables = {
  send_T: "Bool",
  sync_T: "Bool",
  send_Arc: "Bool",
  sync_Arc: "Bool",
  /** Several threads may use the same T through &T without a race. */
  T_may_be_shared: "Bool",
  /** A thread may own, use and drop a T that another one made. */
  T_may_be_given: "Bool",
  /** Several threads may count references at the same time. */
  count_may_be_shared: "Bool",
  count_is_atomic: "Bool",
} as const;

const meanings = {
  "Sync: &T may be used by several threads": "implies(sync_T, T_may_be_shared)",
  "Send: T may be owned and dropped by another thread": "implies(send_T, T_may_be_given)",
  "counts that are atomic may be changed by several threads at a time":
    "implies(count_is_atomic, count_may_be_shared)",
  "Arc counts atomically": "count_is_atomic",
};

/** The last Arc drops T wherever it is; clones in different threads use one T and one count. */
const send = "iff(send_Arc, T_may_be_shared and T_may_be_given and count_may_be_shared)";
/** Through &Arc a thread can clone, and then has an Arc of its own. */
const sync = "iff(sync_Arc, send_Arc)";
const arc = {
  "an Arc in another thread shares T and the count, and may drop T there": send,
  "a shared Arc can be cloned, so that the other thread has its own": sync,
};
const both = { "T is Send": "send_T", "T is Sync": "sync_T" };

/** Exactly what the axioms say: for the claims that fail, the traits mean no more than that. */
const exact = {
  "Sync: &T may be used by several threads": "iff(sync_T, T_may_be_shared)",
  "Send: T may be owned and dropped by another thread": "iff(send_T, T_may_be_given)",
  "counts that are atomic may be changed by several threads at a time":
    "iff(count_is_atomic, count_may_be_shared)",
};

const theorems: readonly Theorem[] = [
  {
    id: "arc-is-send-and-sync",
    title: "T: Send + Sync implies Arc<T>: Send + Sync",
    variables,
    premises: { ...meanings, ...arc, ...both },
    conclusion: "send_Arc and sync_Arc",
  },
  {
    id: "arc-of-not-sync",
    title: "T: Send alone implies Arc<T>: Send",
    variables,
    premises: {
      ...exact,
      "Arc counts atomically": "count_is_atomic",
      ...arc,
      "T is Send": "send_T",
    },
    conclusion: "send_Arc",
    expect: violated("Cell<u32> is Send and not Sync: two threads would write it through clones", {
      send_T: true,
      sync_T: false,
    }),
  },
  {
    id: "arc-of-not-send",
    title: "T: Sync alone implies Arc<T>: Send",
    variables,
    premises: {
      ...exact,
      "Arc counts atomically": "count_is_atomic",
      ...arc,
      "T is Sync": "sync_T",
    },
    conclusion: "send_Arc",
    expect: violated(
      "MutexGuard is Sync and not Send: the last clone would unlock it in another thread",
      { send_T: false, sync_T: true },
    ),
  },
  {
    id: "rc-is-not-send",
    title: "T: Send + Sync implies Rc<T>: Send, whose count is not atomic",
    variables,
    premises: { ...exact, ...arc, ...both, "Rc does not count atomically": "not count_is_atomic" },
    conclusion: "send_Arc",
    expect: violated("two threads would change the count at the same time", {
      count_is_atomic: false,
    }),
  },
];

export const sendSync: TheoremSubject = {
  kind: "theorem",
  id: "send-sync",
  title: "Send and Sync of Arc<T>",
  source:
    "Rust standard library, std::sync::Arc (Thread Safety), Send, Sync; The Rustonomicon, Send and Sync",
  theorems,
};
