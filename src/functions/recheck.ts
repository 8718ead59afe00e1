/** Between sweeps: has those looked at again whose databases are out of reach, or were in trouble within the last day, for what broke once breaks again. */
import type { DurableClient } from "durable-functions";
import type { Patients } from "../activities/patients.ts";
import { patientKey } from "../domain/databases/sight.ts";
import { DAY, toIso } from "../domain/time.ts";
import type { Log } from "../log.ts";
import type { SendSignal } from "./send-signal.ts";

export type RecheckDeps = {
  patients: Pick<Patients, "all">;
  sendSignal: SendSignal;
  /** Whose databases are out of reach, or whose incident is open or was closed since then. ISO 8601 UTC. */
  listTroubled: (since: string) => Promise<readonly string[]>;
  now: () => Date;
};

/** One vault that can't be signalled does not keep the others from it; it then fails visibly at its end. */
export const createRecheck =
  ({ patients, sendSignal, listTroubled, now }: RecheckDeps) =>
  async (client: DurableClient, log: Log): Promise<void> => {
    const at = now();
    const troubled = new Set((await listTroubled(toIso(at.getTime() - DAY))).map(patientKey));
    // Mostly so: nothing is read then, nor logged.
    if (troubled.size === 0) return;
    const { patients: all } = await patients.all();
    const failures: unknown[] = [];
    for (const patient of all.filter(({ id }) => troubled.has(patientKey(id)))) {
      const { id, kind } = patient;
      const signal = { id: `recheck-${toIso(at.getTime())}`, source: "sweep", what: "a look again", at: toIso(at.getTime()) } as const;
      try {
        // What is stuck the sweep tells, which knows since when the app is there.
        await sendSignal(client, patient, { ...signal, scope: { kind, id }, caller: null }, null);
      } catch (error) {
        log.error("recheckFailed", { vaultId: id, text: error instanceof Error ? error.message : String(error) });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} vaults could not be looked at again`);
  };
