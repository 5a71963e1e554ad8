/** `npm run bench -- <area>... [--json FILE]`: timings and ratios to peers measured in the same run. */

import { readdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import type { BenchArea, BenchCase } from "./case.ts";

const areas = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts" && file !== "case.ts")
  .map((file) => file.slice(0, -".ts".length))
  .sort();

const { values, positionals } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});

const unknown = positionals.filter((area) => !areas.includes(area));
if (positionals.length === 0 || unknown.length > 0) {
  for (const area of unknown) console.error(`there is no bench area "${area}"`);
  console.error(`usage: npm run bench -- <area>... [--json FILE]\nareas: ${areas.join(", ")}`);
  process.exit(2);
}

const number = (value: number): string =>
  value.toLocaleString("en-US", { maximumSignificantDigits: 4 });

function line({ case: name, metric, value, unit, peer, peerValue, ratio, samples }: BenchCase) {
  const against =
    peer === null
      ? ""
      : ratio === null || peerValue === null
        ? `  ${peer}: missing`
        : `  ${peer} ${number(peerValue)} ${unit}  ratio ${number(ratio)}`;
  return `${name}  ${metric} ${number(value)} ${unit}${against}  (${samples} samples)`;
}

const results: BenchCase[] = [];
for (const area of positionals) {
  const { default: bench } = (await import(`./${area}.ts`)) as { default: BenchArea };
  await bench.run((result) => {
    results.push(result);
    console.log(line(result));
  });
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
