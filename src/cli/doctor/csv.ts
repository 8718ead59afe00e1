/** The report for a spreadsheet: a row for each database, worst first. */
import type { DatabaseReport, Report } from "../../domain/doctor/finding.ts";

type Column = readonly [name: string, of: (database: DatabaseReport) => string | number | null];

const COLUMNS: readonly Column[] = [
  ["severity", ({ severity }) => severity],
  ["database", ({ name }) => name],
  ["kind", ({ kind }) => kind],
  ["phase", ({ phase }) => phase],
  ["runway_days", ({ runway }) => runway.days],
  ["ends_at", ({ runway }) => runway.at],
  ["causes", ({ findings }) => findings.map(({ code }) => code).join(" ")],
  ["outlook", ({ outlook }) => outlook],
  ["keymend_would", ({ would, tells }) => [...would.map(({ step, way }) => `${step} (${way})`), ...tells].join("; ")],
  ["lacks", ({ gaps }) => gaps.join(" ")],
  ["vault", ({ vault }) => vault?.name ?? null],
  ["key_uri", ({ keyUri }) => keyUri],
  ["identity", ({ identity }) => identity?.name ?? null],
  ["mend", ({ findings }) => findings.flatMap(({ az }) => az).join("\n")],
  ["id", ({ id }) => id],
];

/** Spreadsheets run what begins like a formula (OWASP, "CSV Injection"); an apostrophe in front has them show it. */
const harmless = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** RFC 4180, section 2. */
function cell(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  const text = harmless(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csvOf = ({ databases }: Report): string =>
  [COLUMNS.map(([name]) => name), ...databases.map((database) => COLUMNS.map(([, of]) => cell(of(database))))]
    .map((row) => row.join(","))
    .join("\r\n");
