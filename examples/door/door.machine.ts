import { assign, setup } from "xstate";

/** A door with a keypad: three wrong PINs raise an alarm, which ends by itself. */
export const door = setup({
  types: {
    context: {} as { tries: number; alarm: boolean },
    events: {} as { type: "PIN"; digits: string } | { type: "OPEN" } | { type: "CLOSE" },
  },
  guards: {
    right: ({ event }) => event.type === "PIN" && event.digits === "1234",
    lastTry: ({ context }) => context.tries >= 2,
  },
  actions: {
    count: assign({ tries: ({ context }) => context.tries + 1 }),
    forget: assign({ tries: 0, alarm: false }),
    raiseAlarm: assign({ alarm: true }),
  },
  delays: { alarmTime: 60_000 },
}).createMachine({
  id: "door",
  context: { tries: 0, alarm: false },
  initial: "locked",
  states: {
    locked: {
      on: {
        PIN: [
          { guard: "right", target: "closed", actions: "forget" },
          { guard: "lastTry", target: "alarmed", actions: ["count", "raiseAlarm"] },
          { actions: "count" },
        ],
      },
    },
    alarmed: { after: { alarmTime: { target: "locked", actions: "forget" } } },
    closed: { on: { OPEN: "open" } },
    open: { on: { CLOSE: "locked" } },
  },
});
