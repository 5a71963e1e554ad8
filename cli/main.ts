#!/usr/bin/env node
/** The `verify` command. Checks the Node version before anything is imported that needs it. */

const minimum = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < minimum[0] || (major === minimum[0] && minor < minimum[1])) {
  console.error(
    `verify needs Node ${minimum.join(".")} or newer; this is Node ${process.versions.node}.`,
  );
  process.exitCode = 4;
} else {
  const { main } = await import("./program.ts");
  process.exitCode = await main(process.argv.slice(2));
}
