/** Charts: predictions as lines, measurements as points with interval bars. */

import { useState } from "preact/hooks";

import { layoutChart, tickLabel, type Chart, type PlacedPoint } from "../../view/chart.ts";
import { formatNumber } from "../../view/words.ts";
import { Scroll } from "./parts.tsx";

const width = 760;
const height = 380;

export function ChartView({ chart }: { chart: Chart }) {
  const layout = layoutChart(chart, width, height);
  const { plot } = layout;
  const [near, setNear] = useState<{ name: string; index: number; place: PlacedPoint } | null>(
    null,
  );

  const onMove = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }): void => {
    const frame = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * width;
    const y = ((event.clientY - frame.top) / frame.height) * height;
    let best: typeof near = null;
    let bestDistance = 40 ** 2;
    for (const [index, series] of layout.series.entries()) {
      for (const place of series.points) {
        // Points win over lines: they are what one wants to read.
        const weight = series.style === "points" ? 0.4 : 1;
        const distance = weight * ((place.px - x) ** 2 + (place.py - y) ** 2);
        if (distance < bestDistance) {
          best = { name: series.name, index, place };
          bestDistance = distance;
        }
      }
    }
    setNear(best);
  };

  return (
    <figure class="chart">
      <ul class="legend">
        {layout.series.map((series, index) => (
          <li key={series.name}>
            <svg viewBox="0 0 26 12" aria-hidden="true" class={`series s${index % 6}`}>
              {series.style === "line" ? (
                <path class="line" d="M1 6H25" />
              ) : (
                <>
                  <path class="interval" d="M13 1V11" />
                  <Marker index={index} x={13} y={6} />
                </>
              )}
            </svg>
            {series.name}
          </li>
        ))}
      </ul>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`${chart.title}: ${chart.yLabel} over ${chart.xLabel}; the values are in the table below`}
        onPointerMove={onMove}
        onPointerLeave={() => setNear(null)}
      >
        {layout.yTicks.map((tick) => (
          <g key={tick.py}>
            <path class="grid" d={`M${plot.left} ${tick.py}H${plot.right}`} />
            <text class="tick" x={plot.left - 8} y={tick.py + 4} text-anchor="end">
              {tick.label}
            </text>
          </g>
        ))}
        {layout.xTicks.map((tick) => (
          <g key={tick.px}>
            <path class="axis" d={`M${tick.px} ${plot.bottom}v5`} />
            <text class="tick" x={tick.px} y={plot.bottom + 19} text-anchor="middle">
              {tick.label}
            </text>
          </g>
        ))}
        <path class="axis" d={`M${plot.left} ${plot.bottom}H${plot.right}`} />
        <text class="label" x={(plot.left + plot.right) / 2} y={height - 6} text-anchor="middle">
          {chart.xLabel}
        </text>
        <text
          class="label"
          transform={`translate(13 ${(plot.top + plot.bottom) / 2}) rotate(-90)`}
          text-anchor="middle"
        >
          {chart.yLabel}
        </text>
        {layout.series.map((series, index) => (
          <g class={`series s${index % 6}`} key={series.name}>
            {series.style === "line" && <path class="line" d={series.path} />}
            {series.style === "points" &&
              series.points.map((place, number) => (
                <g key={number}>
                  {place.top !== undefined && place.bottom !== undefined && (
                    <path
                      class="interval"
                      d={`M${place.px} ${place.top}V${place.bottom}M${place.px - 5} ${place.top}h10M${place.px - 5} ${place.bottom}h10`}
                    />
                  )}
                  <Marker index={index} x={place.px} y={place.py} />
                </g>
              ))}
          </g>
        ))}
        {near !== null && <Readout near={near} right={plot.right} />}
      </svg>
      {chart.note !== undefined && <figcaption class="muted">{chart.note}</figcaption>}
      <details>
        <summary>Values as a table</summary>
        <Scroll label="Values">
          <table class="exhibit">
            <thead>
              <tr>
                <th scope="col">Series</th>
                <th scope="col" class="number">
                  {chart.xLabel}
                </th>
                <th scope="col" class="number">
                  {chart.yLabel}
                </th>
                <th scope="col" class="number">
                  low
                </th>
                <th scope="col" class="number">
                  high
                </th>
              </tr>
            </thead>
            <tbody>
              {chart.series.flatMap((series) =>
                series.points.map((point, index) => (
                  <tr key={`${series.name} ${index}`}>
                    <td>{series.name}</td>
                    <td class="number">{tickLabel(point.x)}</td>
                    <td class="number">{formatNumber(point.y)}</td>
                    <td class="number">{point.low === undefined ? "" : formatNumber(point.low)}</td>
                    <td class="number">
                      {point.high === undefined ? "" : formatNumber(point.high)}
                    </td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}

/** A shape per series, so that colour is not the only difference. */
function Marker({ index, x, y }: { index: number; x: number; y: number }) {
  switch (index % 3) {
    case 0:
      return <rect class="mark" x={x - 4} y={y - 4} width="8" height="8" />;
    case 1:
      return <circle class="mark" cx={x} cy={y} r="4.5" />;
    default:
      return <path class="mark" d={`M${x} ${y - 5.5}l5 9h-10z`} />;
  }
}

function Readout({
  near,
  right,
}: {
  near: { name: string; index: number; place: PlacedPoint };
  right: number;
}) {
  const { px, py, point } = near.place;
  const interval =
    point.low === undefined || point.high === undefined
      ? ""
      : ` (${formatNumber(point.low)} to ${formatNumber(point.high)})`;
  const lines = [near.name, `x ${tickLabel(point.x)}, y ${formatNumber(point.y)}${interval}`];
  const boxWidth = 14 + 6.4 * Math.max(...lines.map((line) => line.length));
  const x = px + 14 + boxWidth > right ? px - 14 - boxWidth : px + 14;
  const y = Math.max(4, py - 20);
  return (
    <g class={`readout series s${near.index % 6}`} aria-hidden="true">
      <circle class="halo" cx={px} cy={py} r="8" />
      <rect x={x} y={y} width={boxWidth} height="40" rx="5" />
      {lines.map((line, index) => (
        <text key={index} x={x + 7} y={y + 16 + 16 * index} class={index === 0 ? "strong" : ""}>
          {line}
        </text>
      ))}
    </g>
  );
}
