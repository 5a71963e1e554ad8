/** Sentences about routes. */

import type { RouteRule } from "../ruleset.ts";
import { named } from "./context.ts";

export const makeMessage = (one: RouteRule, other: RouteRule): string =>
  `this record matches ${named(one.condition)} and ${named(other.condition)}; the first in the table ` +
  `takes it to ${one.route.pipelines.join(", ")}, so ${other.route.pipelines.join(", ")} never sees it`;
