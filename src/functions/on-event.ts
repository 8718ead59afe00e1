/** Event Grid in: what a delivery says becomes signals to the vaults it touches. Anything else is logged with what was done with it. */
import type { DurableClient } from "durable-functions";
import { readDelivery } from "../domain/signal.ts";
import type { Log } from "../log.ts";
import type { Patients } from "../activities/patients.ts";
import type { SendSignal } from "./send-signal.ts";

export type OnEventDeps = { patients: Patients; sendSignal: SendSignal; ownPrincipalId: string | null; now: () => Date };

/** Throws where Azure or storage does not answer: Event Grid then delivers again. */
export const createOnEvent =
  ({ patients, sendSignal, ownPrincipalId, now }: OnEventDeps) =>
  async (raw: unknown, client: DurableClient, log: Log): Promise<void> => {
    const received = JSON.stringify(raw ?? null).slice(0, 500);
    const reads = readDelivery(raw, ownPrincipalId, now().toISOString());
    if (reads.length === 0) log.warn("eventDropped", { text: "a delivery was dropped: there is no event in it", received });
    for (const read of reads) {
      if (read.kind === "invalid") {
        log.warn("eventDropped", { text: `an event was dropped: ${read.why}`, received });
        continue;
      }
      if (read.kind === "ignored") {
        log.info("eventIgnored", { what: read.what, text: `${read.what} ignored: ${read.why}` });
        continue;
      }
      const { signal } = read;
      const touched = await patients.touchedBy(signal.scope);
      if (touched.length === 0)
        log.info("eventIgnored", {
          what: signal.what,
          scope: signal.scope,
          text: `${signal.what} ignored: no database of the inventory depends on it`,
        });
      for (const patient of touched) {
        const done = await sendSignal(client, patient, signal);
        log.info("eventTaken", {
          what: signal.what,
          vaultId: patient.id,
          eventId: signal.id,
          by: signal.caller?.objectId ?? null,
          done,
          text: `${signal.what} → ${patient.vaultName ?? patient.id} (${done})`,
        });
      }
    }
  };
