/** Tells who needs a full look in this round: screens all, and asks storage and Durable Functions who is at work, told of, or was in trouble. */
import { type DurableClient, OrchestrationRuntimeStatus } from "durable-functions";
import type { Sight } from "../activities/patients.ts";
import type { ScreenAll } from "../activities/screen.ts";
import type { Patient } from "../domain/facts.ts";
import { patientKey } from "../domain/databases/sight.ts";
import { isMeant, putOff, type Screen, type Screened, whyLook } from "../domain/reads/screening.ts";
import { TransientError } from "../domain/errors.ts";
import { DAY, toIso, toMs } from "../domain/time.ts";
import type { Log } from "../log.ts";
import { instanceIdOf } from "./send-signal.ts";

export type TriageDeps = {
  screen: ScreenAll;
  /** What was kept of each patient, by patientKey. */
  screens: { load: () => Promise<Record<string, Screen>>; keep: (screens: Record<string, Screen>) => Promise<void> };
  listWaiting: () => Promise<(patientId: string) => boolean>;
  /** Whose databases are out of reach, or whose incident is open or was closed since then. ISO 8601 UTC. */
  listTroubled: (since: string) => Promise<readonly string[]>;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  hash: (text: string) => string;
  now: () => Date;
};

/** later: how many could not be screened now. looked: a full look was asked for. keep: writes down what has changed. */
export type Round = {
  why: (patient: Patient) => string | null;
  looked: (patient: Patient) => void;
  /** Whether a signal waits for it; undefined where that can't be told. */
  isTold: (patientId: string) => boolean | undefined;
  later: number;
  keep: () => Promise<void>;
};

const { Running, Pending, ContinuedAsNew, Suspended } = OrchestrationRuntimeStatus;

/** Evenly spread, and the same whenever it is asked. */
const shareOf = (key: string, hash: (text: string) => string): number => Number.parseInt(hash(key).slice(0, 8), 16) / 2 ** 32;

async function running(client: Pick<DurableClient, "getStatusBy">): Promise<ReadonlySet<string>> {
  const found = await client.getStatusBy({ runtimeStatus: [Running, Pending, ContinuedAsNew, Suspended] });
  return new Set(found.map(({ instanceId }) => instanceId));
}

const sorted = (screens: readonly [string, Screen][]): string => JSON.stringify(screens.toSorted(([a], [b]) => (a < b ? -1 : 1)));

export type Triage = ReturnType<typeof createTriage>;

export function createTriage({ screen, screens, listWaiting, listTroubled, periodMs, hash, now }: TriageDeps) {
  /** Whatever can't be told makes a full look. */
  async function screenedBy(sight: Sight, log: Log): Promise<(patient: Patient) => Screened> {
    try {
      return await screen(sight);
    } catch (error) {
      log.error("notScreened", { text: `nothing could be screened, so all are looked at: ${String(error)}` });
      return () => "unread";
    }
  }

  /** Of those below a grant or a denial the ones that it can have meant. at: of the event. Throws where that can't be told now. */
  async function meant(below: Pick<Sight, "patients" | "databases">, at: string): Promise<Patient[]> {
    const [before, screened] = await Promise.all([screens.load(), screen(below, false)]);
    // Who is in trouble is asked for only where a sweep may have seen it first: it is a query over all incidents.
    const isSeenFirst = below.patients.some(({ id }) => (before[patientKey(id)]?.lookedAt ?? 0) >= toMs(at));
    const troubled = new Set(isSeenFirst ? (await listTroubled(toIso(now().getTime()))).map(patientKey) : []);
    return below.patients.filter((patient) => {
      const [key, seen] = [patientKey(patient.id), screened(patient)];
      if (seen !== "later") return isMeant(before[key], seen, troubled.has(key), toMs(at));
      throw new TransientError({ operation: "screen", resourceId: patient.id, retryAfterMs: null, detail: "its lists could not be read" });
    });
  }

  /** seenAllAt: when a sweep last left nobody out; null where none is known. ISO 8601 UTC. */
  const round = async (client: Pick<DurableClient, "getStatusBy">, sight: Sight, seenAllAt: string | null, log: Log): Promise<Round> => {
    const at = now().getTime();
    const [before, screened, atWork, isTold, inTrouble] = await Promise.all([
      screens.load(),
      screenedBy(sight, log),
      running(client),
      listWaiting(),
      listTroubled(toIso(at - DAY)),
    ]);
    const troubled = new Set(inTrouble.map(patientKey));
    const after = new Map(sight.patients.flatMap(({ id }) => (before[patientKey(id)] ? [[patientKey(id), before[patientKey(id)]!]] : [])));
    const judged = sight.patients.map((patient) => {
      const key = patientKey(patient.id);
      const known = {
        before: before[key],
        seenAllAt: seenAllAt === null ? null : toMs(seenAllAt),
        screened: screened(patient),
        isAtWork: atWork.has(instanceIdOf(patient, hash)),
        isTold: isTold(patient.id),
        isTroubled: troubled.has(key),
        share: shareOf(key, hash),
      };
      return { patient, why: whyLook(known, at), lookedAt: before[key]?.lookedAt ?? 0 };
    });
    const off = new Set(putOff(judged, periodMs));
    const reasons = new Map(judged.map((one) => [one.patient, off.has(one) ? null : one.why]));
    return {
      later: sight.patients.filter((patient) => screened(patient) === "later").length,
      why: (patient) => reasons.get(patient) ?? null,
      isTold,
      looked: (patient) => {
        const key = patientKey(patient.id);
        const seen = screened(patient);
        const { lists, keys } = typeof seen === "string" ? (before[key] ?? { lists: "", keys: "" }) : seen;
        after.set(key, { lists, keys, lookedAt: at });
      },
      keep: async () => {
        if (sorted([...after]) !== sorted(Object.entries(before))) await screens.keep(Object.fromEntries(after));
      },
    };
  };
  return { round, meant };
}
