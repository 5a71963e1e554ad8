/** The enums of each context. */

import type { ContextName } from "../runtime/item.ts";

const spanEnums: Record<string, bigint> = {
  STATUS_CODE_UNSET: 0n,
  STATUS_CODE_OK: 1n,
  STATUS_CODE_ERROR: 2n,
};
for (const [i, kind] of "UNSPECIFIED INTERNAL SERVER CLIENT PRODUCER CONSUMER"
  .split(" ")
  .entries()) {
  spanEnums[`SPAN_KIND_${kind}`] = BigInt(i);
}

const metricEnums: Record<string, bigint> = {};
for (const [i, name] of "UNSPECIFIED DELTA CUMULATIVE".split(" ").entries()) {
  metricEnums[`AGGREGATION_TEMPORALITY_${name}`] = BigInt(i);
}
const dataTypes = "NONE GAUGE SUM HISTOGRAM EXPONENTIAL_HISTOGRAM SUMMARY".split(" ");
for (const [i, name] of dataTypes.entries()) metricEnums[`METRIC_DATA_TYPE_${name}`] = BigInt(i);

const logEnums: Record<string, bigint> = { SEVERITY_NUMBER_UNSPECIFIED: 0n };
for (const [i, name] of "TRACE DEBUG INFO WARN ERROR FATAL".split(" ").entries()) {
  for (let k = 0; k < 4; k++) {
    logEnums[`SEVERITY_NUMBER_${name}${k === 0 ? "" : k + 1}`] = BigInt(4 * i + k + 1);
  }
}
const pointEnums = { ...metricEnums, FLAG_NONE: 0n, FLAG_NO_RECORDED_VALUE: 1n };

/** Every symbol that a statement of the context may use, with its value. */
export const enums: Readonly<Record<ContextName, Readonly<Record<string, bigint>>>> = {
  resource: {},
  scope: {},
  span: spanEnums,
  spanevent: spanEnums,
  metric: metricEnums,
  datapoint: pointEnums,
  exemplar: {},
  log: logEnums,
};
