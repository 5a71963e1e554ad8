/** What a readers-writer lock that prefers writers must do. */

import {
  always,
  alwaysReachable,
  alwaysStep,
  deadlockFree,
  leadsTo,
  reachable,
  type Property,
} from "../core/property.ts";

const courtois =
  'Courtois, Heymans, Parnas, "Concurrent Control with Readers and Writers", CACM 14(10), 1971';

export const rwLockProperties: readonly Property[] = [
  always("readers exclude the writer", "implies(at(writing), readers == 0)", {
    id: "readers-xor-writer",
    source: courtois,
  }),
  always("readers hold the lock exactly while reading", "iff(at(reading), readers > 0)", {
    id: "reading-counts",
  }),
  always(
    "no more readers and waiting writers than the limits",
    "readers >= 0 and readers <= maxReaders and waiting >= 0 and waiting <= maxWaiting",
    { id: "within-limits" },
  ),
  always("nobody waits for a free lock", "implies(at(free), waiting == 0)", {
    id: "nobody-waits-for-free",
    source: courtois,
  }),
  alwaysStep(
    "no reader is admitted while a writer waits",
    "implies(waiting > 0, next(readers) <= readers)",
    {
      id: "writers-first",
      source: courtois,
    },
  ),
  alwaysStep(
    "a writer is admitted only when nobody holds the lock",
    "implies(not at(writing) and next(at(writing)), at(free) or (readers == 1 and event(READ_DONE)))",
    { id: "writer-admitted-alone", source: courtois },
  ),
  alwaysStep(
    "a waiting writer is admitted when the lock is given back",
    "implies(waiting > 0 and (event(WRITE_DONE) and at(writing) or event(READ_DONE) and readers == 1), next(at(writing)) and next(waiting) == waiting - 1)",
    { id: "handed-over", source: courtois },
  ),
  alwaysStep(
    "a free lock is given to whoever asks",
    "implies(at(free) and event(READ), next(at(reading)) and next(readers) == 1) and implies(at(free) and event(WRITE), next(at(writing)))",
    { id: "free-lock-is-given", source: courtois },
  ),
  alwaysStep(
    "readers come and go one by one",
    "implies(at(reading) and event(READ) and waiting == 0 and readers < maxReaders, next(readers) == readers + 1) and implies(at(reading) and event(READ_DONE), next(readers) == readers - 1)",
    { id: "readers-one-by-one" },
  ),
  alwaysStep(
    "a writer that cannot have the lock waits",
    "implies(event(WRITE) and not at(free) and waiting < maxWaiting, next(waiting) == waiting + 1)",
    { id: "writers-wait", source: courtois },
  ),
  alwaysStep(
    "with nobody waiting, the last one to leave frees the lock",
    "implies(waiting == 0 and ((at(writing) and event(WRITE_DONE)) or (event(READ_DONE) and readers == 1)), next(at(free)))",
    { id: "last-one-frees", source: courtois },
  ),
  reachable("several readers at a time", "readers > 1", {
    id: "several-readers",
    source: courtois,
  }),
  reachable("a writer waits for readers", "at(reading) and waiting > 0", { id: "writer-waits" }),
  alwaysReachable("the lock can always become free again", "at(free)", { id: "free-reachable" }),
  deadlockFree("the lock is never stuck", { id: "deadlock-free" }),
  leadsTo(
    "a writer that waits for readers gets the lock",
    "at(reading) and waiting > 0",
    "at(writing)",
    { id: "writer-not-starved", source: courtois, fair: ["events"] },
  ),
];
