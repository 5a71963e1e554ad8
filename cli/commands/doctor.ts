/** `verify doctor`: what this machine offers, and what will be skipped. */

import { formatDoctor, runDoctor } from "../doctor.ts";

export async function doctorCommand(flags: { json?: boolean }): Promise<number> {
  const report = await runDoctor();
  console.log(flags.json === true ? JSON.stringify(report, null, 2) : formatDoctor(report));
  return report.exitCode;
}
