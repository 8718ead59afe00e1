/** How activities end: by a value, always. What a retry may cure comes back as `again`, so that the orchestration waits with a durable timer. */
import { TransientError } from "../domain/errors.ts";
import type { Log } from "../log.ts";

/** afterMs: how long Azure asked to wait; null where it did not say. isOurs: it is not its turn yet, and nobody asked Azure. */
export type Again = { kind: "again"; afterMs: number | null; why: string; isOurs?: true };

/** Runs an activity's work; a TransientError becomes `again`, every other error is a mistake of this program and is thrown on. */
export async function orAgain<T>(log: Log, vaultId: string, work: () => Promise<T>): Promise<T | Again> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    const { retryAfterMs: afterMs, message: why, isOurs } = error;
    log[isOurs ? "info" : "warn"]("again", { vaultId, afterMs, text: why });
    return { kind: "again", afterMs, why, ...(isOurs ? { isOurs } : {}) };
  }
}
