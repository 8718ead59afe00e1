/**
 * Who may be given access to a key unasked: only a principal of which the baseline shows that it held this access, for this very database,
 * and that it has stood long enough. What somebody slipped in an hour ago is not put back by itself tomorrow, and nobody is handed a key by
 * ordering a database that names it.
 */
import { sameId, sameText } from "../arm-id.ts";
import { liveVaultOf, principalIn, uriOf } from "../databases/key-path.ts";
import type { Baseline, Facts, Holder, RoleAssignment, TargetFacts } from "../facts.ts";
import type { Settings } from "../settings.ts";
import { shortOf } from "../short-names.ts";
import { formatDuration, toMs } from "../time.ts";
import type { Grantee } from "./access.ts";
import { accessOf } from "./key-access.ts";

const earliest = (times: readonly (string | null | undefined)[]): string | undefined =>
  times.filter((time): time is string => typeof time === "string").toSorted((a, b) => toMs(a) - toMs(b))[0];

/** Of at least one. */
const latest = (times: readonly string[]): string => times.toSorted((a, b) => toMs(b) - toMs(a))[0]!;

/**
 * By Azure's own times: an assignment tells since when it is as it is (RoleAssignmentProperties, Microsoft.Authorization 2022-04-01), a
 * vault when it was last changed (systemData.lastModifiedAt, Microsoft.KeyVault 2026-02-01), which its policies then were not.
 */
function grantedSince(facts: Facts, target: TargetFacts, principalId: string): string | null {
  const access = accessOf(facts, target, principalId);
  if (access?.state !== "judged") return null;
  if (access.model === "policies") return liveVaultOf(facts)!.changedOn;
  const madeOn = (id: string): string | null => access.assignments.find((one) => sameId(one.id, id))?.createdOn ?? null;
  // Each operation has been allowed since the oldest of what allows it.
  const since = access.effective.operations.map(({ by }) => earliest(by.map(madeOn)));
  return since.every((time) => time !== undefined) ? latest(since) : null;
}

export function holderIn(baseline: Baseline | null, target: Pick<TargetFacts, "id">): Holder | undefined {
  return Object.entries(baseline?.holders ?? {}).find(([id]) => sameId(id, target.id))?.[1];
}

/**
 * What a healthy look remembers of a database. Where Azure does not tell since when something stands, or tells less, the looks before do.
 * A default identity has no time of its own; while no look before knew another, it has stood since the database was last changed.
 */
export function holderOf(facts: Facts, target: TargetFacts): Holder | undefined {
  const principal = principalIn(facts, target);
  const key = uriOf(target)?.key?.toLowerCase();
  if (principal.state !== "known" || key === undefined) return undefined;
  const { principalId } = principal;
  const before = holderIn(facts.baseline, target);
  const isSame = before !== undefined && sameText(before.principalId, principalId);
  const watched = isSame && before.key === key ? before.accessSince : null;
  const unwatched = before === undefined ? target.changedOn : null;
  return {
    principalId,
    key,
    accessSince: earliest([grantedSince(facts, target, principalId), watched]) ?? facts.at,
    defaultSince: (isSame ? before.defaultSince : unwatched) ?? facts.at,
  };
}

const hasStood = (since: string, { at }: Baseline, { knownGoodAfterMs }: Settings): boolean => toMs(at) - toMs(since) >= knownGoodAfterMs;

const sayYoung = (since: string, { at }: Baseline, { knownGoodAfterMs }: Settings): string =>
  `for ${formatDuration(toMs(at) - toMs(since))} only when last seen well, and counts as known good after ${formatDuration(knownGoodAfterMs)}`;

/** An identity made anew under its old name is another principal: whoever may make identities is not to be handed a key by that. */
function isMadeAnew({ baseline }: Facts, { identityId, principalId }: Grantee): boolean {
  if (identityId === null || principalId === null) return false;
  const before = Object.entries(baseline?.principals ?? {}).find(([id]) => sameId(id, identityId))?.[1];
  return before !== undefined && !sameText(before, principalId);
}

export const whoIs = ({ identityId, principalId }: Grantee): string =>
  identityId === null ? `principal ${principalId}` : shortOf(identityId);

/**
 * Why a grant to this principal for this database is a question for a person; undefined where it only gets back what it had. granted: the name of
 * the key that it is at, where it is at one: another than the database's own is another matter.
 */
export function strangeTo(facts: Facts, target: TargetFacts, grantee: Grantee, settings: Settings, granted?: string): string | undefined {
  const { baseline } = facts;
  const who = whoIs(grantee);
  if (isMadeAnew(facts, grantee)) return `${who} was made anew since ${target.name} was last seen well, and is another principal now`;
  const holder = holderIn(baseline, target);
  const key = (granted ?? uriOf(target)?.key)?.toLowerCase();
  if (!baseline || !holder)
    return `as far as Keymend has seen, ${target.name} never came up with key ${key}, and ${who} never had access to it`;
  if (grantee.principalId === null) return `${who} is still to be made, and never had access to key ${key}`;
  if (!sameText(holder.principalId, grantee.principalId) || holder.key !== key)
    return `${who} never had access to key ${key} for ${target.name} while that was well`;
  return hasStood(holder.accessSince, baseline, settings)
    ? undefined
    : `${who} had access to key ${key} ${sayYoung(holder.accessSince, baseline, settings)}`;
}

/** Why making the remembered default identity the default again is a question; undefined where it has stood long enough. */
export function isYoungDefault({ baseline }: Facts, target: TargetFacts, settings: Settings): string | undefined {
  const holder = holderIn(baseline, target);
  if (!baseline || !holder) return `since when ${target.name} had that default identity is not known`;
  return hasStood(holder.defaultSince, baseline, settings)
    ? undefined
    : `${target.name} had that default identity ${sayYoung(holder.defaultSince, baseline, settings)}`;
}

/** Whether an assignment of the baseline had stood long enough to be put back just as it was. */
export function isKnownGood({ createdOn }: RoleAssignment, baseline: Baseline, settings: Settings): boolean {
  return createdOn !== null && hasStood(createdOn, baseline, settings);
}
