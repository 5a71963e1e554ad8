/** Routing tables: does every record have a way, and does the order of the routes decide? */

import type { Exhibit } from "../../../core/exhibit.ts";
import type { Outcome } from "../../../core/result.ts";
import { holds, undecided, violated, type Told } from "../answer.ts";
import { makeMessage } from "./words.ts";
import type { RouteRule, RoutingPart } from "../ruleset.ts";
import type { Passage } from "../symbolic/program.ts";
import { and, not, or, type Term } from "../symbolic/term.ts";
import { assumptionsOf, counterexampleOf, named, payloadsOf, type CheckScope } from "./context.ts";

const holdsAt = ({ guard }: Passage): Term => and(guard.value, not(guard.error));

/** Without default pipelines: every record matches some route. */
export async function checkTotal(scope: CheckScope, part: RoutingPart): Promise<Outcome> {
  const { analysis } = scope;
  const tell = (evidence: string): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: scope.stats(),
  });
  if (part.defaultPipelines.length > 0) {
    return holds(tell(`what matches no route goes to ${part.defaultPipelines.join(", ")}`));
  }
  const matched = (run: ReturnType<typeof analysis.replayer.run>): boolean =>
    run.observed.some(({ fired }) => fired);
  const report = (run: ReturnType<typeof analysis.replayer.run>): Outcome =>
    violated(
      { ...tell("replayed"), exhibits: payloadsOf(run) },
      counterexampleOf(
        "this record matches no route, and there are no default_pipelines: it is dropped",
        run,
        { reason: "GAP" },
      ),
    );
  const sample = analysis.sampling.samples.find(({ run }) => !matched(run));
  if (sample !== undefined) return report(sample.run);
  const gap = not(or(...analysis.execution.passages.map(holdsAt)));
  const answer = await analysis.find(
    [gap],
    ({ record, references }) =>
      !matched(analysis.replayer.run(analysis.program, record, { references })),
  );
  if (answer.kind === "unknown") return undecided("universal", answer.reason, tell(""));
  if (answer.kind === "none")
    return holds(tell(`every record matches (query ${answer.digest || "folded"})`));
  return report(
    analysis.replayer.run(analysis.program, answer.record, { references: answer.references }),
  );
}

const sameTargets = (one: RouteRule, other: RouteRule): boolean =>
  [...one.route.pipelines].sort().join() === [...other.route.pipelines].sort().join();

/**
 * Two routes to different pipelines take no record in common, or one of them is the exception of the
 * other and stands before it. Otherwise the order of the table decides, which nobody may have meant.
 */
export async function checkOrder(scope: CheckScope, part: RoutingPart): Promise<Outcome> {
  const { analysis } = scope;
  const { passages } = analysis.execution;
  const pairs: { readonly one: number; readonly other: number }[] = [];
  for (const [index, route] of part.routes.entries()) {
    for (let later = index + 1; later < part.routes.length; later++) {
      const isMove = route.route.action === "move" && part.routes[later]!.route.action === "move";
      if (isMove && !sameTargets(route, part.routes[later]!))
        pairs.push({ one: index, other: later });
    }
  }
  const tell = (evidence: string, exhibits: readonly Exhibit[] = []): Told => ({
    evidence,
    assumptions: assumptionsOf(scope),
    stats: { ...scope.stats(), pairs: pairs.length },
    exhibits,
  });
  const at = (index: number): Term => holdsAt(passages[index]!);
  const some = or(...pairs.map(({ one, other }) => and(at(one), at(other))));
  const whole = await analysis.ask([some]);
  if (whole.status === "unsat") {
    analysis.attack((record) => overlaps(scope, part, pairs, record));
    return holds(
      tell(`all ${pairs.length} pairs of routes are disjoint (query ${whole.digest || "folded"})`),
    );
  }
  const nested: string[] = [];
  for (const { one, other } of pairs) {
    const overlap = await analysis.ask([at(one), at(other)]);
    if (overlap.status === "unsat") continue;
    // The earlier route is a special case of the later one: meant to come first.
    const beyond = await analysis.ask([at(one), not(at(other))]);
    if (beyond.status === "unsat") {
      nested.push(
        `${named(part.routes[one]!.condition)} before ${named(part.routes[other]!.condition)}`,
      );
      continue;
    }
    // The later one lies inside the earlier one: it can never act, which is a finding of its own.
    if ((await analysis.ask([at(other), not(at(one))])).status === "unsat") continue;
    const found = await analysis.find([at(one), at(other)], ({ record, references }) =>
      both(scope, part, one, other, record, references),
    );
    if (found.kind === "found") {
      const run = analysis.replayer.run(analysis.program, found.record, {
        references: found.references,
      });
      const message = makeMessage(part.routes[one]!, part.routes[other]!);
      return violated(
        { ...tell("replayed"), exhibits: payloadsOf(run) },
        counterexampleOf(message, run, {
          reason: "OVERLAP",
          first: named(part.routes[one]!.condition),
          second: named(part.routes[other]!.condition),
        }),
      );
    }
    const reason = found.kind === "unknown" ? found.reason : "the solver contradicts itself";
    return undecided("universal", reason, tell(""));
  }
  const rows = nested.map((text) => [text]);
  return holds(
    tell(
      `${pairs.length - nested.length} of ${pairs.length} pairs of routes are disjoint, ${nested.length} are an exception before its rule`,
      nested.length === 0
        ? []
        : [{ kind: "table", title: "Exceptions before their rule", columns: ["routes"], rows }],
    ),
  );
}

/** Whether some of the pairs of routes both take the record. */
function overlaps(
  { analysis }: CheckScope,
  part: RoutingPart,
  pairs: readonly { readonly one: number; readonly other: number }[],
  record: Parameters<typeof analysis.replayer.run>[1],
): boolean {
  const conditions = part.routes.map(({ condition }) => condition);
  const takes = conditions.map((own) => {
    const disabled = new Set(conditions.filter((other) => other !== own));
    const { observed } = analysis.replayer.run(analysis.program, record, { disabled });
    return observed.some(({ rule, fired }) => fired && rule === own);
  });
  return pairs.some(({ one, other }) => takes[one] === true && takes[other] === true);
}

/** Whether both routes, each alone, take the record. */
function both(
  { analysis }: CheckScope,
  part: RoutingPart,
  one: number,
  other: number,
  record: Parameters<typeof analysis.replayer.run>[1],
  references: ReadonlyMap<string, string>,
): boolean {
  return [one, other].every((wanted) => {
    const disabled = new Set(
      part.routes.filter((_, index) => index !== wanted).map(({ condition }) => condition),
    );
    return analysis.replayer
      .run(analysis.program, record, { references, disabled })
      .observed.some(({ rule, fired }) => fired && rule === part.routes[wanted]!.condition);
  });
}
