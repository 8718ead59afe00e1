/**
 * Rotates a key: a new version is made while its databases are well, the one before stays enabled, and every database is watched until it
 * is on the new one, as far as it tells.
 */
import { versionInUseOf } from "../databases/key-path.ts";
import { REVALIDATION_WINDOW_MS } from "../databases/rules.ts";
import type { Facts, KeyVersionFacts, TargetFacts } from "../facts.ts";
import { namesOf } from "../short-names.ts";
import { say } from "../steps/az.ts";
import { azOf, precondition } from "../steps/index.ts";
import type { StepDraft, StepParams } from "../steps/step.ts";
import { toIso, toMs } from "../time.ts";
import type { Requirement } from "../wish.ts";
import { keyInUse, keyIsThere, liveKeyOf, type OneKey, onVersionOf, readsOfKey, targetsOf, unreadOf } from "./one-key.ts";
import { neededBy } from "./leftover.ts";
import { HEAL_FIRST, met, OUT_OF_SIGHT, requirement } from "./rows.ts";
import type { OperationSpec, View } from "./spec.ts";

function draftOf(params: OneKey, { facts, wish }: View): Extract<StepDraft, { name: "CreateKeyVersion" }> | undefined {
  const live = liveKeyOf(params, facts);
  if (!live) return undefined;
  const { version: _, ...on } = onVersionOf(live, "");
  const made: StepParams["CreateKeyVersion"] = { ...on, since: wish.at };
  return { name: "CreateKeyVersion", params: made };
}

/** The version that was made since it is wanted, and the one before. */
function madeIn(params: OneKey, view: View): { made: KeyVersionFacts; before: KeyVersionFacts | undefined } | undefined {
  const draft = draftOf(params, view);
  if (!draft || precondition(draft, view.facts) !== "done") return undefined;
  const [made, before] = liveKeyOf(params, view.facts)!.key.versions;
  return { made: made!, before };
}

/** Nothing is rotated before the databases are well; what happens to them afterwards is no reason to stop half way. */
function wellRequirement(params: OneKey, view: View): Requirement {
  const { facts, diagnosis } = view;
  const targets = targetsOf(params, facts);
  const ill = diagnosis.targets.filter(
    ({ id, phase }) => phase !== "healthy" && phase !== "atRisk" && targets.some((one) => one.id === id),
  );
  const unread = unreadOf(params, facts);
  const isBegun = madeIn(params, view) !== undefined;
  if (ill.length > 0)
    return requirement("databases are well", isBegun, `${namesOf(ill.map(({ id }) => id))} have no access to it now`, HEAL_FIRST);
  if (unread.length > 0 && !isBegun)
    return requirement("databases are well", "unknown", `${namesOf(unread)} could not be read`, OUT_OF_SIGHT);
  return met("databases are well", "each database that wraps with it is well");
}

/** An account says what it wraps with; a cluster only where it is pinned: of the others a whole check of the service's since then has passed. */
function isOnIt(target: TargetFacts, made: KeyVersionFacts, { at }: Facts): boolean {
  const named = versionInUseOf(target);
  if (named !== null) return named === made.version;
  return toMs(at) - toMs(made.createdOn!) >= REVALIDATION_WINDOW_MS;
}

/** Of one that tells no version nobody knows more than that it is well: the service may take a day (the guide, Key rotation). */
function howTheyStand({ version }: KeyVersionFacts, targets: readonly TargetFacts[]): string {
  const [telling, silent] = [targets.filter((one) => versionInUseOf(one) !== null), targets.filter((one) => versionInUseOf(one) === null)];
  if (silent.length === 0) return `every database is on version ${version}`;
  const tellNone = `${namesOf(silent.map(({ id }) => id))} tell no version: the service moves them to ${version} within 24 hours of its making`;
  return telling.length === 0 ? tellNone : `${namesOf(telling.map(({ id }) => id))} are on version ${version}; ${tellNone}`;
}

const STAYS = "stays enabled; whether anything needs it still is told 24 hours later";

/** By what the databases show then. No activity on the old version is to come after 24 hours (the guide, Key rotation). */
function disposable(params: OneKey, view: View): string[] {
  const versions = madeIn(params, view);
  const live = liveKeyOf(params, view.facts);
  if (!live || !versions?.before) return [];
  const { made, before } = versions;
  const targets = targetsOf(params, view.facts);
  const named = (target: TargetFacts): string | null => versionInUseOf(target);
  const still = targets.filter((target) => named(target) !== null && named(target) !== made.version);
  if (still.length > 0) return [say(`${namesOf(still.map(({ id }) => id))} still show another version than ${made.version}: all stay`)];
  const silent = targets.filter((target) => named(target) === null);
  const what = `version ${before.version} of key ${live.key.name}`;
  return [
    say(`no database shows ${what} any more, as of ${view.facts.at}`),
    ...(silent.length === 0 ? [] : [say(`${namesOf(silent.map(({ id }) => id))} tell no version: the vault's log shows who uses which`)]),
    ...neededBy(what, targets, view),
    ...(before.enabled
      ? azOf({ name: "DisableKeyVersion", params: onVersionOf(live, before.version) })
      : [say(`${what} is disabled already`)]),
  ];
}

export const rotateKey: OperationSpec<"rotate-key"> = {
  title: "Makes a new version of a key and watches until its databases are on it",
  source: "Microsoft Learn: Configure customer-managed keys, Key rotation; Configure customer-managed key in MongoDB vCore",
  loses: null,
  asks: ["key", "key in use", "databases are well"],
  steps: ["CreateKeyVersion", "SetClusterEncryption"],
  reads: readsOfKey,
  concerns: (params, facts) => targetsOf(params, facts).map(({ id }) => id),
  requirements: (params, view) => [keyIsThere(params, view.facts), keyInUse(params, view.facts), wellRequirement(params, view)],
  drafts: (params, view) => [draftOf(params, view) ?? []].flat(),
  mends: ["KeyVersionPinned"],
  doneWhen:
    "every database of the key is on the new version, as far as it tells; of others a whole check of the service has passed since, 65 minutes",
  reached: (params, view) => {
    const versions = madeIn(params, view);
    if (!versions) return { done: false, detail: "a new version is to be made" };
    const { made, before } = versions;
    const left = targetsOf(params, view.facts).filter((target) => !isOnIt(target, made, view.facts));
    const since = toIso(toMs(made.createdOn!));
    const unread = unreadOf(params, view.facts);
    if (unread.length > 0) return { done: false, detail: `${namesOf(unread)} could not be read: which version they are on is not known` };
    if (left.length > 0) return { done: false, detail: `${namesOf(left.map(({ id }) => id))} still to move to the version of ${since}` };
    return {
      done: true,
      detail: `${howTheyStand(made, targetsOf(params, view.facts))}${before ? `; version ${before.version} ${STAYS}` : ""}`,
    };
  },
  stands: false,
  wayBack: "none: the version before stays enabled, and the new one stays the latest",
  undo: () => [],
  disposable,
};
