/** The redaction rule of many guides, as it stands and with its repairs, on one Collector file. */

import { violated } from "../core/property.ts";
import type { RulesSubject } from "../core/subject.ts";

const leaks = "a body that is no text makes SHA256 fail, and the error is ignored";

export const textbookRedaction: RulesSubject = {
  kind: "rules",
  id: "textbook-redaction",
  title: "A textbook redaction rule in a Collector, and its repairs",
  source: "Collector documentation: transform processor, error modes",
  files: ["examples/rules/textbook.yaml"],
  collectorVersion: "0.162.0",
  builtIn: false,
  claims: [
    {
      kind: "redaction",
      id: "body",
      title: "bodies of production",
      secret: "log.body",
      when: 'resource.attributes["env"] == "prod"',
    },
  ],
  expectFor: {
    "body/logs/ignore/hidden": violated(leaks),
    "body/logs/ignore/leak-free": violated(leaks),
  },
};
