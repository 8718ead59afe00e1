/** Lays out user-assigned identities: the resource and its principal in the directory. */
import { addPrincipal } from "../authorization/build.ts";
import type { ManagedIdentityState, World } from "../world.ts";

export function addIdentity(
  world: World,
  spec: {
    resourceGroup: string;
    name: string;
    /** The first one where not given. */
    subscriptionId?: string;
    location?: string;
    tags?: Record<string, string>;
    keymend?: boolean;
    principalId?: string;
    clientId?: string;
  },
): ManagedIdentityState {
  const principal = addPrincipal(world, {
    name: spec.name,
    keymend: spec.keymend ?? false,
    ...(spec.principalId === undefined ? {} : { oid: spec.principalId }),
    ...(spec.clientId === undefined ? {} : { appid: spec.clientId }),
  });
  const identity: ManagedIdentityState = {
    id: identityId(spec.subscriptionId ?? world.subscriptionId, spec.resourceGroup, spec.name),
    name: spec.name,
    location: spec.location ?? "eastus2",
    tags: spec.tags ?? {},
    principalId: principal.oid,
    clientId: principal.appid,
  };
  world.identities.set(identity.id.toLowerCase(), identity);
  return identity;
}

/** This provider writes `resourcegroups` in lower case, whatever was asked (recorded: Azure/azure-cli test_identity_management.yaml, 2022-05). */
export function identityId(subscriptionId: string, resourceGroup: string, name: string): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}
