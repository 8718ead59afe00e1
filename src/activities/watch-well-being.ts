/** Tells that Keymend itself is not well, by each check that newly says so, and that it is well again: whoever asks for its health hears the same, but nobody may ask. */
import type { SweepRecord } from "../domain/turn/sweep-record.ts";
import { type Vitals, wellBeing } from "../domain/turn/well-being.ts";
import type { Log } from "../log.ts";

export type WatchWellBeingDeps = {
  loadVitals: () => Promise<Omit<Vitals, "now">>;
  keep: (record: SweepRecord) => Promise<void>;
  now: () => Date;
};

export const createWatchWellBeing =
  ({ loadVitals, keep, now }: WatchWellBeingDeps) =>
  async (log: Log): Promise<void> => {
    const vitals = await loadVitals();
    const { record } = vitals;
    if (record === null) return;
    const told = record.unwell ?? [];
    const failing = wellBeing({ ...vitals, now: now().toISOString() }).checks.filter(({ ok }) => !ok);
    const newly = failing.filter(({ name }) => !told.includes(name));
    if (newly.length > 0) {
      const checks = newly.map(({ name }) => name);
      log.error("notWell", { checks, text: newly.map(({ name, detail }) => `${name}: ${detail}`).join("; ") });
    }
    if (told.length > 0 && failing.length === 0) log.info("wellAgain", { text: "every check of Keymend's own health holds again" });
    const unwell = failing.map(({ name }) => name);
    if (unwell.join() !== told.join()) await keep({ ...record, unwell });
  };

export type WatchWellBeing = ReturnType<typeof createWatchWellBeing>;
