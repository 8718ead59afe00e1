/** All steps by name, in their order, and what can be asked of any of them. */
import { isAtRest } from "../databases/at-rest.ts";
import type { Facts } from "../facts.ts";
import { addAccessPolicyPermissions } from "./add-access-policy-permissions.ts";
import { allowTrustedServices } from "./allow-trusted-services.ts";
import { attachIdentity } from "./attach-identity.ts";
import { isDatabase, type Lines } from "./az.ts";
import { createIdentity } from "./create-identity.ts";
import { createKey } from "./create-key.ts";
import { createKeyVersion } from "./create-key-version.ts";
import { detachIdentity } from "./detach-identity.ts";
import { disableKeyVersion } from "./disable-key-version.ts";
import { enableKeyVersion } from "./enable-key-version.ts";
import { enablePurgeProtection } from "./enable-purge-protection.ts";
import { extendKeyExpiry } from "./extend-key-expiry.ts";
import { grantKeyRole } from "./grant-key-role.ts";
import { putBackKeyVersion } from "./put-back-key-version.ts";
import { recoverKey } from "./recover-key.ts";
import { recoverVault } from "./recover-vault.ts";
import { removeAccessPolicyPermissions } from "./remove-access-policy-permissions.ts";
import { removeGrant } from "./remove-grant.ts";
import { restoreEventSubscription } from "./restore-event-subscription.ts";
import { restoreKeyOperations } from "./restore-key-operations.ts";
import { restoreRoleAssignment } from "./restore-role-assignment.ts";
import { setClusterEncryption } from "./set-cluster-encryption.ts";
import { setDefaultIdentity } from "./set-default-identity.ts";
import { setKeyNotBefore } from "./set-key-not-before.ts";
import { setKeyUri } from "./set-key-uri.ts";
import {
  type Beside,
  type Extension,
  type Precondition,
  type Proposed,
  type SetOnVersion,
  showPermission,
  shownTarget,
  stale,
  type StepSpec,
  type Touch,
} from "./spec.ts";
import { tagIntent } from "./tag-intent.ts";
import { untagIntent } from "./untag-intent.ts";
import type { Grant, Step, StepDraft, StepName, StepParams } from "./step.ts";

/**
 * In the order in which they are made, which is the order of this list: before access is taken away on purpose it is told that it is meant, and
 * that is taken back last, when access is back;
 * what came of an own write and was not asked for is put back before anything else of a key is changed;
 * vault → key → identity → access → network → database; within a database attach → default → detach; what only lets Keymend hear last.
 * A vault that is deleted takes no grant, and its recovery loses those it had (Microsoft Learn, "Azure Key Vault soft-delete overview"); an
 * expired key is extended before anything else is changed, and nothing is rotated before the database is well (account troubleshooting
 * guide; vCore troubleshooting guide, row 1); a new identity comes before its grant, the grant before the switch, the stale one goes last
 * (Microsoft Learn, "Troubleshoot CMK", identities that were deleted).
 */
export const stepSpecs: { readonly [N in StepName]: StepSpec<N> } = {
  TagIntent: tagIntent,
  DisableKeyVersion: disableKeyVersion,
  RemoveGrant: removeGrant,
  RemoveAccessPolicyPermissions: removeAccessPolicyPermissions,
  RecoverVault: recoverVault,
  EnablePurgeProtection: enablePurgeProtection,
  RecoverKey: recoverKey,
  PutBackKeyVersion: putBackKeyVersion,
  EnableKeyVersion: enableKeyVersion,
  SetKeyNotBefore: setKeyNotBefore,
  ExtendKeyExpiry: extendKeyExpiry,
  RestoreKeyOperations: restoreKeyOperations,
  CreateKeyVersion: createKeyVersion,
  CreateIdentity: createIdentity,
  CreateKey: createKey,
  RestoreRoleAssignment: restoreRoleAssignment,
  GrantKeyRole: grantKeyRole,
  AddAccessPolicyPermissions: addAccessPolicyPermissions,
  AllowTrustedServices: allowTrustedServices,
  SetKeyUri: setKeyUri,
  AttachIdentity: attachIdentity,
  SetDefaultIdentity: setDefaultIdentity,
  SetClusterEncryption: setClusterEncryption,
  DetachIdentity: detachIdentity,
  UntagIntent: untagIntent,
  RestoreEventSubscription: restoreEventSubscription,
};

const ORDER: readonly string[] = Object.keys(stepSpecs);

export const rankOf = (name: StepName): number => ORDER.indexOf(name);

/** A database's own identity has a principal only once it is switched on: it can be granted nothing before. */
export function rankOfDraft({ name, params }: StepDraft): number {
  const isToCome = "principalId" in params && params.principalId === null && isDatabase(params.identityId);
  // Continuous backup and analytical store want the identity before the first key (Microsoft Learn, "... for your existing account").
  const isFirstKey = name === "SetKeyUri" && params.first !== undefined;
  return isToCome ? rankOf("AttachIdentity") + 0.5 : isFirstKey ? rankOf("SetDefaultIdentity") + 0.5 : rankOf(name);
}

type Draft<N extends StepName> = { name: N; params: StepParams[N] };

const specOf = <N extends StepName>({ name }: Draft<N>): StepSpec<N> => stepSpecs[name];

/** What the step acts on: an ARM id, or a key version's URL. */
export const subjectOf = <N extends StepName>(step: Draft<N>): string => specOf(step).on(step.params);

/** What databases share, if anything, that the step is made at. */
export const touchOf = <N extends StepName>(step: Draft<N>): Touch => specOf(step).touches(step.params);

/** Whether the step may run on facts read just now. */
export function precondition<N extends StepName>(step: Draft<N>, facts: Facts): Precondition {
  const state = specOf(step).precondition(step.params, facts);
  return (state === "todo" ? changing(step, facts) : undefined) ?? state;
}

function changing<N extends StepName>(step: Draft<N>, facts: Facts): Precondition | undefined {
  const touch = touchOf(step);
  const target = touch.what === "database" ? shownTarget(facts, touch.targetId) : undefined;
  return target && !isAtRest(target) ? stale(`${target.name} is being changed (${target.service.provisioningState})`) : undefined;
}

/** The value that a step sets, as these facts show it, as text; undefined where it can't be seen, or is being changed, or where no third value could be. */
export function shownBy<N extends StepName>(step: Draft<N>, facts: Facts): string | undefined {
  const value = changing(step, facts) ? undefined : specOf(step).shows?.(step.params, facts);
  return value === undefined ? undefined : JSON.stringify(value);
}

/** What stands beside it, as these facts show it; undefined where that can't be seen, or is being changed, or where the step makes a thing of its own. */
export const besideOf = <N extends StepName>(step: Draft<N>, facts: Facts): Beside | undefined =>
  changing(step, facts) ? undefined : specOf(step).beside?.(step.params, facts);

/** What it sets on a key version that can be put back to what it was. */
export const takenBackBy = <N extends StepName>(step: Draft<N>): SetOnVersion | undefined => specOf(step).takenBackBy?.(step.params);

export const isUndo = ({ name }: Pick<StepDraft, "name">): boolean => stepSpecs[name].isUndo;

export const isGrant = (step: StepDraft): step is Grant => specOf(step).grants !== null;

export const isWidening = ({ name }: Pick<StepDraft, "name">): boolean => stepSpecs[name].widens;

/** Command lines a person can run instead of the step. */
export const azOf = <N extends StepName>(step: Draft<N>): Lines => specOf(step).az(step.params);

/** Steps that agree in this are one step. */
export const mergeKeyOf = <N extends StepName>(step: Draft<N>): string => JSON.stringify([step.name, ...specOf(step).key(step.params)]);

/** Two steps on the same thing as one. */
export function mergeDrafts<D extends StepDraft>(first: D, second: StepDraft): D {
  const { merge } = specOf(first);
  return merge === null || second.name !== first.name ? first : { ...first, params: merge(first.params, second.params) };
}

/** Why the move must not be made; undefined where it may. */
export const whyForbidden = <N extends StepName>(draft: Draft<N>, proposed: Proposed): string | undefined =>
  specOf(draft).forbids?.(draft.params, proposed);

/** What is to be remembered after the step; undefined where nothing is. */
export const countAfter = <N extends StepName>(step: Draft<N>): Extension | undefined => specOf(step).counts?.(step.params);

function describe<N extends StepName>(draft: Draft<N>): Pick<Step, "id" | "on" | "about" | "tells" | "permission" | "undo"> {
  const spec = specOf(draft);
  const { params } = draft;
  const id = [draft.name, ...spec.key(params), ...(spec.sets?.(params) ?? [])].join("|");
  const tells = spec.tells?.(params);
  return {
    id,
    ...(tells ? { tells } : {}),
    on: subjectOf(draft),
    about: spec.about?.(params) ?? null,
    permission: showPermission(spec.permission(params)),
    undo: spec.undo(params),
  };
}

/** The step with all that a plan says of it. */
export const completeStep = (
  draft: StepDraft,
  purpose: Pick<Step, "causes" | "targetIds" | "needs" | "ready"> & { asks?: string },
): Step => ({
  ...draft,
  ...describe(draft),
  ...purpose,
});
