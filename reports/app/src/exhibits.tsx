/** Tables, charts, flame graphs and texts that a result shows besides its verdict. */

import type { Exhibit } from "../../../core/index.ts";
import { BarsView } from "./bars.tsx";
import { ChartView } from "./chart.tsx";
import { FlameView } from "./flame.tsx";
import { cellText, Scroll, Section } from "./parts.tsx";

export function ExhibitView({ exhibit }: { exhibit: Exhibit }) {
  switch (exhibit.kind) {
    case "table":
      return (
        <Section title={exhibit.title}>
          <TableView {...exhibit} />
        </Section>
      );
    case "chart":
      return (
        <Section title={exhibit.title}>
          <ChartView chart={exhibit} />
        </Section>
      );
    case "flamegraph":
      return (
        <Section title={exhibit.title} aside={<span class="muted">{exhibit.provenance}</span>}>
          <FlameView {...exhibit} />
        </Section>
      );
    case "bars":
      return (
        <Section title={exhibit.title}>
          <BarsView {...exhibit} />
        </Section>
      );
    case "text":
      return (
        <Section title={exhibit.title}>
          <pre tabIndex={0} aria-label={exhibit.title}>
            {exhibit.text}
          </pre>
        </Section>
      );
  }
}

function TableView({ title, columns, rows, note }: Extract<Exhibit, { kind: "table" }>) {
  const numeric = columns.map((_, index) =>
    rows.every((row) => typeof row[index] === "number" || row[index] === null),
  );
  const side = (index: number): string => (numeric[index] === true ? "number" : "");
  return (
    <>
      <Scroll label={title}>
        <table class="exhibit">
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th scope="col" class={side(index)} key={index}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, number) => (
              <tr key={number}>
                {row.map((value, index) => (
                  <td
                    class={`${side(index)} ${cellText(value).length <= 28 ? "whole" : ""}`}
                    key={index}
                  >
                    {cellText(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {note !== undefined && <p class="muted">{note}</p>}
    </>
  );
}
