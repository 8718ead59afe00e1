/** Event Grid in: what a delivery says becomes signals to the vaults it touches. Anything else is logged with what was done with it. */
import type { DurableClient } from "durable-functions";
import { type Ours, readDelivery, type Signal } from "../domain/signal.ts";
import type { Log } from "../log.ts";
import type { Patients } from "../activities/patients.ts";
import type { Triage } from "./triage.ts";
import type { SendSignal } from "./send-signal.ts";

export type OnEventDeps = {
  patients: Patients;
  sendSignal: SendSignal;
  /** Of those below a grant or a denial the ones that it can have meant. */
  meant: Triage["meant"];
  ours: Ours;
  /** One has come that can be read, whatever it is about. */
  noteEvent: () => Promise<void>;
  now: () => Date;
};

/** So many are looked at sooner than it is found out whom of them it meant. */
const FEW = 2;

/** Throws where Azure or storage does not answer: Event Grid then delivers again. */
export function createOnEvent(deps: OnEventDeps) {
  const { ours, now } = deps;
  /** Since this process began. */
  let foreign = 0;
  return async (raw: unknown, client: DurableClient, log: Log): Promise<void> => {
    const received = JSON.stringify(raw ?? null).slice(0, 500);
    const reads = readDelivery(raw, ours, now().toISOString());
    if (reads.length === 0) log.warn("eventDropped", { text: "a delivery was dropped: there is no event in it", received });
    if (reads.some(({ kind }) => kind !== "invalid" && kind !== "foreign")) await deps.noteEvent();
    for (const read of reads) {
      if (read.kind === "invalid") {
        log.warn("eventDropped", { text: `an event was dropped: ${read.why}`, received });
        continue;
      }
      if (read.kind === "foreign") {
        foreign += 1;
        log.warn("eventForeign", {
          what: read.what,
          count: foreign,
          text: `${read.what} ignored: ${read.why}; ${foreign} of that kind so far`,
        });
        continue;
      }
      if (read.kind === "ignored") {
        log.info("eventIgnored", { what: read.what, text: `${read.what} ignored: ${read.why}` });
        continue;
      }
      await take(deps, read.signal, client, log);
    }
  };
}

async function take({ patients, sendSignal, meant }: OnEventDeps, signal: Signal, client: DurableClient, log: Log): Promise<void> {
  const { what, scope } = signal;
  const seen = await patients.touchedBy(scope);
  const { patients: below } = seen;
  const touched = scope.kind === "under" && below.length > FEW ? await meant(seen, signal.at) : below;
  if (touched.length === 0) {
    const why =
      below.length === 0 ? "no database of the inventory depends on it" : `none of the ${below.length} vaults below it is touched`;
    log.info("eventIgnored", { what, scope, text: `${what} ignored: ${why}` });
  }
  for (const patient of touched) {
    const done = await sendSignal(client, patient, signal);
    log.info("eventTaken", {
      what,
      vaultId: patient.id,
      eventId: signal.id,
      by: signal.caller?.objectId ?? null,
      done,
      text: `${what} → ${patient.vaultName ?? patient.id} (${done})`,
    });
  }
}
