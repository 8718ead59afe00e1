/** Attaches an identity to a database, in a write of its own: Azure loses one of the two when the default identity goes with it. */
import { sameId } from "../arm-id.ts";
import { az, azNamed, azRest } from "./az.ts";
import { findTarget, isStale, onId, stale, type StepSpec } from "./spec.ts";

/** As identity.type spells it. */
export const SYSTEM_ASSIGNED = "SystemAssigned";

export const CLUSTER_API_VERSION = "2026-06-01";
/** Attaching takes the right to hand that identity on (Microsoft Learn, "Managed Identity Operator"). */
const ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

export const attachIdentity: StepSpec<"AttachIdentity"> = {
  permission: ({ targetKind }) =>
    `Microsoft.DocumentDB/${targetKind === "account" ? "databaseAccounts" : "mongoClusters"}/write, ${ASSIGN}`,
  undo: ({ identityId }) => `detach ${identityId} again, once it is not the default identity`,
  az: ({ targetId, targetKind, identityId }) => [
    targetKind === "account"
      ? az("cosmosdb", "identity", "assign", ...azNamed(targetId), "--identities", identityId === SYSTEM_ASSIGNED ? "[system]" : identityId)
      : azRest("patch", targetId, CLUSTER_API_VERSION, {
          identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } },
        }),
  ],
  on: ({ targetId }) => targetId,
  key: ({ targetId, identityId }) => onId(targetId, identityId),
  precondition: ({ targetId, identityId }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (identityId === SYSTEM_ASSIGNED) return target.systemPrincipalId === null ? "todo" : "done";
    if (target.attached.some(({ id }) => sameId(id, identityId))) return "done";
    // One identity that is gone fails the whole request, the good ones with it (Azure/aad-pod-identity issue 515).
    const identity = facts.identities.find(({ id }) => sameId(id, identityId));
    return identity?.state === "live" ? "todo" : stale(`identity ${identityId} is not there`);
  },
};
