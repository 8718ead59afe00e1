/**
 * What is known, what is out of sight, and what may be called gone.
 * - Known is what a look has found once. It is looked at by its id, in the inventory or not, until Azure Resource Manager itself answers
 *   that it is not there: Resource Graph leaves out what its caller may not read, and says nothing of it (Microsoft Learn, "Overview of
 *   Azure Resource Graph": no error, only the resources that the caller has access to).
 * - Out of sight is what Keymend can't search everywhere for: it is unreadable, which is never absence.
 * - Gone is what was searched for everywhere where it could be, that answers no more, and of which the service does not say that it has it.
 */
import { vaultUriOf } from "../clouds.ts";
import { foldCase, isVaultId, nameOf, normalId, sameId } from "../arm-id.ts";
import { vaultNameOf } from "../key-uri.ts";
import { verdictOf } from "./index.ts";
import { expiryOf, keyOf, uriOf, versionInUseOf } from "./key-path.ts";
import type { Phase } from "../cause.ts";
import type { Facts, TargetFacts, TargetKind, Unreadable } from "../facts.ts";
import { HOUR, MINUTE, toMs } from "../time.ts";
import { isOpen } from "../wish.ts";

/** A vault's name, from its ARM id or from its URI: unique in all of Azure. Null for a database of its own. */
export function vaultNameIn(patientId: string): string | null {
  if (isVaultId(patientId)) return foldCase(nameOf(patientId));
  return vaultNameOf(patientId);
}

/** One vault is one patient whatever names it (the inventory, what was seen before, a key's URI); so is one database. */
export const patientKey = (patientId: string): string => vaultNameIn(patientId) ?? normalId(patientId);

/** A vault that is in none of the subscriptions that were searched may be well in another. */
export const outOfSight = (vaultName: string): Unreadable => ({
  state: "unreadable",
  why: "outOfSight",
  detail: `${vaultName} is in no subscription that Keymend watches; add its subscription to KEYMEND_SUBSCRIPTIONS and give Keymend's identity its roles there (docs/deploy.md)`,
});

/**
 * What is heard under a vault's own name, which DNS keeps while the vault lives or is soft-deleted, wherever that is (Microsoft Learn, "Azure
 * Key Vault soft-delete overview"). answered: Key Vault itself said something. noSuchName: nobody has that name. silent: neither is known.
 */
export type Heard = "answered" | "noSuchName" | "silent";

/**
 * Of a vault that no list shows. A vault may be moved to another subscription, which changes its id and takes it out of all that is searched
 * (Microsoft Learn, "Move Azure Key Vault to another subscription"): it is gone only where it was known to be in a subscription that is
 * watched, and nobody answers to its name any more.
 */
export function absentVault(name: string, isWatched: boolean, heard: Heard): { state: "gone" } | Unreadable {
  const unseen = outOfSight(name);
  if (!isWatched) return unseen;
  if (heard === "noSuchName") return { state: "gone" };
  const why = heard === "answered" ? "Key Vault answers under its name" : "whether anybody answers under its name is not known";
  return { ...unseen, detail: `${why}, so it is not gone: ${unseen.detail}` };
}

/** The service asks for its key about once an hour, and may be late. What it says from before a loss is no objection for longer. */
const WORD_LAGS_MS = HOUR + 15 * MINUTE;

/**
 * Whether the service vouches for what was not found: it says that it has access, and what was seen with Keymend's own eyes is so long ago
 * that its word can't be from before the loss.
 */
const isVouchedFor = ({ at, baseline }: Facts, target: TargetFacts): boolean =>
  verdictOf(target) === "healthy" && baseline !== null && toMs(at) - toMs(baseline.at) > WORD_LAGS_MS;

type Absent = { code: "VaultGone" | "KeyGone"; text: string };

/**
 * An account that was sent to another key may show the version of the one before for a while: what is shown last says which version is in use,
 * and the service moves within a day (Microsoft Learn, "Configure customer-managed keys", Key rotation). Known by the key that it was last
 * seen well with, or by whoever wants it moved.
 */
function isMoving({ baseline, wishes = [] }: Facts, target: TargetFacts): boolean {
  const entry = Object.entries(baseline?.holders ?? {}).find(([id]) => normalId(id) === normalId(target.id));
  const key = uriOf(target)?.key?.toLowerCase();
  if (entry && entry[1].key.toLowerCase() !== key) return true;
  return wishes.some((wish) => wish.operation === "switch-key" && isOpen(wish) && sameId(wish.params.databaseId, target.id));
}

/** Where everything that could hold it was searched: what was not read, or not found in all places, is unreadable before it comes here. */
function absentOf(facts: Facts, target: TargetFacts): Absent | undefined {
  const { vault } = facts;
  if (vault?.state === "gone") return { code: "VaultGone", text: `vault ${vault.name} is neither live nor among the deleted ones` };
  const key = keyOf(facts, target);
  if (key?.state === "gone") return { code: "KeyGone", text: `key ${key.name} is neither live nor among the deleted ones` };
  const version = versionInUseOf(target);
  if (key?.state !== "live" || version === null || key.versions.length === 0) return undefined;
  // Versions are never deleted one by one: the key was purged and made anew under its old name.
  if (key.versions.some((one) => one.version === version) || isMoving(facts, target)) return undefined;
  return { code: "KeyGone", text: `key ${key.name} has no version ${version}, which the database wraps with` };
}

/** What of the way to its key is gone for good. */
export const goneOf = (facts: Facts, target: TargetFacts): Absent | undefined =>
  isVouchedFor(facts, target) ? undefined : absentOf(facts, target);

/** What was not found and can't be gone: it is where Keymend does not look. */
export const unseenOf = (facts: Facts, target: TargetFacts): Absent | undefined =>
  isVouchedFor(facts, target) ? absentOf(facts, target) : undefined;

/**
 * A database with a customer-managed key, as it was last seen. phase: as the last look judged it; absent where none could. expiresOn: when the
 * version that it wraps with runs out, as it was last read; null where it never does, absent where none was read.
 */
export type KnownDatabase = {
  kind: TargetKind;
  id: string;
  keyUri: string | null;
  identityIds: string[];
  phase?: Phase;
  expiresOn?: string | null;
};

type Judged = { targets: readonly { id: string; phase: Phase }[] };

/** patientId: whom it was seen with. */
export type KnownPatient = { patientId: string; databases: KnownDatabase[] };

/** What is known and not among what is listed. */
export function unlistedOf(listed: readonly { id: string }[], known: readonly KnownDatabase[]): KnownDatabase[] {
  const seen = new Set(listed.map(({ id }) => normalId(id)));
  return known.filter(({ id }) => !seen.has(normalId(id)) && seen.add(normalId(id)));
}

/** A key that can't be read now runs out when it did. */
function expiryKnownOf(facts: Facts, target: TargetFacts, before: KnownDatabase | undefined): Pick<KnownDatabase, "expiresOn"> {
  if (keyOf(facts, target)?.state === "live") return { expiresOn: expiryOf(facts, target) };
  return before?.expiresOn === undefined || before.keyUri !== target.keyUri ? {} : { expiresOn: before.expiresOn };
}

function knownOf(facts: Facts, target: TargetFacts, { targets }: Judged, known: readonly KnownDatabase[]): KnownDatabase {
  const { kind, id, keyUri, attached, defaultIdentity } = target;
  const used = defaultIdentity.form === "user" ? [defaultIdentity.id] : [];
  const phase = targets.find((one) => sameId(one.id, id))?.phase;
  const before = known.find((one) => sameId(one.id, id));
  const identityIds = [...attached.map((one) => one.id), ...used];
  return { kind, id, keyUri, identityIds, ...(phase && { phase }), ...expiryKnownOf(facts, target, before) };
}

/**
 * What is known of a patient after a look: what was found, as it was found, and what could not be read, as it was known before. What Azure
 * Resource Manager says is not there is forgotten, and so is what has another patient's key by now.
 */
export function knownAfter(facts: Facts, judged: Judged, before: readonly KnownDatabase[]): KnownDatabase[] {
  const { targets, missing, patient } = facts;
  const keyUri = patient.vaultName === null ? null : vaultUriOf(patient.vaultName);
  const unread = missing.map(({ kind, id }): KnownDatabase => {
    const { phase: _, ...known } = before.find((one) => sameId(one.id, id)) ?? { kind, id, keyUri, identityIds: [] };
    return known;
  });
  // One without a key, that somebody wants to give one, depends on no vault yet.
  const dependent = targets.filter((target) => target.keyUri !== null || verdictOf(target) === "lost");
  return [...dependent.map((target) => knownOf(facts, target, judged, before)), ...unread];
}
