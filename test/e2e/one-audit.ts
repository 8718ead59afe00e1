/** An incident's audit as it has to be however often the host died. */
import type { AuditRow } from "../../sandbox/running/app-api.ts";
import { chainOf } from "../../sandbox/play/audit.ts";

/** rows: without the reasons to look, which may come in at any time. */
export function auditOf(incidentId: string, audit: readonly AuditRow[]): { problems: string[]; rows: AuditRow[] } {
  const told = audit.filter(({ kind }) => kind !== "signal");
  // A claim whose owner died is told again by the one who takes over: an intent may stand there more than once, what came of it never.
  const isTwice = ({ what }: AuditRow, at: number): boolean =>
    what.startsWith("about to write") && told.findIndex((other) => other.what === what) !== at;
  const signals = audit.filter(({ kind }) => kind === "signal").map(({ data }) => (data as { id: string }).id);
  return {
    problems: [
      ...(chainOf(incidentId, audit) === "verified" ? [] : [`the audit's chain of ${incidentId} does not hold`]),
      ...(new Set(signals).size === signals.length ? [] : ["a signal is told twice"]),
    ],
    rows: told.filter((row, at) => !isTwice(row, at)),
  };
}
