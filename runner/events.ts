/** The one stream that feeds progress, reports and artifacts; no engine prints. */

import type { EngineName, Report, Result } from "../core/result.ts";

export type RunEvent =
  | { readonly type: "planned"; readonly obligations: number }
  | { readonly type: "started"; readonly id: string; readonly engine: EngineName }
  | {
      readonly type: "progress";
      readonly id: string;
      readonly engine: EngineName;
      readonly message: string;
    }
  | { readonly type: "finished"; readonly result: Result }
  | { readonly type: "reported"; readonly report: Report };
