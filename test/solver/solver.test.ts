import { existsSync, readdirSync, readFileSync } from "node:fs";

import { afterAll, describe, expect, test } from "vitest";

import { closeSolver, digestOf, scriptOf, Session, SolverError } from "../../solver/solver.ts";

afterAll(closeSolver);

const easy = { text: "(declare-const x Int)\n(assert (> x 2))", onSat: "(get-value (x))" };
const hard = {
  text: "(declare-const x Int)(declare-const y Int)(declare-const z Int)(assert (and (> x 2) (> y 2) (> z 2) (= (+ (* x x x) (* y y y)) (* z z z))))",
};

/** The processes that this one started and that run the solver. */
function solverProcesses(): readonly number[] {
  return readdirSync("/proc/self/task")
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" "))
    .filter(
      (pid) => pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("solver/worker"),
    )
    .map(Number);
}

describe("the solver's process", () => {
  test("options of one query do not reach the next", async () => {
    const session = new Session({ timeMs: 30_000 });
    await session.ask({ ...easy, options: { "smt.random_seed": "7", timeout: "1" } });
    const asked = await session.ask({ ...easy, onSat: "(get-option :smt.random_seed)" });
    expect(asked.details).toEqual(["0"]);
  });

  test("long names arrive as they are written", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `|a rather long name ${index}|`);
    const answer = await new Session({ timeMs: 30_000 }).ask({
      text: names.map((name) => `(declare-const ${name} Int)`).join("\n"),
      onSat: `(get-value (${names.join(" ")}))`,
    });
    expect(answer.details[0]).toHaveLength(200);
  });

  test("a malformed query is a fault, not an answer", async () => {
    const session = new Session({ timeMs: 30_000 });
    await expect(session.ask({ text: "(assert (> nothing 2))" })).rejects.toBeInstanceOf(
      SolverError,
    );
    expect((await session.ask(easy)).status).toBe("sat");
  });

  test("no time left means unknown without asking", async () => {
    const session = new Session({ timeMs: 0 });
    expect(await session.ask(easy)).toMatchObject({ status: "unknown", reason: "timeout" });
    expect(session.stats.queries).toBe(0);
  });

  test("the script names its digest and can be run elsewhere", () => {
    const script = scriptOf({ ...easy, logic: "QF_LIA" });
    expect(script).toBe(
      "(set-option :produce-models true)\n(set-logic QF_LIA)\n(declare-const x Int)\n(assert (> x 2))\n(check-sat)",
    );
    expect(digestOf(script)).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf(`${script} `)).not.toBe(digestOf(script));
  });

  test.skipIf(!existsSync("/proc/self/task"))(
    "a crash is asked once more, a second one is unknown, and later queries are answered",
    async () => {
      const session = new Session({ timeMs: 60_000 });
      await session.ask(easy);
      const [first] = solverProcesses();
      process.kill(first!, "SIGSEGV");
      expect((await session.ask(easy)).status).toBe("sat");

      const running = session.ask(hard);
      const killed = new Set<number>();
      const killing = setInterval(() => {
        for (const pid of solverProcesses()) {
          if (killed.size < 2 && !killed.has(pid)) process.kill(pid, "SIGSEGV");
          killed.add(pid);
        }
      }, 300);
      const answer = await running;
      clearInterval(killing);
      expect([answer.status, answer.reason]).toEqual(["unknown", "the solver ended (SIGSEGV)"]);
      expect((await session.ask(easy)).status).toBe("sat");
    },
  );
});
