/**
 * Whether the events of each watched subscription's own resources reach Keymend: told once where they do not, with the commands for a
 * person, and again when it is another. Nothing of a subscription's is made by Keymend itself: its topic belongs to the deployment.
 */
import { type SubscriptionEvents, subscriptionArmingOf } from "../domain/arming.ts";
import { TransientError } from "../domain/errors.ts";
import type { Unreadable } from "../domain/facts.ts";
import { azOf } from "../domain/steps/index.ts";
import type { Unarmed } from "../domain/turn/unarmed.ts";
import type { Log } from "../log.ts";

export type WatchResourceEventsDeps = {
  subscriptionIds: readonly string[];
  /** Null: Keymend does not know which app it is. */
  functionAppId: string | null;
  readEvents: (sourceId: string) => Promise<SubscriptionEvents | Unreadable>;
  listUnarmed: () => Promise<readonly Unarmed[]>;
  /** null: it is armed. */
  keepUnarmed: (patient: { id: string }, unarmed: Unarmed | null) => Promise<void>;
};

export function createWatchResourceEvents({
  subscriptionIds,
  functionAppId,
  readEvents,
  listUnarmed,
  keepUnarmed,
}: WatchResourceEventsDeps) {
  async function look(subscriptionId: string, appId: string): Promise<Unarmed | null> {
    const vaultId = `/subscriptions/${subscriptionId}`;
    const events = await readEvents(vaultId);
    if ("state" in events) return { vaultId, why: `its event subscriptions can't be read: ${events.detail}`, az: [] };
    const arming = subscriptionArmingOf(subscriptionId, events, appId);
    if (arming.state === "armed") return null;
    return { vaultId, why: arming.why, az: arming.draft ? azOf(arming.draft) : [] };
  }

  return async (log: Log): Promise<void> => {
    if (functionAppId === null) return;
    const known = new Map((await listUnarmed()).map((one) => [one.vaultId.toLowerCase(), one.why]));
    for (const subscriptionId of subscriptionIds) {
      const id = `/subscriptions/${subscriptionId}`;
      try {
        const unarmed = await look(subscriptionId, functionAppId);
        if (unarmed?.why === known.get(id.toLowerCase())) continue;
        if (unarmed) {
          const text = `of ${id} only sweeps tell what changes: ${unarmed.why}`;
          log.warn("notArmed", { vaultId: id, why: unarmed.why, runbook: unarmed.az, text });
        } else log.info("armed", { vaultId: id, text: `the events of ${id} reach Keymend` });
        await keepUnarmed({ id }, unarmed);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        log.warn("armingUnread", { vaultId: id, text: `whether its events reach Keymend can't be read now: ${error.message}` });
      }
    }
  };
}

export type WatchResourceEvents = ReturnType<typeof createWatchResourceEvents>;
