/**
 * Time travel: the rules of today over the facts that an incident's looks rested on, as its audit has them, beside what was decided then. A
 * look whose facts were cut for their size can't be replayed, and says so.
 */
import type { CauseCode } from "../cause-code.ts";
import type { Facts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import { diagnose } from "./diagnose.ts";
import { historyOf, plan } from "./plan.ts";

/** A row of the audit, as far as it is replayed. */
export type ReplayRow = { entryId: string; kind: string; at: string; data: unknown };

/** Each as one line; sorted. steps: null where the audit does not say what was planned at this look. */
export type Verdict = { phases: string[]; causes: string[]; steps: string[] | null };

export type Replayed = { at: string; past: Verdict; today: Verdict; differences: string[] } | { at: string; cut: string };

type Dict = Record<string, unknown>;
const isDict = (value: unknown): value is Dict => typeof value === "object" && value !== null && !Array.isArray(value);
const dictsIn = (value: unknown): Dict[] => (Array.isArray(value) ? value.filter(isDict) : []);
const textsIn = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

/** Of the same turn; entries are named by it (turn/record.ts). */
const turnOf = ({ entryId }: ReplayRow): string => entryId.split("-")[0]!;

const LISTS = ["keys", "identities", "access", "targets", "missing", "eventSubscriptions"];

/** Facts of this program's shape, whole: what was cut has marks in place of lists, or fewer of them than it had. */
function factsIn(data: unknown): Facts | undefined {
  const facts = isDict(data) ? data["facts"] : undefined;
  if (!isDict(facts) || facts["schema"] !== 1 || LISTS.some((name) => !Array.isArray(facts[name]))) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as an earlier turn of this program wrote them
  return facts as unknown as Facts;
}

const phaseLine = (id: unknown, phase: unknown): string => `${String(id).toLowerCase()} is ${String(phase)}`;
const causeLine = (code: unknown, id: string): string => `${String(code)} of ${id.toLowerCase()}`;
const stepLine = (name: unknown, on: unknown, needs: unknown): string =>
  `${String(name)} on ${String(on).toLowerCase()}${needs === "approval" ? ", asked" : ""}`;

function pastOf(diagnosis: Dict, planned: Dict[] | null): Verdict {
  return {
    phases: dictsIn(diagnosis["targets"])
      .map(({ id, phase }) => phaseLine(id, phase))
      .toSorted(),
    causes: dictsIn(diagnosis["causes"])
      .flatMap(({ code, targetIds }) => textsIn(targetIds).map((id) => causeLine(code, id)))
      .toSorted(),
    // What was written before is no part of what is to be done.
    steps:
      planned &&
      planned
        .filter(({ state }) => state !== "applied")
        .map(({ name, on, needs }) => stepLine(name, on, needs))
        .toSorted(),
  };
}

type Seen = { code: CauseCode; targetIds: string[] }[];

function todayOf(facts: Facts, settings: Settings, causes: Seen): Verdict {
  const diagnosis = diagnose(facts, settings);
  const { steps } = plan(facts, diagnosis, settings, historyOf({ causes }));
  return {
    phases: diagnosis.targets.map(({ id, phase }) => phaseLine(id, phase)).toSorted(),
    causes: diagnosis.targets.flatMap(({ id, findings }) => findings.map(({ code }) => causeLine(code, id))).toSorted(),
    steps: steps.map(({ name, on, needs }) => stepLine(name, on, needs)).toSorted(),
  };
}

const lessOf = (a: readonly string[], b: readonly string[]): string[] => a.filter((line) => !b.includes(line));

function differencesOf(before: Verdict, after: Verdict): string[] {
  const of = (what: string, past: readonly string[] | null, today: readonly string[] | null): string[] =>
    past === null || today === null
      ? []
      : [...lessOf(past, today).map((line) => `no longer ${what}: ${line}`), ...lessOf(today, past).map((line) => `now ${what}: ${line}`)];
  return [
    ...of("judged", before.phases, after.phases),
    ...of("found", before.causes, after.causes),
    ...of("planned", before.steps, after.steps),
  ];
}

/** rows: an incident's audit, in order. Looks that changed nothing left no facts, and are not among what comes back. */
export function replay(rows: readonly ReplayRow[], settings: Settings): Replayed[] {
  const seen: Seen = [];
  return rows.flatMap((row): Replayed[] => {
    if (row.kind !== "facts") return [];
    const ofTurn = rows.filter((one) => turnOf(one) === turnOf(row));
    const dataOf = (...kinds: string[]): Dict | undefined =>
      ofTurn.map(({ kind, data }) => (kinds.includes(kind) ? data : null)).find(isDict);
    const diagnosis = dataOf("diagnosis", "verification");
    const facts = factsIn(row.data);
    if (!diagnosis || !facts) return [{ at: row.at, cut: "what this look saw is not whole in the audit" }];
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only compared with codes
    seen.push(...dictsIn(diagnosis["causes"]).map(({ code, targetIds }) => ({ code: code as CauseCode, targetIds: textsIn(targetIds) })));
    const planned = dataOf("plan");
    const past = pastOf(diagnosis, planned ? dictsIn(planned["steps"]) : null);
    const today = todayOf(facts, settings, seen);
    return [{ at: row.at, past, today, differences: differencesOf(past, today) }];
  });
}
