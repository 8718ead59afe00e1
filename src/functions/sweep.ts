/** Looks at every vault of the inventory, event or not: losing every event must only cost time. */
import type { DurableClient } from "durable-functions";
import type { Patients } from "../activities/patients.ts";
import type { Log } from "../log.ts";
import type { SendSignal } from "./send-signal.ts";

export type SweepDeps = { patients: Patients; sendSignal: SendSignal; now: () => Date };

/** One vault that can't be signalled does not keep the others from it; the sweep then fails visibly at its end. */
export const createSweep =
  ({ patients, sendSignal, now }: SweepDeps) =>
  async (client: DurableClient, log: Log): Promise<void> => {
    const all = await patients.all();
    const at = now().toISOString();
    const failures: unknown[] = [];
    for (const patient of all) {
      try {
        await sendSignal(client, patient, {
          id: `sweep-${at}`,
          source: "sweep",
          what: "sweep",
          at,
          scope: { kind: patient.kind, id: patient.id },
          caller: null,
        });
      } catch (error) {
        log.error("sweepFailed", { vaultId: patient.id, text: error instanceof Error ? error.message : String(error) });
        failures.push(error);
      }
    }
    log.info("swept", { vaults: all.length, failed: failures.length, text: `looked at ${all.length} vaults` });
    if (failures.length > 0) throw new AggregateError(failures, `the sweep could not look at ${failures.length} of ${all.length} vaults`);
  };
