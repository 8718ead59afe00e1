/**
 * Which vaults need a full look now. Between full looks each is screened: what lists tell of it and of its key's versions is a portrait,
 * and while that stays the same nothing has happened that they show. What they do not show (the text of a custom role, members of a group,
 * subscriptions to its events) the full look finds that each has once an hour, spread evenly.
 */
import { byId, isUnder, normalId } from "../arm-id.ts";
import { verdictOf } from "../databases/index.ts";
import type { DeletedVault, DenyAssignment, IdentityFacts, LiveVault, RoleAssignment, TargetFacts } from "../facts.ts";
import { vaultNameOf } from "../key-uri.ts";
import { HOUR, MINUTE } from "../time.ts";

/** What one subscription's lists tell. */
export type Lists = {
  targets: TargetFacts[];
  vaults: (LiveVault | DeletedVault)[];
  identities: IdentityFacts[];
  assignments: RoleAssignment[];
  denies: DenyAssignment[];
};

/** Of one vault. */
export type Portrait = {
  vault: LiveVault | DeletedVault | null;
  targets: TargetFacts[];
  identities: Lists["identities"];
  assignments: RoleAssignment[];
  denies: DenyAssignment[];
};

/** keyOf: folded, where the case of what it is told by does not matter; what has none is left out. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/**
 * A list shows the whole subscription: it is laid out once, and asked for each vault. others: principals that no list of it names. Keymend's own are
 * among them: what it may do by now may mend what it was not permitted.
 */
export function portraits(lists: Lists, others: readonly string[]): (vaultName: string) => Portrait {
  const targets = grouped(lists.targets, ({ keyUri }) => (keyUri === null ? null : vaultNameOf(keyUri)));
  const vaults = grouped(lists.vaults, ({ name }) => name.toLowerCase());
  const identities = new Map(lists.identities.map((identity) => [normalId(identity.id), identity]));
  const grants = grouped(lists.assignments, ({ principalId }) => principalId.toLowerCase());
  // Who is a member shows nowhere: each group's grant may be somebody's.
  const ofGroups = lists.assignments.filter(({ principalType }) => principalType === "Group");

  return (vaultName) => {
    const own = targets.get(vaultName.toLowerCase()) ?? [];
    const vault = vaults.get(vaultName.toLowerCase())?.[0] ?? null;
    const ids = own.flatMap(({ attached, defaultIdentity }) => [
      ...attached.map(({ id }) => normalId(id)),
      ...(defaultIdentity.form === "user" ? [normalId(defaultIdentity.id)] : []),
    ]);
    const used = [...new Set(ids)].flatMap((id) => identities.get(id) ?? []);
    const principals = new Set(
      [
        ...used.map((identity) => (identity.state === "live" ? identity.principalId : null)),
        // The database names them too: an identity may be in a subscription that is not listed.
        ...own.flatMap(({ attached, systemPrincipalId }) => [systemPrincipalId, ...attached.map(({ principalId }) => principalId)]),
        ...others,
      ].flatMap((id) => (id === null ? [] : [id.toLowerCase()])),
    );
    const touches = ({ scope }: { scope: string }): boolean => vault !== null && (isUnder(scope, vault.id) || isUnder(vault.id, scope));
    const granted = [...[...principals].flatMap((id) => grants.get(id) ?? []), ...ofGroups].filter(touches);
    return {
      vault,
      targets: byId(own),
      identities: byId(used),
      assignments: byId(granted.filter((one, i) => granted.findIndex(({ id }) => id === one.id) === i)),
      denies: byId(lists.denies.filter(touches)),
    };
  };
}

/** The service itself says that it has lost its key. */
export const isDoubtful = ({ targets }: Pick<Portrait, "targets">): boolean => targets.some((target) => verdictOf(target) === "lost");

/** later: it could not be read now, for want of tokens or of an answer. unread: Keymend may not read it this way. */
export type Screened = { lists: string; keys: string; isDoubtful: boolean; times: readonly number[] } | "later" | "unread";

/** Digests of what lists and the versions of its keys told when a full look was last asked for. */
export type Screen = { lists: string; keys: string; lookedAt: number };

/** Who was neither screened nor looked at for so long is looked at: a list that gets no answer once must not make a look of each. */
const UNSCREENED_MS = 10 * MINUTE;

/** seenAllAt: when a sweep last left nobody out. */
export type Known = {
  before: Screen | undefined;
  seenAllAt: number | null;
  screened: Screened;
  /** Running, told of and not looked at yet, or in trouble within the last day. */
  isAtWork: boolean;
  isTold: boolean;
  isTroubled: boolean;
  /** Evenly spread over 0 to 1. */
  share: number;
};

/** The last time at which it was its turn in the hour. */
const lastTurn = (share: number, now: number): number => Math.floor((now - share * HOUR) / HOUR) * HOUR + share * HOUR;

/** Why it needs a full look now; null where it does not. */
export function whyLook({ before, seenAllAt, screened, isAtWork, isTold, isTroubled, share }: Known, now: number): string | null {
  if (isAtWork) return "it is at work";
  if (isTold) return "it was told of and not looked at";
  if (isTroubled) return "it was in trouble within the last day";
  if (before === undefined) return "it is new";
  // It would wait until the clock has come there, whatever time its key names on the way.
  if (before.lookedAt > now) return "its last look lies ahead: the clock was set back";
  if (screened === "unread") return "lists do not show it";
  if (screened === "later") return now - Math.max(before.lookedAt, seenAllAt ?? 0) >= UNSCREENED_MS ? "lists could not be read" : null;
  return whyAnew(before, screened, now) ?? (before.lookedAt < lastTurn(share, now) ? TURN : null);
}

function whyAnew(before: Screen, screened: Exclude<Screened, string>, now: number): string | null {
  if (screened.lists !== before.lists || screened.keys !== before.keys) return "it has changed";
  if (screened.isDoubtful) return "the service says that it has lost its key";
  if (screened.times.some((time) => before.lookedAt < time && time <= now)) return "a time has come that its key names";
  return null;
}

const TURN = "its hour has passed";

/** Of those that are looked at for no other reason, in one sweep: a few more than an hour's even share, so that who was put off is not put off for long. */
const turnsAtOnce = (vaults: number, periodMs: number): number => Math.max(25, Math.ceil((vaults * periodMs * 1.2) / HOUR));

/** Whose turn is put off: of those whose hour has passed the ones that were looked at last. */
export function putOff<T extends { why: string | null; lookedAt: number }>(all: readonly T[], periodMs: number): T[] {
  return all
    .filter(({ why }) => why === TURN)
    .toSorted((a, b) => a.lookedAt - b.lookedAt)
    .slice(turnsAtOnce(all.length, periodMs));
}

/**
 * Whether what somebody did above many vaults, at that time, can have meant this one: what lists tell of it is another, or nobody can tell. What
 * was screened after it may show it already, and a look found the trouble: then it is to be heard who is behind it.
 */
export function isMeant(before: Screen | undefined, screened: Exclude<Screened, "later">, isTroubled: boolean, at: number): boolean {
  if (before === undefined || screened === "unread" || screened.lists !== before.lists) return true;
  return isTroubled && before.lookedAt >= at;
}
