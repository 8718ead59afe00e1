/** When keys run out over the next 90 days: a calendar whose days are the darker the more databases they end, and the same as a table. */
import { useMemo, useState } from "preact/hooks";
import { MINUTE } from "../../domain/time.ts";
import { useFleet, useNow } from "../live.ts";
import type { Target } from "../model/answers.ts";
import { type Cell, DAYS, type Ending, runwayOf } from "../model/runway.ts";
import { count, nameIn } from "../model/words.ts";
import { Badge, Card, Heads, Loaded, Name, Nothing, Scroll, When } from "./parts.tsx";

const [SIDE, GAP, LEFT, HEAD] = [30, 4, 44, 22];
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const xOf = (week: number): number => LEFT + week * (SIDE + GAP);
const yOf = (weekday: number): number => HEAD + weekday * (SIDE + GAP);

/** The month stands above the week in which it begins, and above the first. */
const isMonthShown = ({ day }: Cell, i: number): boolean => i === 0 || day.endsWith("-01");
const monthOf = ({ day }: Cell): string => day.slice(0, 7);

function HeatMap({ cells }: { cells: readonly Cell[] }) {
  const [width, height] = [xOf(Math.max(...cells.map(({ week }) => week)) + 1), yOf(7)];
  const total = cells.reduce((sum, cell) => sum + cell.count, 0);
  return (
    <Scroll label="Calendar">
      <svg
        class="heat"
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Calendar of the next ${DAYS} days: the keys of ${count(total, "database")} run out. The table has each day.`}
      >
        {WEEKDAYS.map((label, weekday) => (
          <text key={label} class="axis" x={0} y={yOf(weekday) + 20}>
            {label}
          </text>
        ))}
        {cells.filter(isMonthShown).map((cell, i, all) =>
          // Two months that begin side by side would be written over each other.
          all[i + 1] && all[i + 1]!.week - cell.week < 2 ? null : (
            <text key={cell.day} class="axis" x={xOf(cell.week)} y={14}>
              {monthOf(cell)}
            </text>
          ),
        )}
        {cells.map(({ day, week, weekday, count: n, level }) => (
          <g key={day} class={`level-${level}`}>
            <title>{`${day}: ${count(n, "database")}`}</title>
            <rect x={xOf(week)} y={yOf(weekday)} width={SIDE} height={SIDE} rx={4} />
            {n === 0 ? null : (
              <text x={xOf(week) + SIDE / 2} y={yOf(weekday) + 20}>
                {n > 999 ? "1k+" : n}
              </text>
            )}
          </g>
        ))}
      </svg>
    </Scroll>
  );
}

const FEW = 5;

const Names = ({ targets }: { targets: readonly Target[] }) => (
  <ul class="plain">
    {targets.map(({ id, vaultId, openIncidentId }) => (
      <li key={id}>
        {openIncidentId === null ? (
          <Name id={id} />
        ) : (
          <a href={`#/incidents/${openIncidentId}`}>
            <Name id={id} />
          </a>
        )}{" "}
        <span class="fine">{nameIn(vaultId)}</span>
      </li>
    ))}
  </ul>
);

/** Thousands may end on one day: those that nobody has asked to see are not drawn. */
function Many({ targets }: { targets: readonly Target[] }) {
  const [isOpen, setOpen] = useState(false);
  const few = targets.slice(0, FEW).map(({ id }) => nameIn(id));
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {few.join(", ")} and {targets.length - FEW} more
      </summary>
      {isOpen ? <Names targets={targets} /> : null}
    </details>
  );
}

function Row({ ending: { day, isPast, targets } }: { ending: Ending }) {
  return (
    <tr>
      <th scope="row">{day}</th>
      <td>
        {isPast ? <Badge tone="bad">ran out</Badge> : null} <When at={targets[0]!.expiresOn!} />
      </td>
      <td>{targets.length}</td>
      <td class="wide">{targets.length <= FEW ? <Names targets={targets} /> : <Many targets={targets} />}</td>
    </tr>
  );
}

function Told({ all, more }: { all: readonly Target[]; more: boolean }) {
  const now = useNow(MINUTE);
  const { cells, endings, later, undated } = useMemo(() => runwayOf(all, now), [all, now]);
  return (
    <>
      <p class="facts">
        <span class="fine">
          {count(all.length, "database")}
          {more ? ", and more" : ""}: of {later.toLocaleString("en")} the key runs out later, of {undated.toLocaleString("en")} no date is
          known: it has none, or none could be read.
        </span>
      </p>
      <Card title={`The next ${DAYS} days`}>
        <HeatMap cells={cells} />
      </Card>
      {endings.length === 0 ? (
        <Nothing>No key is known to run out within {DAYS} days.</Nothing>
      ) : (
        <Scroll label="Days on which keys run out">
          <table>
            <Heads labels={["Day (UTC)", "When", "Databases", "Which, and their vaults"]} />
            <tbody>
              {endings.map((ending) => (
                <Row key={`${ending.day} ${ending.isPast}`} ending={ending} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}

export function Runway() {
  return (
    <>
      <h1>Runway</h1>
      <Loaded live={useFleet()}>{({ value, more }) => <Told all={value} more={more} />}</Loaded>
    </>
  );
}
