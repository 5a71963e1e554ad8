/** What can be said about a system of machines without exploring it. */

import { DiagnosticError } from "../core/diagnostic.ts";
import type { SystemModel } from "../core/system.ts";
import { validateModel } from "./validate.ts";

/**
 * Refuses a system that cannot be explored as declared.
 * @param place the subject's id, for the message
 * @throws {DiagnosticError} VRF101 to VRF106, with the machine or the channel at fault
 */
export function validateSystem(system: SystemModel, place: string): void {
  const { machines, shared = {}, channels = {} } = system;
  const refuse = (where: string, message: string, help: string): never => {
    throw new DiagnosticError("VRF109", message, { place: `${place}, ${where}`, help });
  };
  for (const name of [...Object.keys(machines), ...Object.keys(shared), ...Object.keys(channels)]) {
    if (/^[A-Za-z_]\w*$/u.test(name)) continue;
    refuse(
      name,
      `"${name}" is no plain name`,
      "use letters, digits and _, so that claims can name it",
    );
  }
  for (const [name, channel] of Object.entries(channels)) {
    for (const end of [channel.from, channel.to].flat()) {
      if (end in machines) continue;
      refuse(
        `channel ${name}`,
        `there is no machine "${end}"`,
        `machines: ${Object.keys(machines).join(", ")}`,
      );
    }
    if (Number.isInteger(channel.capacity) && channel.capacity > 0) continue;
    refuse(
      `channel ${name}`,
      `its capacity is ${channel.capacity}`,
      "say how many messages may be under way: 1, 2 …",
    );
  }
  for (const [name, component] of Object.entries(machines)) {
    const fields = Object.entries(component.shares ?? {}).map(([field, variable]) => {
      const type =
        shared[variable] ??
        refuse(
          `machine ${name}`,
          `there is no shared variable "${variable}"`,
          `declare it: shared: { ${variable}: "bool" }`,
        );
      return [field, type] as const;
    });
    const sharers = Map.groupBy(Object.entries(component.shares ?? {}), ([, variable]) => variable);
    const twice = [...sharers].find(([, names]) => names.length > 1);
    if (twice !== undefined) {
      const [variable, names] = twice;
      refuse(
        `machine ${name}`,
        `${names.map(([field]) => `"${field}"`).join(" and ")} are one shared variable, "${variable}"; a step would see them change one after the other`,
        "keep one of them",
      );
    }
    const delivered = Object.values(channels).filter(({ to }) => to === name);
    validateModel(
      { ...component, variables: { ...component.variables, ...Object.fromEntries(fields) } },
      `${place}, machine ${name}`,
      delivered.flatMap(({ carries }) => carries),
    );
  }
}
