/**
 * Over how many vaults Keymend writes at once. A vault that is written to takes one of so many places, each of which is taken by one writer alone
 * (storage/restraint-store.ts), and gives it back once a look has seen it well or has ended; the others wait until one is free.
 */
import { patientKey } from "../databases/sight.ts";
import type { Settings } from "../settings.ts";
import { toMs } from "../time.ts";
import { SETTLE_AFTER_WRITE_MS } from "./waits.ts";

/** at: of its newest write. */
export type AtWork = { place: number; vaultId: string; at: string };

/** Whose repair has not shown by then holds nobody up any longer. */
const isLive = ({ at }: AtWork, now: string): boolean => toMs(now) - toMs(at) < SETTLE_AFTER_WRITE_MS;

type Limit = Pick<Settings, "maxVaultsAtOnce">;

/** Where this vault may be written to: its own place or a free one; undefined where it waits. */
export function placeFor(all: readonly AtWork[], vaultId: string, { maxVaultsAtOnce }: Limit, now: string): number | undefined {
  const isOwn = (one: AtWork): boolean => patientKey(one.vaultId) === patientKey(vaultId);
  const others = all.filter((one) => !isOwn(one) && isLive(one, now));
  // Also those beyond a limit that was lowered since.
  if (others.length >= maxVaultsAtOnce) return undefined;
  const own = all.find((one) => isOwn(one) && one.place < maxVaultsAtOnce);
  if (own) return own.place;
  const places = Array.from({ length: maxVaultsAtOnce }, (_, place) => place);
  return places.find((place) => others.every((one) => one.place !== place));
}

/** Why this vault waits; absent where it does not. */
export function crowdOf(all: readonly AtWork[], vaultId: string, limit: Limit, now: string): { crowd?: string } {
  if (placeFor(all, vaultId, limit, now) !== undefined) return {};
  return { crowd: `${limit.maxVaultsAtOnce} vaults at once are mended (KEYMEND_MAX_VAULTS_AT_ONCE), and there are so many already` };
}
