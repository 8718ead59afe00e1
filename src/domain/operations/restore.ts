/**
 * Takes a revocation back and gives the key to its databases again. What heals them are the repairs that their causes call for; the wish is
 * the consent to those. The tag of the revocation comes off once access is back; one that somebody else has set stays theirs.
 */
import { az } from "../steps/az.ts";
import { REVOKED_TAG, tagIn } from "../steps/intent-tag.ts";
import type { StepDraft } from "../steps/step.ts";
import { namesOf } from "../short-names.ts";
import type { Facts } from "../facts.ts";
import { type Requirement, takenBackBy } from "../wish.ts";
import { keyIsThere, liveKeyOf, type OneKey, onVersionOf, readsOfKey, targetsOf } from "./one-key.ts";
import type { OperationSpec, View } from "./spec.ts";

/** The value of a tag that stands for a revocation which this ends; undefined where there is none, or it is somebody else's. */
function ownTag(params: OneKey, { facts, wish }: View): string | undefined {
  const value = tagIn(liveKeyOf(params, facts)?.key.tags ?? {}, REVOKED_TAG);
  return takenBackBy(wish, facts.wishes ?? []).some(({ id }) => id === value) ? value : undefined;
}

const withoutIntent = (tags: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => name.trim().toLowerCase() !== REVOKED_TAG));

function tagRequirement(params: OneKey, view: View): Requirement {
  const value = tagIn(liveKeyOf(params, view.facts)?.key.tags ?? {}, REVOKED_TAG);
  const isTheirs = value !== undefined && ownTag(params, view) === undefined;
  const detail = isTheirs
    ? `the key is tagged ${REVOKED_TAG} ('${value}') by somebody else, who alone takes that back`
    : "nobody else says so";
  return { name: "revoked by nobody else", state: isTheirs ? "unmet" : "met", detail, az: [] };
}

const versionsOff = (params: OneKey, facts: Facts): boolean => liveKeyOf(params, facts)?.key.versions[0]?.enabled === false;

export const restore: OperationSpec<"restore"> = {
  title: "Takes a revocation back, and watches until the databases have their key again",
  source: "Microsoft Learn: Troubleshooting revoked state, account and MongoDB vCore guides (enable the key again, wait for up to an hour)",
  loses: null,
  asks: ["key", "revoked by nobody else"],
  steps: ["EnableKeyVersion", "RestoreRoleAssignment", "GrantKeyRole", "AddAccessPolicyPermissions", "UntagIntent"],
  reads: readsOfKey,
  concerns: (params, facts) => targetsOf(params, facts).map(({ id }) => id),
  requirements: (params, view) => [keyIsThere(params, view.facts), tagRequirement(params, view)],
  drafts: (params, view) => {
    const live = liveKeyOf(params, view.facts);
    if (!live) return [];
    const on = onVersionOf(live, live.key.versions[0]!.version);
    const value = ownTag(params, view);
    const untag: StepDraft[] =
      value === undefined ? [] : [{ name: "UntagIntent", params: { ...on, value, others: withoutIntent(live.key.tags) } }];
    return [{ name: "EnableKeyVersion", params: on }, ...untag];
  },
  mends: ["KeyDisabled", "OldVersionDisabled", "AccessMissing", "PolicyMissing"],
  doneWhen: "the key is enabled, its tag is off, and every database that wraps with it has it again by the service's own word",
  reached: (params, view) => {
    const { facts, diagnosis } = view;
    if (versionsOff(params, facts) || ownTag(params, view) !== undefined)
      return { done: false, detail: "the key is to be enabled, and the tag of its revocation to come off" };
    const targets = targetsOf(params, facts);
    const left = diagnosis.targets.filter(
      ({ id, phase }) => phase !== "healthy" && phase !== "atRisk" && targets.some((one) => one.id === id),
    );
    return left.length === 0
      ? { done: true, detail: "the key is enabled, and every database that wraps with it reaches it" }
      : { done: false, detail: `waiting for ${namesOf(left.map(({ id }) => id))} to have the key again` };
  },
  stands: false,
  wayBack: "the key is disabled again",
  undo: ({ keyUri }) => [az("keyvault", "key", "set-attributes", "--id", keyUri, "--enabled", "false")],
};
