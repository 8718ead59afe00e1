/** What Keymend was good for so far, as plots with the numbers beside them. */
import { formatDuration } from "../../domain/time.ts";
import { takeFrom } from "../api.ts";
import { useLive } from "../live.ts";
import type { IncidentRow } from "../model/answers.ts";
import { type Bar, barsOf, countByOutcome, percentile, timesToFix } from "../model/numbers.ts";
import { toneOf } from "../model/severity.ts";
import { count, spaced } from "../model/words.ts";
import { Card, Loaded, Nothing } from "./parts.tsx";

const MOST = 1000;
const [STEP, HEIGHT, FOOT] = [74, 150, 26];

function Histogram({ bars }: { bars: readonly Bar[] }) {
  const most = Math.max(1, ...bars.map((bar) => bar.count));
  const width = bars.length * STEP;
  const said = bars.map((bar) => `${bar.label} min: ${bar.count}`).join(", ");
  return (
    <div class="scroll" role="region" aria-label="Plot" tabIndex={0}>
      <svg
        class="plot"
        width={width}
        height={HEIGHT + FOOT}
        viewBox={`0 0 ${width} ${HEIGHT + FOOT}`}
        role="img"
        aria-label={`Incidents by minutes from the trouble to its effective fix. ${said}`}
      >
        {bars.map((bar, i) => {
          const height = (bar.count / most) * (HEIGHT - 20);
          return (
            <g key={bar.label} class={bar.upToMinutes === null ? "bad" : "good"}>
              <rect x={i * STEP + 6} y={HEIGHT - height} width={STEP - 12} height={height} rx={3} />
              <text class="value" x={i * STEP + STEP / 2} y={HEIGHT - height - 5}>
                {bar.count}
              </text>
              <text x={i * STEP + STEP / 2} y={HEIGHT + 18}>
                {bar.label}
              </text>
            </g>
          );
        })}
        <line x1={(bars.length - 1) * STEP} x2={(bars.length - 1) * STEP} y1={0} y2={HEIGHT} class="hour" />
      </svg>
    </div>
  );
}

function Told({ incidents, more }: { incidents: readonly IncidentRow[]; more: boolean }) {
  const times = timesToFix(incidents);
  const [half, most] = [percentile(times, 50), percentile(times, 95)];
  const outcomes = countByOutcome(incidents);
  const open = incidents.filter(({ outcome }) => outcome === null).length;
  const of = (code: string): number => outcomes.find(([outcome]) => outcome === code)?.[1] ?? 0;
  return (
    <>
      <dl class="tiles">
        {[
          ["Outages avoided", of("OutageAvoided")],
          ["Prevented", of("Prevented")],
          ["Healed", of("Healed")],
          ["For a person", of("Escalated") + of("Unrecoverable") + of("Refused")],
        ].map(([label, n]) => (
          <div key={label} class="card">
            <dt>{label}</dt>
            <dd>{n}</dd>
          </div>
        ))}
      </dl>
      <Card title="From trouble to effective fix, against the hour">
        {times.length === 0 ? (
          <Nothing>Nothing was mended yet.</Nothing>
        ) : (
          <>
            <p>
              Half within {formatDuration(half ?? 0)}, 95 % within {formatDuration(most ?? 0)}, of {count(times.length, "incident")}. The
              line is the hour within which a service checks its key; where it had noticed, its own word ends the time.
            </p>
            <Histogram bars={barsOf(times)} />
          </>
        )}
      </Card>
      <Card title="By outcome">
        <table>
          <tbody>
            {outcomes.map(([outcome, n]) => (
              <tr key={outcome}>
                <th scope="row">
                  <span class={`badge ${toneOf(outcome)}`}>{spaced(outcome)}</span>
                </th>
                <td class="number">{n}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="fine">
          {count(incidents.length, "incident")}
          {more ? ", the newest" : ""}
          {open === 0 ? "" : `, ${open} of them open`}
        </p>
      </Card>
    </>
  );
}

export function Numbers() {
  const live = useLive("incidents for numbers", (api) => takeFrom(api.all("incidents", { $top: "200" }), MOST), 15_000);
  return (
    <>
      <h1>Numbers</h1>
      <Loaded live={live}>{({ value, more }) => <Told incidents={value} more={more} />}</Loaded>
    </>
  );
}
