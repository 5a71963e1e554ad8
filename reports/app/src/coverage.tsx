/** What a search has met of the machines, and how many new states each depth brought. */

import type { Coverage, MachineCoverage } from "../../../core/index.ts";
import { coverageNote, coverageRows, growthBars, growthText } from "../../view/coverage.ts";
import { formatNumber } from "../../view/words.ts";
import { Scroll, Section } from "./parts.tsx";

export function CoverageView({ coverage }: { coverage: Coverage }) {
  return (
    <>
      <Section title="Coverage" aside={<span class="muted">{coverageNote(coverage)}</span>}>
        {coverage.machines.map((machine) => (
          <MachineView
            key={machine.machines.join()}
            machine={machine}
            named={coverage.machines.length > 1 || machine.machines.length > 1}
          />
        ))}
      </Section>
      {coverage.growth.length > 0 && (
        <Section
          title="Growth"
          aside={<span class="muted">{coverage.complete ? "complete" : "ended early"}</span>}
        >
          <GrowthView growth={coverage.growth} />
        </Section>
      )}
    </>
  );
}

function MachineView({ machine, named }: { machine: MachineCoverage; named: boolean }) {
  const name = machine.machines.join(", ");
  const rows = coverageRows(machine).filter(({ of }) => of > 0);
  return (
    <>
      {named && <h3>{name}</h3>}
      <Scroll label={`Coverage of ${name}`}>
        <table class="exhibit coverage">
          <thead>
            <tr>
              <th scope="col">what</th>
              <th scope="col" class="number">
                met
              </th>
              <th scope="col" class="number">
                of
              </th>
              <th scope="col">missing</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ what, covered, of, missing }) => (
              <tr key={what}>
                <td class="whole">{what}</td>
                <td class="number whole">{formatNumber(covered)}</td>
                <td class="number whole">{formatNumber(of)}</td>
                <td>
                  {missing.length === 0 && <span class="muted">nothing</span>}
                  {missing.map(({ why, items }) => (
                    <details key={why} open={items.length <= 5}>
                      <summary>
                        {why}: {formatNumber(items.length)}
                      </summary>
                      <ul class="plain">
                        {items.map((item, index) => (
                          <li key={index}>
                            <code>{item}</code>
                          </li>
                        ))}
                      </ul>
                    </details>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

const width = 760;
const height = 150;
const left = 8;
const bottom = 22;

/** New states by depth; the numbers are in the table below. */
function GrowthView({ growth }: { growth: readonly number[] }) {
  const bars = growthBars(growth, 120);
  const highest = Math.max(...bars.map(({ states }) => states));
  const step = Math.min(28, (width - 2 * left) / bars.length);
  const right = left + step * bars.length;
  const room = height - bottom - 16;
  return (
    <figure class="growth">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={growthText(growth)}>
        {bars.map(({ from, to, states }, index) => {
          const tall = Math.max(1, (states / highest) * room);
          const depth = from === to ? `depth ${from}` : `depth ${from} to ${to}, per depth`;
          return (
            <rect
              key={from}
              x={left + index * step}
              y={height - bottom - tall}
              width={Math.max(1, step - (step > 4 ? 1.5 : 0))}
              height={tall}
            >
              <title>{`${depth}: ${formatNumber(states)} new states`}</title>
            </rect>
          );
        })}
        <path class="axis" d={`M${left} ${height - bottom}H${Math.max(right, 160)}`} />
        <text x={left} y={height - 6}>
          depth 0
        </text>
        <text x={Math.max(right, 160)} y={height - 6} text-anchor="end">
          depth {growth.length - 1}
        </text>
      </svg>
      <figcaption class="muted">{growthText(growth)}</figcaption>
      <details>
        <summary>Values as a table</summary>
        <Scroll label="New states by depth">
          <table class="exhibit">
            <thead>
              <tr>
                <th scope="col" class="number">
                  depth
                </th>
                <th scope="col" class="number">
                  new states
                </th>
              </tr>
            </thead>
            <tbody>
              {growth.slice(0, 1000).map((states, depth) => (
                <tr key={depth}>
                  <td class="number">{formatNumber(depth)}</td>
                  <td class="number">{formatNumber(states)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </details>
    </figure>
  );
}
