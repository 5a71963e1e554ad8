/** Spin on the models of the bench: -DNOREDUCE, gcc -O2, breadth and depth first. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Spin's verifier for a model, built once; null when spin or gcc is missing. */
export class Spin {
  readonly #folder = mkdtempSync(join(tmpdir(), "bench-spin-"));

  build(promela: string): readonly (readonly string[])[] | null {
    writeFileSync(join(this.#folder, "model.pml"), promela);
    const inFolder = { cwd: this.#folder, stdio: "ignore" } as const;
    if (spawnSync("spin", ["-a", "model.pml"], inFolder).status !== 0) return null;
    const flags = ["-O2", "-w", "-DNOREDUCE", "-DSAFETY", "-DMEMLIM=8000"];
    for (const [name, extra] of [
      ["dfs", []],
      ["bfs", ["-DBFS"]],
    ] as const) {
      const gcc = spawnSync("gcc", [...flags, ...extra, "-o", name, "pan.c"], inFolder);
      if (gcc.status !== 0) return null;
    }
    return [
      ["./dfs", "-m3000000", "-w24"],
      ["./bfs", "-w24"],
    ];
  }

  /** Seconds of the better search. */
  run(commands: readonly (readonly string[])[], states: number): number {
    const times = commands.map(([program, ...options]) => {
      const begin = performance.now();
      const text = execFileSync(join(this.#folder, program!), options, {
        cwd: this.#folder,
        encoding: "utf8",
      });
      const seconds = (performance.now() - begin) / 1_000;
      const stored = Number(/([\d.e+]+) states, stored/u.exec(text)?.[1]);
      // Spin counts one or two technical states; it prints large numbers with seven digits.
      if (!text.includes("errors: 0") || Math.abs(stored / states - 1) > 1e-4) {
        throw new Error(`spin stored ${stored} states, expected ${states}`);
      }
      return seconds;
    });
    return Math.min(...times);
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export const spinGrid = (side: number): string => `
short x, y;
active proctype walker() {
  do
  :: atomic { x < ${side - 1} -> x++; assert(x <= ${side - 1}) }
  :: atomic { x > 0 -> x--; assert(x >= 0) }
  :: atomic { y < ${side - 1} -> y++; assert(y <= ${side - 1}) }
  :: atomic { y > 0 -> y--; assert(y >= 0) }
  od
}`;

export const spinPhilosophers = (count: number): string => `
bit fork[${count}];
bit eats[${count}];
proctype philosopher(byte me; byte first; byte second) {
  do
  :: atomic { fork[first] == 0 -> fork[first] = 1 };
     atomic { fork[second] == 0 -> fork[second] = 1; eats[me] = 1;
              assert(eats[(me + 1) % ${count}] == 0 && eats[(me + ${count - 1}) % ${count}] == 0) };
     atomic { fork[second] = 0; eats[me] = 0 };
     fork[first] = 0
  od
}
init {
  atomic {
${Array.from({ length: count }, (_, seat) => {
  const [right, left] = [seat, (seat + 1) % count];
  const order = seat === count - 1 ? `${left}, ${right}` : `${right}, ${left}`;
  return `    run philosopher(${seat}, ${order});`;
}).join("\n")}
  }
}`;
