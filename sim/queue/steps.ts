/**
 * The wait of each customer of a FCFS queue with N servers, a block at a time.
 *
 * Lindley 1952 for one server, Kiefer and Wolfowitz 1955 for more: the next customer starts when the
 * earliest server becomes free. Up to `rankedServers` the order in which servers become free is a number
 * of 4 bits each; up to `scannedServers` they are not ordered at all: a customer who finds an idle server
 * does not wait, whichever it takes, so they are looked through only when no server is known to be idle.
 * Still more are kept in a tournament tree whose path from leaf to root is replayed.
 */

/** Servers whose order fits into 32 bits. */
const rankedServers = 8;
/** Largest number of servers for which looking through all of them at times beats the tree; measured. */
const scannedServers = 128;

/** The waits of a block of customers from their gaps and demands; it remembers what the next block needs. */
export type Step = (gaps: Float64Array, demands: Float64Array, waits: Float64Array) => void;

export function makeStep(servers: number): Step {
  if (servers === 1) return lindley();
  if (servers <= rankedServers) return ranked(servers);
  return servers <= scannedServers ? scan(servers) : tournament(servers);
}

function lindley(): Step {
  let backlog = 0; // work left just before the next gap
  return (gaps, demands, waits) => {
    let work = backlog;
    for (let index = 0; index < waits.length; index++) {
      const left = work - gaps[index]!;
      const wait = left > 0 ? left : 0;
      waits[index] = wait;
      work = wait + demands[index]!;
    }
    backlog = work;
  };
}

/**
 * Which server becomes free first, second and so on: 4 bits each, the first lowest. There is no branch that
 * depends on the random numbers: half of them would be mispredicted, and that costs more than the rest.
 */
function ranked(servers: number): Step {
  const free = new Float64Array(rankedServers).fill(Infinity, servers);
  let kept = 0x76543210;
  return (gaps, demands, waits) => {
    let time = 0;
    let order = kept;
    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      const server = order & 7;
      const due = free[server]!;
      const left = due - time;
      const wait = 0.5 * (left + Math.abs(left)); // max(left, 0), exactly
      waits[index] = wait;
      const end = time + demands[index]! + wait;
      // How many others become free before it does.
      const rank =
        Number(free[0]! < end) +
        Number(free[1]! < end) +
        (Number(free[2]! < end) + Number(free[3]! < end)) +
        (Number(free[4]! < end) +
          Number(free[5]! < end) +
          (Number(free[6]! < end) + Number(free[7]! < end))) -
        Number(due < end);
      free[server] = end;
      const others = order >>> 4;
      const shift = 4 * rank;
      const before = others & ((1 << shift) - 1);
      order = before | (server << shift) | ((others - before) << 4);
    }
    kept = order;
    for (let server = 0; server < servers; server++)
      free[server] = Math.max(0, free[server]! - time);
  };
}

/**
 * Times at which busy servers become free, in no order; those that are past are cleared when needed.
 * While all are busy the earliest of them is known, and nothing is cleared before it is over.
 */
function scan(servers: number): Step {
  const free = new Float64Array(servers);
  let kept = 0;
  return (gaps, demands, waits) => {
    let time = 0;
    let busy = kept; // servers not known to be idle: free[0 .. busy)
    let first = 0;
    let least = -Infinity; // free[first], when all are busy and it is known
    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      if (busy === servers) {
        if (least <= time) {
          busy = clear(free, time);
          if (busy === servers) {
            first = soonest(free);
            least = free[first]!;
          }
        }
        if (busy === servers) {
          waits[index] = least - time;
          free[first] = least + demands[index]!;
          first = soonest(free);
          least = free[first]!;
          continue;
        }
      }
      waits[index] = 0;
      free[busy++] = time + demands[index]!;
      least = -Infinity;
    }
    for (let server = 0; server < busy; server++) free[server]! -= time;
    kept = busy;
  };
}

/** Moves the times after `time` to the front. @returns how many they are */
function clear(free: Float64Array, time: number): number {
  let kept = 0;
  for (let server = 0; server < free.length; server++) {
    const end = free[server]!;
    free[kept] = end; // without a branch: half of these would be mispredicted
    kept += Number(end > time);
  }
  return kept;
}

function soonest(free: Float64Array): number {
  let first = 0;
  let least = free[0]!;
  for (let server = 1; server < free.length; server++) {
    const end = free[server]!;
    if (end < least) {
      least = end;
      first = server;
    }
  }
  return first;
}

/** A winner tree over the servers; leaves beyond N never win. */
function tournament(servers: number): Step {
  let size = 1;
  while (size < servers) size *= 2;
  const free = new Float64Array(size).fill(Infinity, servers);
  const winner = new Int32Array(size);
  const build = (): void => {
    for (let node = size - 1; node >= 1; node--) {
      const left = 2 * node < size ? winner[2 * node]! : 2 * node - size;
      const right = 2 * node + 1 < size ? winner[2 * node + 1]! : 2 * node + 1 - size;
      winner[node] = free[left]! <= free[right]! ? left : right;
    }
  };
  build();
  return (gaps, demands, waits) => {
    let time = 0;
    for (let index = 0; index < waits.length; index++) {
      time += gaps[index]!;
      const server = winner[1]!;
      const earliest = free[server]!;
      const start = earliest > time ? earliest : time;
      waits[index] = start - time;
      const end = start + demands[index]!;
      free[server] = end;
      // Replay the matches of this leaf: its rivals on the way up are unchanged.
      let best = server;
      let bestTime = end;
      let node = (server + size) >> 1;
      const sibling = server ^ 1;
      if (free[sibling]! < bestTime) {
        best = sibling;
        bestTime = free[sibling]!;
      }
      winner[node] = best;
      while (node > 1) {
        const rival = winner[node ^ 1]!;
        const rivalTime = free[rival]!;
        if (rivalTime < bestTime) {
          best = rival;
          bestTime = rivalTime;
        }
        node >>= 1;
        winner[node] = best;
      }
    }
    for (let server = 0; server < servers; server++)
      free[server] = Math.max(0, free[server]! - time);
    build();
  };
}
