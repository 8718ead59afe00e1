/** Takes a stale identity off a database, at the end of its replacement. Azure removes one only by an explicit null. */
import { sameId } from "../arm-id.ts";
import { az, azNamed, azPatch } from "./az.ts";
import { findTarget, isStale, onId, stale, type StepSpec } from "./spec.ts";

export const detachIdentity: StepSpec<"DetachIdentity"> = {
  permission: ({ targetKind }) => `Microsoft.DocumentDB/${targetKind === "account" ? "databaseAccounts" : "mongoClusters"}/write`,
  undo: () => null,
  az: ({ targetId, targetKind, identityId }) => {
    if (targetKind === "account") return [az("cosmosdb", "identity", "remove", ...azNamed(targetId), "--identities", identityId)];
    return azPatch(targetKind, targetId, { identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: null } } });
  },
  on: ({ targetId }) => targetId,
  key: ({ targetId, identityId }) => onId(targetId, identityId),
  precondition: ({ targetId, identityId }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    const attached = target.attached.find(({ id }) => sameId(id, identityId));
    if (!attached) return "done";
    // Detaching the default identity leaves the account without one (recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml).
    const { defaultIdentity } = target;
    if (defaultIdentity.form === "undefined" || (defaultIdentity.form === "user" && sameId(defaultIdentity.id, identityId))) {
      return stale(`${identityId} is still what ${target.name} uses`);
    }
    const identity = facts.identities.find(({ id }) => sameId(id, identityId));
    if (identity?.state === "gone") return "todo";
    const recreated = identity?.state === "live" && attached.principalId !== null && attached.principalId !== identity.principalId;
    return recreated ? "todo" : stale(`${identityId} is not known to be gone`);
  },
};
