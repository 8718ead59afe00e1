/** Attaches an identity to an account, in a write of its own (domain/databases/database-change.ts). */
import { sameId } from "../arm-id.ts";
import { attachUser, BOTH_ASSIGNED, SYSTEM_ASSIGNED, USER_ASSIGNED } from "../databases/database-change.ts";
import { az, azPatch, BLANK, type Lines } from "./az.ts";
import { besideOnDatabase, DEFAULT_IDENTITY, identityName, SYSTEM_IDENTITY } from "./beside.ts";
import { actions, findTarget, isStale, onId, stale, type StepSpec, touchesDatabase } from "./spec.ts";

/** Attaching takes the right to hand that identity on (Microsoft Learn, "Managed Identity Operator"). */
const ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/** What is there decides the type: what the type leaves out is switched off. */
const typeBeside = (there: string, alone: string): string =>
  `contains(identity.type || 'None', '${there}') && '${BOTH_ASSIGNED}' || '${alone}'`;

/**
 * Only the new one is sent, which leaves the others alone. `az cosmosdb identity assign` sends them all, and is refused where one of them
 * is gone (Azure/azure-cli, cosmosdb module; Azure/aad-pod-identity issue 515).
 */
function azAttach(targetId: string, identityId: string): Lines {
  const isSystem = identityId === SYSTEM_ASSIGNED;
  const type = isSystem ? typeBeside(USER_ASSIGNED, SYSTEM_ASSIGNED) : typeBeside(SYSTEM_ASSIGNED, USER_ASSIGNED);
  const body = isSystem ? { identity: { type: BLANK } } : attachUser(identityId, BLANK);
  return azPatch("account", targetId, body, { run: az("cosmosdb", "show", "--ids", targetId, "--query", type, "--output", "tsv") });
}

export const attachIdentity: StepSpec<"AttachIdentity"> = {
  capability: "databases",
  permission: () => actions("Microsoft.DocumentDB/databaseAccounts/write", ASSIGN),
  undo: ({ identityId }) => `detach ${identityId} again, once it is not the default identity`,
  az: ({ targetId, identityId }) => azAttach(targetId, identityId),
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: null,
  key: ({ targetId, identityId }) => onId(targetId, identityId),
  sets: null,
  precondition: ({ targetId, identityId }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    if (identityId === SYSTEM_ASSIGNED) return target.systemPrincipalId === null ? "todo" : "done";
    if (target.attached.some(({ id }) => sameId(id, identityId))) return "done";
    // One identity that is gone fails the whole request, the good ones with it (Azure/aad-pod-identity issue 515).
    const identity = facts.identities.find(({ id }) => sameId(id, identityId));
    return identity?.state === "live" ? "todo" : stale(`identity ${identityId} is not there`);
  },
  shows: null,
  beside: ({ targetId, identityId }, facts) =>
    // Any update of its identities may take an account's default away (hashicorp/terraform-provider-azurerm, cosmosdb_account): a cause of its
    // own, which puts it back.
    besideOnDatabase(facts, targetId, identityId === SYSTEM_ASSIGNED ? SYSTEM_IDENTITY : identityName(identityId), DEFAULT_IDENTITY),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
