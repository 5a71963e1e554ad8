/**
 * Tracepoints need tracefs, which many containers do not mount. Root can mount it where nobody else
 * sees it: in a mount namespace that ends with the tool. Nothing of the machine is changed.
 */

import { existsSync } from "node:fs";

import { startTool } from "./tool.ts";

const folder = "/sys/kernel/tracing";
const places = [folder, "/sys/kernel/debug/tracing"];

export interface Tracefs {
  /** `private`: mounted for the tool alone. */
  readonly state: "mounted" | "private" | "unavailable";
  readonly reason: string;
}

let known: Tracefs | null = null;

/** Looks, and tries a private mount; a good answer is remembered. */
export async function tracefs(): Promise<Tracefs> {
  if (known !== null) return known;
  const found = await look();
  if (found.state !== "unavailable") known = found;
  return found;
}

async function look(): Promise<Tracefs> {
  // Below a folder that only root may search, existence cannot be seen by anyone else.
  if (places.some((place) => existsSync(`${place}/events/sched`))) {
    return { state: "mounted", reason: "" };
  }
  const [command, ...args] = inPrivateMount(["test", "-d", `${folder}/events/sched`]);
  const tool = startTool(command!, args);
  const end = await tool.waitForEnd(5000);
  await tool.kill();
  if (end?.code === 0) return { state: "private", reason: "" };
  const said = tool.stderrText().trim().split("\n")[0] ?? "";
  return {
    state: "unavailable",
    reason: `tracefs is not mounted at ${folder}, and cannot be mounted for the tool alone (${
      said === "" ? (end?.error ?? tool.describeEnd()) : said
    })`,
  };
}

/** The command line, run where tracefs is mounted; the process keeps its id and its signals. */
export function inPrivateMount(command: readonly string[]): string[] {
  const script = `mount -t tracefs tracefs ${folder} && exec "$@"`;
  return ["unshare", "--mount", "sh", "-c", script, "sh", ...command];
}
