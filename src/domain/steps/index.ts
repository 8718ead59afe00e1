/** All steps by name, and what can be asked of any of them. */
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import { addAccessPolicyPermissions } from "./add-access-policy-permissions.ts";
import { allowTrustedServices } from "./allow-trusted-services.ts";
import { attachIdentity } from "./attach-identity.ts";
import { createIdentity } from "./create-identity.ts";
import { detachIdentity } from "./detach-identity.ts";
import { enableKeyVersion } from "./enable-key-version.ts";
import { extendKeyExpiry } from "./extend-key-expiry.ts";
import { grantKeyRole } from "./grant-key-role.ts";
import { recoverKey } from "./recover-key.ts";
import { recoverVault } from "./recover-vault.ts";
import { restoreEventSubscription } from "./restore-event-subscription.ts";
import { restoreKeyOperations } from "./restore-key-operations.ts";
import { restoreRoleAssignment } from "./restore-role-assignment.ts";
import { setClusterEncryption } from "./set-cluster-encryption.ts";
import { setDefaultIdentity } from "./set-default-identity.ts";
import { setKeyNotBefore } from "./set-key-not-before.ts";
import { setKeyUri } from "./set-key-uri.ts";
import { type Precondition, stale, type StepSpec } from "./spec.ts";
import type { Step, StepDraft, StepName, StepParams } from "./step.ts";

export const stepSpecs: { readonly [N in StepName]: StepSpec<N> } = {
  ExtendKeyExpiry: extendKeyExpiry,
  EnableKeyVersion: enableKeyVersion,
  SetKeyNotBefore: setKeyNotBefore,
  RestoreKeyOperations: restoreKeyOperations,
  RecoverKey: recoverKey,
  RecoverVault: recoverVault,
  RestoreEventSubscription: restoreEventSubscription,
  RestoreRoleAssignment: restoreRoleAssignment,
  GrantKeyRole: grantKeyRole,
  AddAccessPolicyPermissions: addAccessPolicyPermissions,
  CreateIdentity: createIdentity,
  AttachIdentity: attachIdentity,
  SetDefaultIdentity: setDefaultIdentity,
  DetachIdentity: detachIdentity,
  AllowTrustedServices: allowTrustedServices,
  SetKeyUri: setKeyUri,
  SetClusterEncryption: setClusterEncryption,
};

type Draft<N extends StepName> = { name: N; params: StepParams[N] };

const specOf = <N extends StepName>({ name }: Draft<N>): StepSpec<N> => stepSpecs[name];

/** Whether the step may run on facts read just now. */
export function precondition<N extends StepName>(step: Draft<N>, facts: Facts): Precondition {
  const state = specOf(step).precondition(step.params, facts);
  return (state === "todo" ? changing(step, facts) : undefined) ?? state;
}

const AT_REST: readonly string[] = ["succeeded", "failed", "canceled"];

/** A database takes one change at a time, whoever began it: 412 "operation in progress which requires an exclusive lock" (hashicorp/terraform-provider-azurerm issue 15842). */
function changing({ params }: Draft<StepName>, facts: Facts): Precondition | undefined {
  const target = "targetId" in params ? facts.targets.find(({ id }) => sameId(id, params.targetId)) : undefined;
  const state = target?.service.provisioningState;
  return target && state && !AT_REST.includes(state.toLowerCase()) ? stale(`${target.name} is being changed (${state})`) : undefined;
}

/** Command lines a person can run instead of the step. */
export const azOf = <N extends StepName>(step: Draft<N>): string[] => specOf(step).az(step.params);

/** Steps that agree in this are one step. */
export const mergeKeyOf = <N extends StepName>(step: Draft<N>): string => JSON.stringify([step.name, ...specOf(step).key(step.params)]);

const withAll = (first: readonly string[], second: readonly string[]): string[] => [
  ...first,
  ...second.filter((one) => !first.some((other) => other.toLowerCase() === one.toLowerCase())),
];

/** Two steps on the same thing as one: what each adds, united; of two that would set different things, the first. */
export function mergeDrafts(first: StepDraft, second: StepDraft): StepDraft {
  if (first.name === "AddAccessPolicyPermissions" && second.name === first.name) {
    return { ...first, params: { ...first.params, keys: withAll(first.params.keys, second.params.keys) } };
  }
  if (first.name === "RestoreKeyOperations" && second.name === first.name) {
    return { ...first, params: { ...first.params, operations: withAll(first.params.operations, second.params.operations) } };
  }
  return first;
}

function describe<N extends StepName>(draft: Draft<N>): Pick<Step, "id" | "on" | "permission" | "undo"> {
  const spec = specOf(draft);
  const { params } = draft;
  const id = [draft.name, ...spec.key(params), ...(spec.sets?.(params) ?? [])].join("|");
  return { id, on: spec.on(params), permission: spec.permission(params), undo: spec.undo(params) };
}

/** The step with all that a plan says of it. */
export const completeStep = (draft: StepDraft, purpose: Pick<Step, "causes" | "targetIds" | "needs" | "ready">): Step => ({
  ...draft,
  ...describe(draft),
  ...purpose,
});
