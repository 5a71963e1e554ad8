#!/usr/bin/env -S node --conditions=verify-workbench-source
// `npx verify` in a checkout: the command from its sources, on the pinned Node.
await import("../../cli/main.ts");
