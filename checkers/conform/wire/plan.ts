/** The obligations of a process on the wire, by its role. */

import type { Obligation } from "../../../core/engine.ts";
import type { ProcessSubject } from "../../../core/subject.ts";
import { planExporter } from "./index.ts";
import { planPair } from "./pair-requirements.ts";
import { planReceiver } from "./requirements-receiver.ts";

export function planProcess(subject: ProcessSubject): Obligation[] {
  switch (subject.role) {
    case "otlp-exporter":
      return planExporter(subject);
    case "otlp-receiver":
      return planReceiver(subject);
    case "otlp-pair":
      return planPair(subject);
  }
}
