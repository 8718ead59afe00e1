/** How what a deployment answers reads in a terminal: lines, from values alone. */
import type { AnswerOf } from "../../client/client.ts";
import { nameOf } from "../../domain/arm-id.ts";
import { formatDuration, toMs } from "../../domain/time.ts";
import { plain, type Terminal } from "../terminal.ts";

type Paint = Terminal["paint"];
export type Incident = AnswerOf<"incident">;
export type Operation = AnswerOf<"operation">;
export type Rehearsal = Extract<AnswerOf<"startOperation">, { dryRun: true }>;
type Plan = NonNullable<Incident["plan"]>;
type Step = Plan["steps"][number];

/** To the second: `2026-11-02 10:00:05Z`. */
export const when = (iso: string | null): string => (iso === null ? "-" : iso.replace("T", " ").replace(/\.\d+Z$/, "Z"));

/** The last part of a resource id or URI; any other text as it is. */
const short = (id: string): string => plain((id.startsWith("/") && nameOf(id)) || id);

/** Below its heads; the last column takes what it needs. */
function table(heads: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const clean = rows.map((row) => row.map((cell) => plain(cell).replaceAll("\n", " ")));
  const widths = heads.map((head, i) => Math.max(head.length, ...clean.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ");
  return [paint("bold", line(heads)), ...clean.map(line)].join("\n");
}

/** Below a heading, with something before each; nothing where there is nothing. */
const section = (heading: string, lines: readonly string[], paint: Paint): string[] =>
  lines.length === 0 ? [] : ["", paint("bold", heading), ...lines.map((line) => `  ${line}`)];

export const ended = ({ outcome, reason }: { outcome: string | null; reason: string | null }): string =>
  outcome === null ? "-" : `${outcome}${reason === null ? "" : ` (${plain(reason)})`}`;

const GOOD = ["Prevented", "OutageAvoided", "Healed", "NoChangeNeeded", "Superseded", "Completed"];

function painted(state: string, outcome: string | null, text: string, paint: Paint): string {
  if (state === "waiting") return paint("yellow", text);
  if (outcome === null) return text;
  return paint(GOOD.includes(outcome) ? "green" : "red", text);
}

export function incidentTable(incidents: readonly AnswerOf<"incidents">["value"][number][], paint: Paint): string {
  if (incidents.length === 0) return "no incidents";
  const rows = incidents.map((one) => [one.id, one.state, short(one.vaultId), one.causes.join(", ") || "-", ended(one)]);
  return table(["ID", "STATE", "VAULT", "CAUSES", "OUTCOME"], rows, paint);
}

const stepLines = ({ name, on, about, state, why, undo, az }: Step): string[] => [
  `${name} on ${short(on)}${about === null ? "" : `, ${plain(about)}`}: ${state}`,
  ...(why === null ? [] : [`    ${plain(why)}`]),
  ...az.map((line) => `    then  ${plain(line)}`),
  ...(undo === null ? [] : [`    back  ${plain(undo)}`]),
];

/** What is so now, what each step makes of it, and how it goes back. */
export function planLines({ steps }: Plan, incident: Pick<Incident, "causes"> | null, paint: Paint): string[] {
  const now = (incident?.causes ?? []).flatMap(({ code, evidence }) => evidence.map((fact) => `${code}: ${plain(fact)}`));
  return [...section("Now", now, paint), ...section("Steps", steps.flatMap(stepLines), paint)];
}

const timelineLines = (timeline: Incident["timeline"]): string[] => timeline.map(({ at, what }) => `${when(at)}  ${plain(what)}`);

export function incidentText(incident: Incident, paint: Paint): string {
  const {
    id,
    state,
    vaultId,
    openedAt,
    closedAt,
    since,
    fixedAt,
    outcome,
    detail,
    causes,
    targets,
    plan,
    applied,
    decision,
    nextLookAt,
    runbook,
  } = incident;
  const head = `${id}  ${painted(state, outcome, outcome === null ? state : ended(incident), paint)}  ${short(vaultId)}`;
  return [
    head,
    ...(detail === "" ? [] : [plain(detail)]),
    `opened ${when(openedAt)}, closed ${when(closedAt)}, next look ${when(nextLookAt)}`,
    ...(fixedAt === null ? [] : [`effective ${formatDuration(toMs(fixedAt) - toMs(since))} after the trouble began`]),
    ...(decision === null ? [] : [`approved until ${when(decision.expiresAt)}`]),
    ...section(
      "Databases",
      targets.map(
        ({ id: target, kind, phase, serviceSays }) =>
          `${short(target)} (${kind}): ${phase}${serviceSays === null ? "" : `; it says: ${plain(serviceSays)}`}`,
      ),
      paint,
    ),
    ...section(
      "Causes",
      causes.flatMap(({ code, evidence, contradictions }) => [
        code,
        ...[...evidence, ...contradictions].map((fact) => `    ${plain(fact)}`),
      ]),
      paint,
    ),
    ...(plan ? section("Plan", plan.steps.flatMap(stepLines), paint) : []),
    ...section(
      "Done",
      applied.map(
        ({ at, name, on, result, detail: what }) =>
          `${when(at)}  ${name} on ${short(on)}: ${result}${what === "" ? "" : `, ${plain(what)}`}`,
      ),
      paint,
    ),
    ...section(
      "By hand",
      runbook.map((line) => plain(line)),
      paint,
    ),
    ...section("Timeline", timelineLines(incident.timeline), paint),
  ].join("\n");
}

export const timelineFrom = ({ timeline }: Pick<Incident, "timeline">, from: number): string[] => timelineLines(timeline.slice(from));

export function operationTable(operations: readonly AnswerOf<"operations">["value"][number][], paint: Paint): string {
  if (operations.length === 0) return "no planned operations";
  const rows = operations.map((one) => [
    one.id,
    one.state,
    one.operation,
    short(one.vaultId),
    ended({ outcome: one.outcome, reason: one.reasonCode }),
    `${one.requestedBy.name}: ${one.reason}`,
  ]);
  return table(["ID", "STATE", "OPERATION", "VAULT", "OUTCOME", "WANTED"], rows, paint);
}

const MARKS = { met: "ok", unmet: "NO", unknown: "??" };

export function operationText(operation: Operation | Rehearsal, paint: Paint): string {
  const {
    operation: name,
    vaultId,
    state,
    outcome,
    reasonCode,
    detail,
    requestedBy,
    reason,
    until,
    loses,
    requirements,
    plan,
    progress,
    undo,
  } = operation;
  const title = "id" in operation ? operation.id : "rehearsed; nothing of it is kept";
  const stands = outcome === null ? state : ended({ outcome, reason: reasonCode });
  return [
    `${title}  ${name} at ${short(vaultId)}  ${painted(state, outcome, stands, paint)}`,
    plain(detail),
    `wanted by ${plain(requestedBy.name)} until ${when(until)}: ${plain(reason)}`,
    ...(progress.what === detail ? [] : [plain(`${progress.what}${progress.percent === null ? "" : ` (${progress.percent} %)`}`)]),
    ...(loses === null ? [] : ["", paint("red", plain(loses))]),
    ...section(
      "Requirements",
      requirements.flatMap(({ name: what, state: met, detail: said, az }) => [
        `${MARKS[met]}  ${plain(what)}: ${plain(said)}`,
        ...(met === "met" ? [] : az.map((line) => `      ${plain(line)}`)),
      ]),
      paint,
    ),
    ...(plan ? section("Plan", plan.steps.flatMap(stepLines), paint) : []),
    ...section(
      "The way back",
      undo.map((line) => plain(line)),
      paint,
    ),
    ...section("Timeline", timelineLines(operation.timeline), paint),
  ].join("\n");
}

export function writingText({ writes, why, pause }: AnswerOf<"paused">): string {
  const until = pause === null ? "" : pause.until === null ? ", until somebody resumes" : `, until ${when(pause.until)}`;
  return writes ? "Keymend writes" : `Keymend writes nothing: ${plain(why ?? "")}${until}`;
}

const PHASES: Record<string, "green" | "yellow" | "red"> = { healthy: "green", atRisk: "yellow", recovering: "yellow" };
const WORST_FIRST = ["revoked", "inGrace", null, "recovering", "atRisk", "healthy"];

export function databaseTable(databases: readonly AnswerOf<"targets">["value"][number][], paint: Paint): string {
  if (databases.length === 0) return "no databases";
  const sorted = databases.toSorted((a, b) => WORST_FIRST.indexOf(a.phase) - WORST_FIRST.indexOf(b.phase));
  const rows = sorted.map(({ id, kind, phase, vaultId, expiresOn, armed, lastLookAt, openIncidentId }) => [
    phase ?? "unknown",
    short(id),
    kind,
    short(vaultId),
    when(expiresOn),
    armed.state,
    when(lastLookAt),
    openIncidentId ?? "-",
  ]);
  const [heads, ...lines] = table(["PHASE", "DATABASE", "KIND", "VAULT", "EXPIRES", "ARMED", "LOOKED AT", "INCIDENT"], rows, paint).split(
    "\n",
  );
  return [heads, ...lines.map((line, i) => paint(PHASES[sorted[i]!.phase ?? ""] ?? "red", line))].join("\n");
}
