/** The obligations of a process on the wire, by its role. */

import type { Obligation } from "../../../core/engine.ts";
import type { ProcessSubject } from "../../../core/subject.ts";
import { planExporter } from "./index.ts";
import { planReceiver } from "./requirements-receiver.ts";

export const planProcess = (subject: ProcessSubject): Obligation[] =>
  subject.role === "otlp-receiver" ? planReceiver(subject) : planExporter(subject);
