/** Horizontal bars of one scale, in parts; the numbers stand beside them and in a table. */

import type { Exhibit } from "../../../core/index.ts";
import { layoutBars } from "../../view/bars.ts";
import { formatNumber } from "../../view/words.ts";
import { Scroll } from "./parts.tsx";

export function BarsView({ title, unit, bars, note }: Extract<Exhibit, { kind: "bars" }>) {
  const layout = layoutBars(bars);
  return (
    <figure class="bars">
      {layout.names.length > 1 && (
        <ul class="legend">
          {layout.names.map((name, index) => (
            <li key={name}>
              <span class={`swatch bar-part series s${index % 6}`} aria-hidden="true" />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div role="img" aria-label={`${title}, in ${unit}; the values are in the table below`}>
        {layout.bars.map((bar, row) => (
          <div class="bar-row" key={row}>
            <span class="bar-label">{bar.label}</span>
            <span class="bar-track">
              {bar.parts.map((part) => (
                <span
                  key={part.name}
                  class={`bar-part series s${layout.names.indexOf(part.name) % 6}`}
                  style={{ left: `${part.left * 100}%`, width: `${part.width * 100}%` }}
                  title={`${part.name}: ${formatNumber(part.value)} ${unit}`}
                />
              ))}
              {bar.mark !== undefined && (
                <span
                  class="bar-mark"
                  style={{ left: `${bar.mark.left * 100}%` }}
                  title={`${bar.mark.name}: ${formatNumber(bar.mark.value)} ${unit}`}
                />
              )}
            </span>
            <span class="bar-total">{formatNumber(bar.total)}</span>
          </div>
        ))}
      </div>
      {note !== undefined && <figcaption class="muted">{note}</figcaption>}
      <details>
        <summary>Values as a table</summary>
        <Scroll label={`Values of ${title}`}>
          <table class="exhibit">
            <thead>
              <tr>
                <th scope="col">{unit}</th>
                {layout.names.map((name) => (
                  <th scope="col" class="number" key={name}>
                    {name}
                  </th>
                ))}
                <th scope="col" class="number">
                  sum
                </th>
                {layout.markName !== null && (
                  <th scope="col" class="number">
                    {layout.markName}
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {layout.bars.map((bar, row) => (
                <tr key={row}>
                  <td>{bar.label}</td>
                  {layout.names.map((name) => (
                    <td class="number" key={name}>
                      {formatNumber(bar.parts.find((part) => part.name === name)?.value ?? 0)}
                    </td>
                  ))}
                  <td class="number">{formatNumber(bar.total)}</td>
                  {layout.markName !== null && (
                    <td class="number">
                      {bar.mark === undefined ? "" : formatNumber(bar.mark.value)}
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}
