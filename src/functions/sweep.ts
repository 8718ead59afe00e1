/** Screens every vault that is listed or known, event or not, and has those looked at that need it: losing every event must only cost time. */
import type { DurableClient } from "durable-functions";
import type { Patients, Sight } from "../activities/patients.ts";
import type { WatchDeliveries } from "../activities/watch-deliveries.ts";
import type { WatchInventory } from "../activities/watch-inventory.ts";
import type { WatchResourceEvents } from "../activities/watch-resource-events.ts";
import type { WatchRoles } from "../activities/watch-roles.ts";
import type { WatchWellBeing } from "../activities/watch-well-being.ts";
import type { Patient } from "../domain/facts.ts";
import { type KnownDatabase, patientKey } from "../domain/databases/sight.ts";
import { followCanary, seenAllAt, stuckBefore, type SweepRecord, withRound, withSweep } from "../domain/turn/sweep-record.ts";
import type { Log } from "../log.ts";
import type { SendSignal } from "./send-signal.ts";
import type { Round, Triage } from "./triage.ts";

export type SweepDeps = {
  patients: Patients;
  sendSignal: SendSignal;
  watchInventory: WatchInventory;
  watchResourceEvents: WatchResourceEvents;
  watchDeliveries: WatchDeliveries;
  watchRoles: WatchRoles;
  watchWellBeing: WatchWellBeing;
  triage: Triage["round"];
  /** Of whom something is wanted on purpose that has not come to an end. */
  listWanted: () => Promise<readonly Patient[]>;
  /** Sends what is due to be told. */
  deliver: (log: Log) => Promise<void>;
  record: { load: () => Promise<SweepRecord | null>; keep: (record: SweepRecord) => Promise<void> };
  now: () => Date;
};

const SHOWN = 10;

/** Each of them is looked at by its id, which says the rest; and to look at nothing is no success. */
function tell(log: Log, unlisted: readonly KnownDatabase[], patients: number): void {
  if (patients === 0)
    log.warn("nothingToWatch", { text: "no database with a customer-managed key is to be seen: has Keymend its roles (docs/deploy.md)?" });
  if (unlisted.length === 0) return;
  const ids = unlisted.slice(0, SHOWN).map(({ id }) => id);
  const text = `the inventory no longer lists ${unlisted.length} databases that were known; they are looked at by their id`;
  log.warn("inventoryShrank", { databases: ids, count: unlisted.length, text });
}

const LOOK_AT_ALL: Round = {
  later: 0,
  why: () => "nothing is known of it",
  isTold: () => undefined,
  looked: () => undefined,
  keep: async () => undefined,
};

const sayError = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Asked = { looked: Patient[]; failures: unknown[] };

/** One vault that can't be signalled does not keep the others from it; the sweep then fails visibly at its end. */
async function ask(
  { sendSignal }: SweepDeps,
  client: DurableClient,
  log: Log,
  mine: SweepRecord,
  patients: readonly Patient[],
): Promise<Asked> {
  const at = mine.sweeps.at(-1)!;
  const looked: Patient[] = [];
  const failures: unknown[] = [];
  for (const patient of patients) {
    const { id, kind } = patient;
    try {
      const signal = { id: `sweep-${at}`, source: "sweep", what: "sweep", at, scope: { kind, id }, caller: null } as const;
      const done = await sendSignal(client, patient, signal, stuckBefore(mine));
      if (done !== "underWay") looked.push(patient);
      if (done === "begunAnew" || done === "ended")
        log.error("instanceStuck", { vaultId: id, done, text: `the instance of ${id} had not moved: it was ended, to begin anew` });
    } catch (error) {
      log.error("sweepFailed", { vaultId: id, text: sayError(error) });
      failures.push(error);
    }
  }
  return { looked, failures };
}

/** Writes down what came of it. */
async function keep(
  { record, watchInventory }: Pick<SweepDeps, "record" | "watchInventory">,
  mine: SweepRecord,
  sight: Sight,
  round: Round,
  asked: Asked,
  log: Log,
): Promise<void> {
  const at = mine.sweeps.at(-1)!;
  const { patients } = sight;
  const canary = followCanary(mine.canary, {
    now: at,
    isTold: round.isTold,
    isKnown: (id) => patients.some((patient) => patient.id === id),
    looked: asked.looked.map(({ id }) => id),
  });
  await round.keep();
  const doubtSince = await watchInventory(sight, mine.doubtSince, log);
  const late = Math.min(patients.length, round.later + asked.failures.length);
  const after = withRound({ ...mine, doubtSince, canary }, { at, vaults: patients.length, late });
  await record.keep(after);
}

export const createSweep =
  (deps: SweepDeps) =>
  async (client: DurableClient, log: Log): Promise<void> => {
    const { patients, triage, record, now } = deps;
    const mine = withSweep(await record.load(), now().toISOString());
    // Before anything else: whoever finds the timer late sees that it has come.
    await record.keep(mine);
    const sight = await patients.all();
    const { patients: all, unlisted, unread } = sight;
    tell(log, unlisted, all.length);
    const failures: unknown[] = [];
    const round = await triage(client, sight, seenAllAt(mine), log).catch((error: unknown) => {
      failures.push(error);
      log.error("notScreened", { text: `who needs a look can't be told, so all are looked at: ${sayError(error)}` });
      return LOOK_AT_ALL;
    });
    // A vault that nothing depends on yet is in no list, and what is wanted of it is to be done all the same.
    const wanted = await deps.listWanted().catch((error: unknown): readonly Patient[] => {
      failures.push(error);
      return [];
    });
    const listed = new Set(all.map(({ id }) => patientKey(id)));
    const more = wanted.filter(({ id }) => !listed.has(patientKey(id)));
    const asked = await ask(deps, client, log, mine, [...all.filter((patient) => round.why(patient) !== null), ...more]);
    for (const patient of asked.looked) round.looked(patient);
    failures.push(...asked.failures);
    // Each for itself: what one of them can't keep or read keeps the others from nothing.
    const atTheEnd: [failed: string, work: () => Promise<void>][] = [
      ["sweepNotKept", () => keep(deps, mine, sight, round, { ...asked, failures }, log)],
      ["eventsNotWatched", () => deps.watchResourceEvents(log)],
      ["deliveriesNotWatched", () => deps.watchDeliveries(all, log)],
      ["rolesNotWatched", () => deps.watchRoles(log)],
      ["wellBeingNotWatched", () => deps.watchWellBeing(log)],
      ["notDelivered", () => deps.deliver(log)],
    ];
    for (const [failed, work] of atTheEnd)
      await work().catch((error: unknown) => {
        log.error(failed, { text: sayError(error) });
        failures.push(error);
      });
    if (unread) failures.push(unread);
    const { later } = round;
    const { length: looks } = asked.looked;
    const text = `screened ${all.length - later} of ${all.length} vaults, ${looks} of them are looked at`;
    log.info("swept", { vaults: all.length, looks, later, failed: failures.length, text });
    if (unread) throw new AggregateError(failures, `the inventory can't be read, so only what is known was looked at: ${unread.message}`);
    if (failures.length > 0) throw new AggregateError(failures, `the sweep failed at ${failures.length} of ${all.length} vaults`);
  };
