/**
 * Takes a key away from the databases that wrap with it, on purpose: the intent is on record first, then the latest version is disabled, and
 * whichever a database is known to wrap with. Of a database it takes the grant of its identity away instead (revoke-grant.ts). Every look then
 * says that it is meant, until `restore` takes it back.
 */
import { pinnedVersionOf } from "../databases/key-path.ts";
import { az, say } from "../steps/az.ts";
import { keyNameOf } from "../key-uri.ts";
import { REVOKED_TAG } from "../tags.ts";
import { namesOf } from "../short-names.ts";
import type { StepDraft } from "../steps/step.ts";
import type { Facts, KeyVersionFacts } from "../facts.ts";
import type { Requirement } from "../wish.ts";
import { beforeOf, foundDatabase } from "./one-database.ts";
import { isOfKey, keyIsThere, type LiveKey, liveKeyOf, NO_READS, type OneKey, onVersionOf, readsOfKey, targetsOf } from "./one-key.ts";
import { grantBack, grantDraftsToTake, grantRequirements, grantTaken, grantUndone, losingIds } from "./revoke-grant.ts";
import { advised, requirement, told } from "./rows.ts";
import type { OperationSpec, Reached, View } from "./spec.ts";

/** Enabled ones that give access: the newest, which the service moves to, and what each database is known to wrap with. */
function versionsToDisable(params: OneKey, facts: Facts): KeyVersionFacts[] {
  const live = liveKeyOf(params, facts);
  if (!live) return [];
  const used = targetsOf(params, facts).flatMap((target) => [pinnedVersionOf(target), target.versionInUse?.toLowerCase()]);
  return live.key.versions.filter(({ version }, i) => i === 0 || used.includes(version));
}

/**
 * A version that the policy makes is a new one, enabled: databases that follow the newest may have their key again by it. Whether a policy
 * goes by a disabled version is documented nowhere (Microsoft Learn, "Configure cryptographic key auto-rotation in Azure Key Vault"); an empty
 * list of actions sets it back to what a key begins with, which rotates nothing (the same for @azure/keyvault-keys, KeyRotationPolicyProperties).
 */
function rotationRequirement({ vault, key: { name, rotation } }: LiveKey): Requirement {
  const of = ["--vault-name", vault.name, "--name", name];
  const asked = "no rotation by itself";
  const show = az("keyvault", "key", "rotation-policy", "show", ...of);
  if (rotation === undefined) return advised(requirement(asked, "unknown", "its rotation policy was not read", show));
  if (!rotation?.rotates) return told(asked, "no policy rotates it");
  const off = JSON.stringify({ lifetimeActions: [], attributes: {} });
  const words = "its rotation policy makes new versions, which are enabled and may give the databases their key back";
  return advised(requirement(asked, "unmet", words, show, az("keyvault", "key", "rotation-policy", "update", ...of, "--value", off)));
}

const keyRequirements = (params: OneKey, facts: Facts): Requirement[] => {
  const names = namesOf(targetsOf(params, facts).map(({ id }) => id));
  const detail = names === "" ? "no database that Keymend knows wraps with it" : `${names} will be out of reach`;
  const live = liveKeyOf(params, facts);
  return [keyIsThere(params, facts), told("databases", detail), ...(live ? [rotationRequirement(live)] : [])];
};

function keyDrafts(params: OneKey, { facts, wish }: View): StepDraft[] {
  const live = liveKeyOf(params, facts);
  if (!live) return [];
  const on = onVersionOf(live, live.key.versions[0]!.version);
  const tag: StepDraft = { name: "TagIntent", params: { ...on, value: wish.id, others: live.key.tags } };
  const disable = versionsToDisable(params, facts).map(({ version }): StepDraft => ({
    name: "DisableKeyVersion",
    params: { ...on, version },
  }));
  return [tag, ...disable];
}

function keyTaken(params: OneKey, facts: Facts): Reached {
  const versions = versionsToDisable(params, facts);
  const left = versions.filter(({ enabled }) => enabled);
  if (versions.length === 0 || left.length > 0) return { done: false, detail: "the versions in use are to be disabled" };
  const names = namesOf(targetsOf(params, facts).map(({ id }) => id));
  const who = names === "" ? "" : `; ${names} lose access with the service's next check of its key, within an hour or so`;
  return { done: true, detail: `no version in use is enabled${who}` };
}

function keyUndone(params: OneKey, facts: Facts): string | undefined {
  const on = versionsToDisable(params, facts).filter(({ enabled }) => enabled);
  return on.length === 0 ? undefined : `key ${keyNameOf(params.keyUri)} is enabled, in ${on.map(({ version }) => version).join(", ")}`;
}

function keyBack(params: OneKey, facts: Facts): string[] {
  const live = liveKeyOf(params, facts);
  if (!live) return [];
  return [
    say("POST /api/operations with operation restore does this and watches until the databases are back"),
    ...versionsToDisable(params, facts).map(({ version }) =>
      az("keyvault", "key", "set-attributes", "--id", `${live.vault.uri}/keys/${live.key.name}/${version}`, "--enabled", "true"),
    ),
    say(`and takes the tag ${REVOKED_TAG} off the key`),
  ];
}

export const revoke: OperationSpec<"revoke"> = {
  title: "Takes a key away from the databases that wrap with it, or the grant on it from a database's identity",
  source: "Microsoft Learn: Configure customer-managed keys, How do I revoke an encryption key?",
  loses:
    "The databases are out of reach until the key is given back, from the service's next check of its key on, within an hour or so. Up to an hour of what was written before may be missing from the backups of an account that is deleted while revoked.",
  asks: ["key", "database", "grant to take away", "databases", "no rotation by itself"],
  steps: ["TagIntent", "DisableKeyVersion", "RemoveGrant", "RemoveAccessPolicyPermissions"],
  reads: (params) => (isOfKey(params) ? readsOfKey(params) : NO_READS),
  concerns: (params, facts) => (isOfKey(params) ? targetsOf(params, facts).map(({ id }) => id) : losingIds(params, facts)),
  requirements: (params, view) =>
    isOfKey(params) ? keyRequirements(params, view.facts) : [foundDatabase(params, view.facts), ...grantRequirements(params, view.facts)],
  drafts: (params, view) => (isOfKey(params) ? keyDrafts(params, view) : grantDraftsToTake(params, view.facts)),
  mends: [],
  doneWhen:
    "no version of the key that a database is known to use is enabled, or its identity has no grant on it; it stands until `restore` takes it back",
  reached: (params, { facts }) => (isOfKey(params) ? keyTaken(params, facts) : grantTaken(params, facts)),
  before: (params, facts) => (isOfKey(params) ? undefined : beforeOf(params, facts)),
  stands: true,
  undone: (params, facts) => (isOfKey(params) ? keyUndone(params, facts) : grantUndone(params, facts)),
  wayBack: "`restore`, or the lines that it would run",
  undo: (params, facts) => (isOfKey(params) ? keyBack(params, facts) : grantBack(params, facts)),
};
