import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { readEmitted, startEmission } from "../../solver/emit.ts";
import { closeSolver, digestOf, Session, type SolverName } from "../../solver/solver.ts";
import { findProgram } from "../support/find-program.ts";

const folder = mkdtempSync(join(tmpdir(), "verify-smt-"));

afterAll(async () => {
  await closeSolver();
  rmSync(folder, { recursive: true });
});

const unsatisfiable = {
  text: "(declare-const x Int)\n(assert (! (> x 2) :named low))\n(assert (! (< x 1) :named high))\n(assert (! (< x 9) :named idle))",
  options: { "smt.core.minimize": "true" },
  onUnsat: "(get-unsat-core)",
};
const satisfiable = {
  text: "(declare-const x Int)\n(assert (> (* x x) 8))\n(assert (> x 0))",
  onSat: "(get-value (x))",
};

describe("queries as evidence", () => {
  test("a file is named by the digest of exactly what it contains, and the list says what it shows", () => {
    startEmission(folder);
    const emit = { folder, obligation: "a/b" };
    const session = new Session({ timeMs: 1000, emit });
    const script = session.evidence(unsatisfiable, "unsat", "the step");
    session.evidence(unsatisfiable, "unsat", "the step again");
    const list = readEmitted(folder);
    expect(list).toEqual([
      { file: `${script.digest}.smt2`, obligation: "a/b", role: "the step", expect: "unsat" },
      { file: `${script.digest}.smt2`, obligation: "a/b", role: "the step again", expect: "unsat" },
    ]);
    const text = readFileSync(join(folder, list[0]!.file), "utf8");
    expect(digestOf(text)).toBe(script.digest);
    // Standard SMT-LIB: nothing that only one solver understands.
    expect(text).toContain("(set-info :status unsat)");
    expect(text).not.toContain("smt.core");
    startEmission(folder);
    expect(readEmitted(folder)).toEqual([]);
  });
});

describe.each<SolverName>(["built-in", "z3", "cvc5"])("%s", (solver) => {
  const missing = solver !== "built-in" && findProgram(solver) === undefined;
  const session = (timeMs = 30_000) => new Session({ timeMs, solver });

  test.skipIf(missing)("answers with a minimal core, and with values", async () => {
    const no = await session().ask(unsatisfiable);
    expect(no.status).toBe("unsat");
    expect((no.details[0] as readonly string[]).toSorted()).toEqual(["high", "low"]);
    const yes = await session().ask(satisfiable);
    expect(yes.status).toBe("sat");
    expect(Number((yes.details[0] as string[][])[0]?.[1])).toBeGreaterThan(2);
  });

  test.skipIf(missing)("what it does not understand is no answer", async () => {
    const asked = session().ask({ text: "(assert (> nothing 2))" });
    if (solver === "built-in") await expect(asked).rejects.toThrow("refused");
    else expect((await asked).reason).toContain("refused the query");
  });

  test.skipIf(missing)("out of time is unknown, and the next query is answered", async () => {
    const hard = {
      text: "(declare-const x Int)(declare-const y Int)(declare-const z Int)(assert (and (> x 2) (> y 2) (> z 2) (= (+ (* x x x) (* y y y)) (* z z z))))",
    };
    expect(await session(500).ask(hard)).toMatchObject({ status: "unknown" });
    expect((await session().ask(satisfiable)).status).toBe("sat");
  });
});
