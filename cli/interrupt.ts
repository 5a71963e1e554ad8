/** The first Ctrl+C stops the run and keeps its results; the second ends the process at once. */

import { ExitCode } from "../core/diagnostic.ts";

export function interruptible(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.exit(name === "SIGTERM" ? ExitCode.terminated : ExitCode.interrupted);
    }
    process.stderr.write(`\n${name}: stopping, the results so far are kept (again to force)\n`);
    controller.abort(new Error(name));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
