/** The engine `conform`: does the real software behave as the model, or as the protocol, says? */

import { DiagnosticError } from "../../core/diagnostic.ts";
import type { Engine } from "../../core/engine.ts";
import { planMachine } from "./plan.ts";
import { planProcess } from "./wire/plan.ts";

export const engine: Engine = {
  name: "conform",
  version: "1",
  plan(subject) {
    switch (subject.kind) {
      case "machine":
        return planMachine(subject);
      case "process":
        return planProcess(subject);
      default:
        return [];
    }
  },
  async check(obligation, subject, context) {
    switch (subject.kind) {
      case "machine": {
        const { checkMachine } = await import("./machine.ts");
        return checkMachine(obligation, subject, context);
      }
      case "process": {
        if (subject.role === "otlp-receiver") {
          const { checkReceiver } = await import("./wire/judge-receiver.ts");
          return checkReceiver(obligation, subject, context);
        }
        if (subject.role === "otlp-pair") {
          const { checkPair } = await import("./wire/pair.ts");
          return checkPair(obligation, subject, context);
        }
        const { checkExporter } = await import("./wire/index.ts");
        return checkExporter(obligation, subject, context);
      }
      default:
        throw notOurs(obligation.id, subject.kind);
    }
  },
  async replay(obligation, subject, counterexample, context) {
    switch (subject.kind) {
      case "machine": {
        const { replayMachine } = await import("./machine.ts");
        return replayMachine(obligation, subject, counterexample);
      }
      case "process": {
        if (subject.role === "otlp-receiver") {
          const { replayReceiver } = await import("./wire/judge-receiver.ts");
          return replayReceiver(obligation, subject, counterexample, context);
        }
        if (subject.role === "otlp-pair") {
          const { replayPair } = await import("./wire/pair.ts");
          return replayPair(subject, context);
        }
        const { replayExporter } = await import("./wire/index.ts");
        return replayExporter(obligation, subject, counterexample, context);
      }
      default:
        throw notOurs(obligation.id, subject.kind);
    }
  },
};

const notOurs = (id: string, kind: string): DiagnosticError =>
  new DiagnosticError("VRF004", `${id}: the engine "conform" takes no subject of kind "${kind}"`);
