/** What the load programs share: one specification in, one record out, and the lag of the event loop. */

import type { monitorEventLoopDelay } from "node:perf_hooks";
import { createInterface } from "node:readline";

/** Milliseconds between two looks at the event loop. */
export const samplingMs = 1;

/** One line of JSON on standard output; resolves when it is written. */
export function print(message: object): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(message)}\n`, () => resolve());
  });
}

/** Seconds that the event loop came late, beyond the time between two looks. */
export function lagOf(delay: ReturnType<typeof monitorEventLoopDelay>): {
  p50: number;
  p99: number;
  max: number;
} {
  const lag = (nanoseconds: number): number =>
    Math.max(0, (nanoseconds / 1e6 - samplingMs) / 1000) || 0;
  return { p50: lag(delay.percentile(50)), p99: lag(delay.percentile(99)), max: lag(delay.max) };
}

/** CPU time in seconds. */
export const cpuOf = (cpu: NodeJS.CpuUsage): { user: number; system: number } => ({
  user: cpu.user / 1e6,
  system: cpu.system / 1e6,
});

/** Says `ready`, runs the specification of the first line on standard input, and ends the process. */
export async function serve(run: (specification: string) => Promise<void>): Promise<void> {
  const input = createInterface({ input: process.stdin });
  input.once("line", (line) => {
    run(line).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  input.once("close", () => process.exit(1));
  await print({ ready: true });
}
