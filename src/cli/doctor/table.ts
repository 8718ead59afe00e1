/** The report for a person at a terminal: a table, worst first, then what each line is about and what mends it. */
import {
  type DatabaseReport,
  type Finding,
  type Report,
  SEVERITIES,
  type Severity,
  type Way,
  type Would,
} from "../../domain/doctor/finding.ts";
import { nameOf } from "../../domain/arm-id.ts";
import { type Colour, plain, type Terminal } from "../terminal.ts";

type Paint = Terminal["paint"];

const COLOURS: Record<DatabaseReport["severity"], Colour> = {
  trouble: "red",
  unseen: "yellow",
  warning: "yellow",
  note: "dim",
  fine: "green",
};

const WAYS: Record<Way, string> = {
  byItself: "by itself",
  asks: "asks a person first",
  refuses: "does not",
  later: "by itself, later",
};

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

export const runwayOf = ({ runway: { days } }: DatabaseReport): string => (days === null ? "" : count(days, "day"));

const codesOf = ({ findings }: DatabaseReport): string => [...new Set(findings.map(({ code }) => code))].join(", ");

/** Rows of which each has the same columns; the last one may be as long as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  "));
}

const HEAD = ["HOW BAD", "DATABASE", "PHASE", "RUNWAY", "CAUSES", "WHAT HAPPENS"];

function overview(databases: readonly DatabaseReport[], paint: Paint): string[] {
  const rows = databases.map((one) => [one.severity, one.name, one.phase ?? "unread", runwayOf(one), codesOf(one), one.outlook].map(plain));
  const [head, ...lines] = aligned([HEAD, ...rows]);
  // Colours count as letters: they come after the columns are laid out.
  return [
    paint("bold", head!),
    ...lines.map((line, i) => {
      const { severity } = databases[i]!;
      return paint(COLOURS[severity], line.slice(0, severity.length)) + line.slice(severity.length);
    }),
  ];
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `      ${plain(line)}`);

const findingLines = ({ code, title, evidence, az }: Omit<Finding, "severity">, paint: Paint): string[] => [
  `  ${paint("bold", code)}  ${title}`,
  ...evidence.map((text) => `    ${plain(text)}`),
  ...indent(az).map((line) => paint("dim", line)),
];

const wouldLine = ({ step, way, why }: Would): string => `    ${plain(`${step}: ${WAYS[way]}${why === "" ? "" : ` (${why})`}`)}`;

type Alike = { names: string[]; database: DatabaseReport };

/** What is the same of several databases of a vault is told once. */
function alike(databases: readonly DatabaseReport[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const database of databases) {
    const { kind, findings, would, tells, contradictions, vault, identity, gaps, name } = database;
    // Why a step is a question may name the database; what is to be done is the same.
    const key = JSON.stringify([kind, findings, would.map(({ step }) => step), tells, contradictions, vault, identity, gaps]);
    const group = groups.get(key);
    if (group) group.names.push(name);
    else groups.set(key, { names: [name], database });
  }
  return [...groups.values()];
}

function details({ names, database }: Alike, paint: Paint): string[] {
  const { kind, findings, would, tells, contradictions, vault, identity, gaps } = database;
  const who = `${names.length > 1 ? `${kind}s` : kind} ${names.join(", ")}`;
  const path = [...(vault ? [`vault ${vault.name}`] : []), ...(identity ? [`identity ${identity.name}`] : [])].join(", ");
  return [
    "",
    paint("bold", plain([who, path].filter((text) => text !== "").join("; "))),
    ...findings.flatMap((finding) => findingLines(finding, paint)),
    ...contradictions.map((text) => `  but ${plain(text)}`),
    ...(would.length + tells.length > 0 ? ["  Keymend, in mode heal:"] : []),
    ...would.map(wouldLine),
    ...tells.map((text) => `    ${plain(text)}`),
    ...(gaps.length > 0 ? [`  lacks: ${gaps.join(", ")}`] : []),
  ];
}

/** Names of the first few, for a line. */
function some(ids: readonly string[], most = 3): string {
  const names = ids.slice(0, most).map(nameOf);
  return ids.length > most ? `${names.join(", ")} and ${ids.length - most} more` : names.join(", ");
}

function gapLines({ gaps }: Report, shown: readonly Severity[], paint: Paint): string[] {
  const told = gaps.filter(({ severity }) => shown.includes(severity));
  const left = gaps.length - told.length;
  if (gaps.length === 0) return [];
  return [
    "",
    paint("bold", "What is lacking"),
    ...told.flatMap((gap) => [...findingLines({ ...gap, evidence: [...gap.evidence, `it concerns ${some(gap.databaseIds)}`] }, paint)]),
    ...(left > 0 ? [paint("dim", `and ${count(left, "note")}, each with what mends it (--all lists them)`)] : []),
  ];
}

const unreadLines = ({ unread }: Report, paint: Paint): string[] =>
  unread.length === 0
    ? []
    : [
        "",
        paint("bold", "What could not be read"),
        ...unread.flatMap(({ what, why, hides }) => [`  ${plain(what)}: hides ${hides}`, `    ${plain(why)}`]),
      ];

const VERDICTS: Record<Report["verdict"], string> = {
  nothing: "Nothing to do",
  warnings: "No trouble, and something to do",
  trouble: "There is trouble",
  couldNotLook: "Not everything could be looked at",
};

export function summaryOf({ counts, subscriptions, verdict }: Report): string {
  const parts = SEVERITIES.map((severity) => `${counts[severity]} ${severity}`);
  const where = `on ${count(counts.vaults, "vault")} in ${count(subscriptions.length, "subscription")}`;
  return `${count(counts.databases, "database")} ${where}: ${parts.join(", ")}. ${VERDICTS[verdict]}.`;
}

/** all: notes too, and databases with nothing but notes. */
export function tableOf(report: Report, paint: Paint, all: boolean): string {
  const shown: Severity[] = ["trouble", "unseen", "warning", ...(all ? (["note"] as const) : [])];
  const listed = report.databases.filter(({ severity }) => all || (severity !== "fine" && severity !== "note"));
  const told = listed.filter(({ findings, would }) => findings.length + would.length > 0);
  const left = report.databases.length - listed.length;
  return [
    ...(listed.length > 0 ? overview(listed, paint) : []),
    ...(left > 0 ? [paint("dim", `and ${count(left, "database")} with nothing worse than a note (--all lists them)`)] : []),
    ...alike(told).flatMap((group) => details(group, paint)),
    ...gapLines(report, shown, paint),
    ...unreadLines(report, paint),
    "",
    summaryOf(report),
  ].join("\n");
}
