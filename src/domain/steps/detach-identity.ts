/** Takes a stale identity off a database, at the end of its replacement. Azure removes one only by an explicit null. */
import { sameId } from "../arm-id.ts";
import { detachFromCluster } from "../databases/database-change.ts";
import { az, azNamed, azPatch } from "./az.ts";
import { besideOnDatabase, DEFAULT_IDENTITY, identityName } from "./beside.ts";
import { isRecreated } from "../databases/index.ts";
import { actions, findTarget, isStale, onId, stale, type StepSpec, touchesDatabase } from "./spec.ts";

export const detachIdentity: StepSpec<"DetachIdentity"> = {
  capability: "databases",
  permission: ({ targetKind }) => actions(`Microsoft.DocumentDB/${targetKind === "account" ? "databaseAccounts" : "mongoClusters"}/write`),
  undo: () => null,
  az: ({ targetId, identityId, keeps }) =>
    keeps === null
      ? [az("cosmosdb", "identity", "remove", ...azNamed(targetId), "--identities", identityId)]
      : azPatch("cluster", targetId, detachFromCluster(identityId, keeps)),
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: null,
  key: ({ targetId, identityId }) => onId(targetId, identityId),
  sets: null,
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
    if (identity && (identity.state === "gone" || isRecreated(target, identity))) return "todo";
    return stale(`${identityId} is not known to be gone`);
  },
  shows: null,
  beside: ({ targetId, identityId }, facts) => besideOnDatabase(facts, targetId, identityName(identityId), DEFAULT_IDENTITY),
  takenBackBy: null,
  merge: null,
  // Only for what takes the place of the default: the default itself is detached by nobody but a person (recorded: Azure/azure-cli
  // test_cosmosdb_managed_service_identity.yaml, an account without its default identity says Undefined).
  forbids: ({ targetId, identityId }, { facts, cause }) => {
    const used = facts.targets.find(({ id }) => sameId(id, targetId))?.defaultIdentity;
    const isUsed = used?.form === "user" && sameId(used.id, identityId);
    return isUsed && cause !== "IdentityDeleted" ? "an identity in use is not detached" : undefined;
  },
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
