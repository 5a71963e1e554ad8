import {
  always,
  defineConfig,
  defineSubject,
  leadsTo,
  never,
  reachable,
  violated,
} from "verify-workbench";

import { door } from "./door.machine.ts";

export default defineConfig({
  subjects: [
    defineSubject({
      id: "door",
      title: "Door with a keypad",
      model: {
        machine: door,
        events: [{ type: "PIN", digits: ["1234", "0000"] }, { type: "OPEN" }, { type: "CLOSE" }],
        variables: { tries: { int: [0, 3] }, alarm: "bool" },
      },
      properties: [
        // an expression
        always("three wrong tries raise the alarm", "implies(tries == 3, at(alarmed))"),
        // a plain function of the snapshot
        never("never open while alarmed", (state) => state.matches("open") && state.context.alarm),
        reachable("can be opened", "at(open)"),
        leadsTo("an alarm ends", "alarm", "at(locked)", { fair: ["timers"] }),
        // a known defect: it must be violated, and exactly so
        always("the first PIN is right", "tries == 0", {
          expect: violated("people mistype", { tries: 1 }),
        }),
      ],
    }),
  ],
});
