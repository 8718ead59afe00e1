/** When keys run out over the next 90 days: how many each week, and the first of them one by one. */
import type { DatabaseReport } from "../../domain/doctor/finding.ts";
import { esc, short } from "./markup.ts";

const DAYS = 90;
const WEEK = 7;
const WEEKS = Math.ceil(DAYS / WEEK);
const MOST_ROWS = 30;
const [LEFT, WIDTH, TALL, ROW] = [170, 640, 90, 22];

type Ending = DatabaseReport & { runway: { days: number } };

const isEnding = (one: DatabaseReport): one is Ending => one.runway.days !== null && one.runway.days <= DAYS;

const x = (days: number): number => LEFT + (days / DAYS) * WIDTH;

function axis(height: number): string {
  const ticks = [0, 15, 30, 45, 60, 75, 90];
  return ticks
    .map(
      (days) =>
        `<line class="axis" x1="${x(days)}" x2="${x(days)}" y1="10" y2="${height - 24}"/><text class="soft" x="${x(days)}" y="${height - 8}" text-anchor="middle">${days === 0 ? "now" : `${days} d`}</text>`,
    )
    .join("");
}

/** Coloured by the worst of each week. */
function histogram(endings: readonly Ending[]): string {
  const weeks = Array.from({ length: WEEKS }, (_, week) =>
    endings.filter(({ runway }) => Math.min(WEEKS - 1, Math.floor(runway.days / WEEK)) === week),
  );
  const most = Math.max(...weeks.map(({ length }) => length));
  return weeks
    .flatMap((ofWeek, week) => {
      const [worst] = ofWeek;
      if (!worst) return [];
      const height = (ofWeek.length / most) * (TALL - 30);
      const [left, width, top] = [x(week * WEEK) + 1, (WEEK / DAYS) * WIDTH - 2, TALL - height];
      const label = `<text x="${left + width / 2}" y="${top - 4}" text-anchor="middle">${ofWeek.length}</text>`;
      return [`<rect class="bar ${worst.severity}" x="${left}" y="${top}" width="${width}" height="${height}"/>${label}`];
    })
    .join("");
}

function rowOf({ name, severity, runway }: Ending, index: number): string {
  const y = TALL + 16 + index * ROW;
  const when = runway.at === null ? "now" : runway.at.slice(0, 10);
  return `<g><title>${esc(`${name}: ${when}`)}</title><text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${esc(short(name, 24))}</text><rect class="bar ${severity}" x="${LEFT}" y="${y + 2}" width="${Math.max(3, x(runway.days) - LEFT)}" height="${ROW - 8}"/><text class="soft" x="${x(runway.days) + 8}" y="${y + 12}">${when}</text></g>`;
}

export function runwayPlot(databases: readonly DatabaseReport[]): string {
  const endings = databases.filter(isEnding).toSorted((a, b) => a.runway.days - b.runway.days);
  if (endings.length === 0) return "<p>Nothing that is known.</p>";
  const rows = endings.slice(0, MOST_ROWS);
  const height = TALL + 16 + rows.length * ROW + 34;
  const more = endings.length > rows.length ? `<p class="soft">and ${endings.length - rows.length} more</p>` : "";
  const label = `${endings.length} databases run out within ${DAYS} days, the first in ${endings[0]!.runway.days} days`;
  return `<div class="wide" tabindex="0" role="region" aria-label="Runway"><svg role="img" aria-label="${label}" width="${LEFT + WIDTH + 110}" height="${height}" xmlns="http://www.w3.org/2000/svg">${axis(height)}<text class="soft" x="${LEFT - 8}" y="${TALL}" text-anchor="end">databases a week</text>${histogram(endings)}${rows.map(rowOf).join("")}</svg></div>${more}`;
}
