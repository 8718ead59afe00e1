/**
 * Takes a revocation back and gives the key to its databases again, or its grant to a database's identity. What heals them are the repairs that
 * their causes call for; the wish is the consent to those. The tag of the revocation comes off once access is back; one that somebody else has
 * set stays theirs.
 */
import { az, say } from "../steps/az.ts";
import { REVOKED_TAG, tagIn, withoutTag } from "../tags.ts";
import type { StepDraft } from "../steps/step.ts";
import { namesOf } from "../short-names.ts";
import type { Facts } from "../facts.ts";
import { azOf } from "../steps/index.ts";
import { type OperationParams, type Requirement, takenBackBy } from "../wish.ts";
import { foundDatabase } from "./one-database.ts";
import { isOfKey, keyIsThere, liveKeyOf, NO_READS, type OneKey, onVersionOf, readsOfKey, targetsOf, unreadOf } from "./one-key.ts";
import { grantDraftsToTake, isGrantSettling, losingIds } from "./revoke-grant.ts";
import { requirement } from "./rows.ts";
import type { OperationSpec, Reached, View } from "./spec.ts";

/** The value of a tag that stands for a revocation which this ends; undefined where there is none, or it is somebody else's. */
function ownTag(params: OneKey, { facts, wish }: View): string | undefined {
  const value = tagIn(liveKeyOf(params, facts)?.key.tags ?? {}, REVOKED_TAG);
  return takenBackBy(wish, facts.wishes ?? []).some(({ id }) => id === value) ? value : undefined;
}

function tagRequirement(params: OneKey, view: View): Requirement {
  const value = tagIn(liveKeyOf(params, view.facts)?.key.tags ?? {}, REVOKED_TAG);
  const isTheirs = value !== undefined && ownTag(params, view) === undefined;
  const detail = isTheirs
    ? `the key is tagged ${REVOKED_TAG} ('${value}') by somebody else, who alone takes that back`
    : "nobody else says so";
  return requirement(
    "revoked by nobody else",
    !isTheirs,
    detail,
    say(`they take ${REVOKED_TAG} off the key themselves; ask for this again after that`),
  );
}

const versionsOff = (params: OneKey, facts: Facts): boolean => liveKeyOf(params, facts)?.key.versions[0]?.enabled === false;

type Params = OperationParams["restore"];

const concerns = (params: Params, facts: Pick<Facts, "targets" | "guests">): string[] =>
  isOfKey(params) ? targetsOf(params, facts).map(({ id }) => id) : losingIds(params, facts);

function keyDrafts(params: OneKey, view: View): StepDraft[] {
  const live = liveKeyOf(params, view.facts);
  if (!live) return [];
  const on = onVersionOf(live, live.key.versions[0]!.version);
  const value = ownTag(params, view);
  const untag: StepDraft[] =
    value === undefined ? [] : [{ name: "UntagIntent", params: { ...on, value, others: withoutTag(live.key.tags, REVOKED_TAG) } }];
  return [{ name: "EnableKeyVersion", params: on }, ...untag];
}

/** Until that is done no database is asked. */
function left(params: Params, view: View): string | undefined {
  if (!isOfKey(params))
    return isGrantSettling(params, view.facts) ? "the grant is back, and may take ten minutes to reach the vault" : undefined;
  const isOff = versionsOff(params, view.facts) || ownTag(params, view) !== undefined;
  return isOff ? "the key is to be enabled, and the tag of its revocation to come off" : undefined;
}

function reached(params: Params, view: View): Reached {
  const todo = left(params, view);
  if (todo !== undefined) return { done: false, detail: todo };
  const ids = concerns(params, view.facts);
  const ill = view.diagnosis.targets.filter(({ id, phase }) => phase !== "healthy" && phase !== "atRisk" && ids.some((one) => one === id));
  if (ill.length > 0) return { done: false, detail: `waiting for ${namesOf(ill.map(({ id }) => id))} to have the key again` };
  const unread = isOfKey(params) ? unreadOf(params, view.facts) : [];
  if (unread.length > 0)
    return { done: false, detail: `${namesOf(unread)} could not be read: whether they have the key again is not known` };
  const what = isOfKey(params)
    ? "the key is enabled, and every database that wraps with it reaches it"
    : `${namesOf(ids)} reach the key again`;
  return { done: true, detail: what };
}

/** Who gives a grant back says nothing of a key that somebody has disabled: other databases wrap with it. */
const OF_GRANT = ["AccessMissing", "PolicyMissing"] as const;

export const restore: OperationSpec<"restore"> = {
  title: "Takes a revocation back, and watches until the databases have their key again",
  source: "Microsoft Learn: Troubleshooting revoked state, account and MongoDB vCore guides (enable the key again, wait for up to an hour)",
  loses: null,
  asks: ["key", "revoked by nobody else", "database"],
  steps: ["EnableKeyVersion", "RestoreRoleAssignment", "GrantKeyRole", "AddAccessPolicyPermissions", "UntagIntent"],
  reads: (params) => (isOfKey(params) ? readsOfKey(params) : NO_READS),
  concerns,
  requirements: (params, view) =>
    isOfKey(params) ? [keyIsThere(params, view.facts), tagRequirement(params, view)] : [foundDatabase(params, view.facts)],
  drafts: (params, view) => (isOfKey(params) ? keyDrafts(params, view) : []),
  mends: ["KeyDisabled", "OldVersionDisabled", ...OF_GRANT],
  mendsOf: (params) => (isOfKey(params) ? restore.mends : OF_GRANT),
  doneWhen:
    "the key is enabled, its tag is off, and every database that wraps with it has it again by the service's own word; of a database's grant: it is back, and so are the databases of its identity",
  reached,
  stands: false,
  wayBack: "the key is disabled again, or the grant taken away",
  undo: (params, facts) =>
    isOfKey(params)
      ? [az("keyvault", "key", "set-attributes", "--id", params.keyUri, "--enabled", "false")]
      : grantDraftsToTake(params, facts).flatMap(azOf),
};
