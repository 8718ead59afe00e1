/**
 * Brings a signal to the orchestration of a vault: writes it down first, then wakes the running instance or starts one.
 * The few-second race between the two is closed by the sweep; what was written down is never lost.
 */
import type { DurableClient } from "durable-functions";
import type { Patient } from "../domain/facts.ts";
import { patientKey } from "../domain/sight.ts";
import type { Signal } from "../domain/signal.ts";
import { HEAL_VAULT, WAKE_UP } from "../orchestrations/names.ts";
import type { HealInput } from "../orchestrations/heal-vault.ts";

export type SendSignalDeps = {
  addSignal: (patientId: string, signal: Signal) => Promise<void>;
  /** Hex digest of a text: instance ids may not hold what ARM ids hold (Azure/azure-functions-durable-extension DurableClient.cs). */
  hash: (text: string) => string;
};

type Client = Pick<DurableClient, "getStatus" | "raiseEvent" | "startNew">;

const RUNNING = new Set(["Running", "Pending", "ContinuedAsNew", "Suspended"]);

export const instanceIdOf = (patient: Patient, hash: (text: string) => string): string => `heal-${hash(patientKey(patient.id))}`;

export function createSendSignal({ addSignal, hash }: SendSignalDeps) {
  /** The client throws where there is no such instance. */
  async function isRunning(client: Client, id: string): Promise<boolean> {
    try {
      return RUNNING.has((await client.getStatus(id)).runtimeStatus);
    } catch (error) {
      if (error instanceof Error && error.message.includes("HTTP 404")) return false;
      throw error;
    }
  }

  async function wake(client: Client, id: string): Promise<"woken"> {
    await client.raiseEvent(id, WAKE_UP, {});
    return "woken";
  }

  return async (client: Client, patient: Patient, signal: Signal): Promise<"woken" | "started" | "underWay"> => {
    const id = instanceIdOf(patient, hash);
    // An instance at work looks by itself, at least as often as the sweep: to wake it would only cost reads.
    if (signal.source === "sweep" && (await isRunning(client, id))) return "underWay";
    await addSignal(patient.id, signal);
    if (await isRunning(client, id)) return wake(client, id);
    const input: HealInput = { patient, patientHash: hash(patientKey(patient.id)), incidentId: null, turn: 0, unanswered: null };
    try {
      await client.startNew(HEAL_VAULT, { instanceId: id, input });
      return "started";
    } catch (error) {
      // Somebody else started it in between: then it only has to be woken.
      if (!(await isRunning(client, id))) throw error;
      return wake(client, id);
    }
  };
}

export type SendSignal = ReturnType<typeof createSendSignal>;
