/** Reads one user-assigned identity as facts. */
import type { Identity } from "@azure/arm-msi";
import { nameOf, parseArmId } from "../domain/arm-id.ts";
import type { IdentityFacts } from "../domain/facts.ts";
import { actions } from "../domain/steps/spec.ts";
import { callAzure, toUnreadable } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";

export type ReadIdentity = (id: string) => Promise<IdentityFacts>;

/** Permission. */
export const READ_IDENTITY = actions("Microsoft.ManagedIdentity/userAssignedIdentities/read");

export function createReadIdentity(clients: Pick<Clients, "identities">): ReadIdentity {
  return async (id) => {
    if (parseArmId(id)?.resourceGroup == null) return { id, state: "unreadable", why: "unusable", detail: `${id} is no id of an identity` };
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    const read = await callAzure("read identity", id, () =>
      clients.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name),
    );
    if (!read.ok) return read.failure.kind === "notFound" ? { state: "gone", id } : { id, ...toUnreadable(read.failure) };
    return identityFacts(id, read.value);
  };
}

export function identityFacts(id: string, identity: Identity): IdentityFacts {
  const { location, tenantId, principalId, clientId, tags = {} } = identity;
  if (principalId === undefined || clientId === undefined || tenantId === undefined) {
    return { id, state: "unreadable", why: "unusable", detail: "the identity has no principal yet" };
  }
  return { state: "live", id: identity.id ?? id, name: identity.name ?? nameOf(id), location, tenantId, principalId, clientId, tags };
}
