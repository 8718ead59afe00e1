/**
 * Brings a signal to the orchestration of a vault: writes it down first, then wakes the running instance or starts one.
 * The few-second race between the two is closed by the sweep; what was written down is never lost.
 */
import type { DurableClient } from "durable-functions";
import type { Patient } from "../domain/facts.ts";
import { patientKey } from "../domain/databases/sight.ts";
import type { Signal } from "../domain/signal.ts";
import { toIso, toMs } from "../domain/time.ts";
import { FOLDED_MS, STUCK_AFTER_MS } from "../domain/turn/waits.ts";
import { HEAL_VAULT, WAKE_UP } from "../orchestrations/names.ts";
import type { HealInput } from "../orchestrations/heal-vault.ts";

export type SendSignalDeps = {
  addSignal: (patientId: string, signal: Signal) => Promise<void>;
  /** Hex digest of a text: instance ids may not hold what ARM ids hold (Azure/azure-functions-durable-extension DurableClient.cs). */
  hash: (text: string) => string;
  now: () => Date;
};

type Client = Pick<DurableClient, "getStatus" | "raiseEvent" | "startNew" | "terminate">;
/** begunAnew: the old one was stuck; ended: it was, and the next who signals begins anew. */
type Sent = "woken" | "started" | "underWay" | "begunAnew" | "ended";

/** movedAt: when it last did anything. */
type State = { isRunning: boolean; movedAt?: Date };

const RUNNING = new Set(["Running", "Pending", "ContinuedAsNew", "Suspended"]);

export const instanceIdOf = (patient: Pick<Patient, "id">, hash: (text: string) => string): string =>
  `heal-${hash(patientKey(patient.id))}`;

export function createSendSignal({ addSignal, hash, now }: SendSignalDeps) {
  /** The client throws where there is no such instance. */
  async function stateOf(client: Client, id: string): Promise<State> {
    try {
      const { runtimeStatus, lastUpdatedTime } = await client.getStatus(id);
      return { isRunning: RUNNING.has(runtimeStatus), movedAt: new Date(lastUpdatedTime) };
    } catch (error) {
      if (error instanceof Error && error.message.includes("HTTP 404")) return { isRunning: false };
      throw error;
    }
  }

  async function wake(client: Client, id: string): Promise<"woken"> {
    await client.raiseEvent(id, WAKE_UP, {});
    return "woken";
  }

  /** endedAt: when the one before it did. */
  const start = (client: Client, id: string, patient: Patient, endedAt?: Date): Promise<string> => {
    const notBefore = (endedAt?.getTime() ?? Number.NaN) + FOLDED_MS;
    const input: HealInput = {
      patient,
      patientHash: hash(patientKey(patient.id)),
      incidentId: null,
      turn: 0,
      unanswered: null,
      ...(notBefore > now().getTime() ? { notBefore: toIso(notBefore) } : {}),
    };
    return client.startNew(HEAL_VAULT, { instanceId: id, input });
  };

  /** The new one takes up the same incident, and tells of it: the open one is loaded from storage. */
  async function beginAnew(client: Client, id: string, patient: Patient, stuckSince: string): Promise<"begunAnew" | "ended"> {
    const what = `an instance that had not moved since ${stuckSince}: it was ended, and begun anew`;
    const scope = { kind: patient.kind, id: patient.id };
    await addSignal(patient.id, { id: `stuck-${stuckSince}`, source: "sweep", what, at: now().toISOString(), scope, caller: null });
    await client.terminate(id, what);
    try {
      await start(client, id, patient);
      return "begunAnew";
    } catch (error) {
      // Ending takes a moment: the instance counts as running until then, and the next sweep finds it ended.
      if (!(await stateOf(client, id)).isRunning) throw error;
      return "ended";
    }
  }

  /** stuckBefore: an instance that has not moved since then is stuck. The sweep knows since when the app was there; by default it always was. */
  return async (
    client: Client,
    patient: Patient,
    signal: Signal,
    stuckBefore: string | null = toIso(now().getTime() - STUCK_AFTER_MS),
  ): Promise<Sent> => {
    const id = instanceIdOf(patient, hash);
    let state: State | undefined;
    if (signal.source === "sweep") {
      state = await stateOf(client, id);
      const { isRunning, movedAt } = state;
      if (isRunning && movedAt && stuckBefore !== null && movedAt.getTime() < toMs(stuckBefore))
        return beginAnew(client, id, patient, movedAt.toISOString());
      // An instance at work looks by itself, at least as often as the sweep: to wake it would only cost reads.
      if (isRunning) return "underWay";
    }
    await addSignal(patient.id, signal);
    state ??= await stateOf(client, id);
    if (state.isRunning) return wake(client, id);
    try {
      await start(client, id, patient, state.movedAt);
      return "started";
    } catch (error) {
      // Somebody else started it in between: then it only has to be woken.
      if (!(await stateOf(client, id)).isRunning) throw error;
      return wake(client, id);
    }
  };
}

export type SendSignal = ReturnType<typeof createSendSignal>;
