import { describe, expect, it } from "vitest";

import { DiagnosticError } from "../../core/diagnostic.ts";
import { makeRandom } from "../../core/random.ts";
import type { QueueModel } from "../../core/subject.ts";
import { lost, simulateWaits } from "../../sim/queue/simulate.ts";
import { studentInterval } from "../../sim/queue/statistics.ts";
import { Variates } from "../../sim/queue/stream.ts";

/**
 * A slow reference: every customer is kept with its departure, and each arrival counts who is there.
 * Uses the same random numbers, so the waits must be equal, customer by customer.
 */
function reference(
  model: QueueModel,
  seed: number,
  count: number,
  servers = model.servers,
): number[] {
  const gaps = new Variates({ law: "exponential", mean: 1 / model.arrivalRate }, seed, "arrival");
  const demands = new Variates(model.service, seed, "service");
  let present: { start: number; departure: number }[] = [];
  const waits: number[] = [];
  let now = 0;
  for (let customer = 0; customer < count; customer++) {
    now += gaps.draw();
    const demand = demands.draw();
    present = present.filter(({ departure }) => departure > now);
    const places = model.waitingRoom === null ? Infinity : servers + model.waitingRoom;
    if (present.length >= places) {
      waits.push(lost);
      continue;
    }
    // The server for this customer is free once all but servers-1 of those present have left.
    const departures = present.map(({ departure }) => departure).sort((a, b) => b - a);
    const start = present.length < servers ? now : departures[servers - 1]!;
    present.push({ start, departure: start + demand });
    waits.push(start - now);
  }
  return waits;
}

function simulate(model: QueueModel, seed: number, count: number): number[] {
  const waits = new Float64Array(count);
  simulateWaits(model, { seed }, waits);
  return [...waits];
}

const cases: QueueModel[] = [];
// Each number of servers is another way of the recursion to find the earliest: 1, 8, 128, more.
for (const servers of [1, 2, 8, 9, 129, 200]) {
  for (const waitingRoom of servers > 8 ? [null] : [null, 0, 1, 5]) {
    for (const load of [0.6, 0.95, 1.4]) {
      cases.push({
        arrivalRate: servers * load * 2,
        service: { law: "exponential", mean: 0.5 },
        servers,
        waitingRoom,
      });
    }
  }
}
cases.push(
  { arrivalRate: 3, service: { law: "deterministic", mean: 0.5 }, servers: 2, waitingRoom: 3 },
  { arrivalRate: 3, service: { law: "lognormal", mean: 0.5, scv: 4 }, servers: 2, waitingRoom: 3 },
  {
    arrivalRate: 1.5,
    service: { law: "erlang", mean: 0.5, phases: 3 },
    servers: 1,
    waitingRoom: null,
  },
);

describe("the simulator", () => {
  it.each(cases)(
    "is the slow reference: $servers servers, room $waitingRoom, λ $arrivalRate",
    (model) => {
      const waits = simulate(model, 17, 1500);
      const expected = reference(model, 17, 1500);
      // The recursion counts time from the last block, so its rounding differs.
      expect(waits.map((wait) => wait > 1e-9)).toEqual(expected.map((wait) => wait > 1e-9));
      expect(Math.max(...waits.map((wait, at) => Math.abs(wait - expected[at]!)))).toBeLessThan(
        1e-9,
      );
    },
  );

  it("differs from a reference with one server more (negative control)", () => {
    const model = cases.find(({ servers, waitingRoom }) => servers === 8 && waitingRoom === 0)!;
    expect(simulate(model, 17, 1500)).not.toEqual(reference(model, 17, 1500, 9));
  });

  it("gives the same bytes for the same seed, others for another", () => {
    const model = cases[5]!;
    expect(simulate(model, 1, 5000)).toEqual(simulate(model, 1, 5000));
    expect(simulate(model, 1, 5000)).not.toEqual(simulate(model, 2, 5000));
  });

  it("keeps arrivals and services in step when the room changes (common random numbers)", () => {
    const room = { ...cases[0]!, waitingRoom: 4, arrivalRate: 3 };
    const small = simulate({ ...room, waitingRoom: 0 }, 9, 2000);
    const large = simulate(room, 9, 2000);
    const losses = (waits: number[]): number => waits.filter((wait) => wait === lost).length;
    expect(losses(large)).toBeLessThan(losses(small));
  });

  it("would be biased if both purposes shared one stream (negative control)", () => {
    // M/M/1 at ρ = 0.5 with the gap and the service made of the same random number: a short gap
    // always comes with a short service, so waits shrink far below ρ/(μ−λ) = 1.
    const means = Array.from({ length: 20 }, (_, seed) => {
      const random = makeRandom(seed);
      let wait = 0;
      let sum = 0;
      for (let customer = 0; customer < 5000; customer++) {
        const exponential = -Math.log1p(-random.next());
        sum += wait = Math.max(0, wait + exponential - 2 * exponential);
      }
      return sum / 5000;
    });
    expect(studentInterval(means, 0.999).high).toBeLessThan(1);
  });

  it("refuses models it cannot simulate", () => {
    const model = cases[0]!;
    const bad: QueueModel[] = [
      { ...model, servers: 0 },
      { ...model, arrivalRate: 0 },
      { ...model, waitingRoom: 1.5 },
      { ...model, service: { law: "erlang", mean: 1, phases: 0 } },
    ];
    for (const one of bad) expect(() => simulate(one, 1, 10)).toThrow(DiagnosticError);
  });
});
