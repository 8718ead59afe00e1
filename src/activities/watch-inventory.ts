/** Keeps the incident of the inventory: opens it where the inventory has been lacking for a while, and closes it when it is whole again. */
import { doubtAbout, type Estate, estateId, followInventory } from "../domain/turn/inventory-doubt.ts";
import { TransientError } from "../domain/errors.ts";
import type { Incident } from "../domain/incident.ts";
import type { Log } from "../log.ts";
import type { AssessDeps } from "./assess.ts";
import type { Sight } from "./patients.ts";
import { tellOutcome } from "./tell-outcome.ts";

export type WatchInventoryDeps = Pick<AssessDeps, "incidents" | "audit" | "teller" | "now"> & {
  estate: Estate;
  hash: (text: string) => string;
};

export const createWatchInventory = ({ incidents, audit, teller, now, estate, hash }: WatchInventoryDeps) => {
  const id = estateId(estate);
  const newIdAt = (at: string): string => `${at.replace(/[-:.]/g, "")}-${hash(id).slice(0, 12)}`;

  /** The log has said it by then: a storage that does not answer must not hold up the sweep. */
  async function tell(incident: Incident, log: Log): Promise<void> {
    try {
      await tellOutcome({ teller, log }, incident);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      log.error("outcomeNotTold", { incidentId: incident.id, vaultId: id, text: error.message });
    }
  }

  /** since: what the sweep remembers. Answers since when there is doubt; null where there is none. */
  return async ({ patients, unlisted, unread }: Sight, since: string | null, log: Log): Promise<string | null> => {
    const at = now().toISOString();
    const doubt = doubtAbout({ patients: patients.length, unlisted, unread: unread?.message ?? null }, estate);
    const doubtSince = doubt ? (since ?? at) : null;
    const latest = await incidents.latest(id);
    const open = latest?.incident.state === "closed" ? undefined : latest;
    const turn = followInventory(open?.incident ?? null, doubt, { at, newId: newIdAt(at), since: doubtSince ?? at, estate });
    if (!turn) return doubtSince;
    const entry = { entryId: `${at}-inventory`, kind: "outcome" as const, what: turn.what, data: turn.doubt, at, actor: "keymend" };
    const incident = { ...turn.incident, audit: await audit.append(turn.incident.id, [entry]) };
    // Kept after it was told: once it is kept it is told no more, and at worst it is told twice.
    await tell(incident, log);
    await incidents.save(incident, open?.etag);
    return doubtSince;
  };
};

export type WatchInventory = ReturnType<typeof createWatchInventory>;
