/**
 * When the inventory itself is in trouble: it can't be read, no longer lists what is known, or lists nothing. Resource Graph leaves out what
 * its caller may not read and says nothing of it (Microsoft Learn, "Overview of Azure Resource Graph"). What is known is looked at by its id
 * all the same; but a database that is made now would be looked after by nobody.
 */
import { nameOf, parseArmId } from "../arm-id.ts";
import { type Incident, openIncident, toldAlso } from "../incident.ts";
import { az, say } from "../steps/az.ts";
import { MINUTE, toMs } from "../time.ts";
import { LONGEST_WAIT_MS } from "./waits.ts";
import type { KnownDatabase } from "../databases/sight.ts";

export type DoubtReason = "InventoryUnread" | "InventoryShrank" | "InventoryEmpty";

export type Doubt = { reason: DoubtReason; detail: string; runbook: string[] };

/** principalId: of the identity that reads. */
export type Estate = { subscriptionIds: readonly string[]; principalId: string };

export type InventoryView = {
  /** How many vaults and databases are looked at. */
  patients: number;
  /** Known, and not in the inventory any more. */
  unlisted: readonly KnownDatabase[];
  /** Why it could not be read. */
  unread: string | null;
};

/** By what the incident goes, since it is about no vault: the first subscription that is watched. */
export const estateId = ({ subscriptionIds }: Estate): string => `/subscriptions/${subscriptionIds[0]}`;

/**
 * A database that was deleted is known until its vault is looked at again, which a running incident puts off for its longest wait at most;
 * and a query that fails once is no news.
 */
export const DOUBT_HOLDS_MS = LONGEST_WAIT_MS + 5 * MINUTE;

const SHOWN = 10;
const LONGEST_REFUSAL = 1000;

const shorten = (names: readonly string[]): string => [...names.slice(0, SHOWN), ...(names.length > SHOWN ? ["..."] : [])].join(", ");

/** What Keymend may read decides what it is shown. */
function runbookOf({ subscriptionIds, principalId }: Estate, more: readonly string[]): string[] {
  const whose = ["--assignee-object-id", principalId, "--fill-principal-name", "false"];
  return [
    say("does Keymend's identity still have its roles at each subscription that it watches (docs/deploy.md)?"),
    ...subscriptionIds
      .slice(0, SHOWN)
      .map((id) => az("role", "assignment", "list", ...whose, "--scope", `/subscriptions/${id}`, "--include-inherited")),
    ...more,
  ];
}

function isWatched({ id }: KnownDatabase, { subscriptionIds }: Estate): boolean {
  const subscriptionId = parseArmId(id)?.subscriptionId?.toLowerCase();
  return subscriptionIds.some((watched) => watched.toLowerCase() === subscriptionId);
}

/** What is wrong with what a sweep was shown; undefined where nothing is. */
export function doubtAbout({ patients, unlisted, unread }: InventoryView, estate: Estate): Doubt | undefined {
  if (unread !== null) {
    const detail = `the inventory can't be read, so only what is known is looked at: ${unread.slice(0, LONGEST_REFUSAL)}`;
    return { reason: "InventoryUnread", detail, runbook: runbookOf(estate, []) };
  }
  // What lies where nobody asks it to look is not missing from what it shows.
  const missing = unlisted.filter((database) => isWatched(database, estate));
  if (missing.length > 0) {
    const names = shorten(missing.map(({ id }) => nameOf(id)));
    const detail = `the inventory no longer lists ${missing.length} databases that are known and looked at by their id (${names}): what is new there is looked after by nobody`;
    const shown = missing.slice(0, SHOWN).map(({ id }) => az("resource", "show", "--ids", id, "--query", "id"));
    return { reason: "InventoryShrank", detail, runbook: runbookOf(estate, shown) };
  }
  if (patients > 0) return undefined;
  const detail = "no database with a customer-managed key is to be seen in any watched subscription: there is nothing to look after";
  return { reason: "InventoryEmpty", detail, runbook: runbookOf(estate, []) };
}

export type InventoryTurn = { incident: Incident; what: string; doubt: Doubt | null };

type Now = { at: string; newId: string; since: string; estate: Estate };

/** The incident as it is now, where anything is to be told or written down. open: the one that is open. since: since when there is doubt. */
export function followInventory(
  open: Incident | null,
  doubt: Doubt | undefined,
  { at, newId, since, estate }: Now,
): InventoryTurn | undefined {
  const told = (before: Incident, change: Partial<Incident>, what: string): InventoryTurn => {
    return { incident: { ...before, ...change, timeline: toldAlso(before, at, what) }, what, doubt: doubt ?? null };
  };
  if (!doubt) {
    const detail = "the inventory shows what is known again";
    const end = { state: "closed", closedAt: at, outcome: "Superseded", reason: null, detail, runbook: [] } satisfies Partial<Incident>;
    return open ? told(open, end, `Superseded: ${detail}`) : undefined;
  }
  const says = { reason: doubt.reason, detail: doubt.detail, runbook: doubt.runbook };
  const words = `Escalated (${doubt.reason}): ${doubt.detail}`;
  // Told once. What it is about may become another.
  if (open) return open.reason === doubt.reason ? undefined : told(open, says, words);
  if (toMs(at) - toMs(since) < DOUBT_HOLDS_MS) return undefined;
  const patient = { id: estateId(estate), kind: "subscription", vaultName: null } as const;
  return told(openIncident(newId, patient, at, 0), { ...says, state: "waiting", outcome: "Escalated" }, words);
}
