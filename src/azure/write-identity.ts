/** Makes a user-assigned identity under a new name. Nothing is ever made again under an old one. */
import { standsInFor, tagsOf } from "../domain/steps/create-identity.ts";
import { orAbsent } from "./call-azure.ts";
import type { Sides } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, refused } from "./step-result.ts";
import type { Writes } from "./step-result.ts";

/** Permission: Microsoft.ManagedIdentity/userAssignedIdentities/write. */
export function createIdentityWrites({ reads, writes }: Sides<"identities", "identities">): Writes<"CreateIdentity"> {
  return {
    CreateIdentity: async ({ identityId, location, insteadOf }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
      const present = await orAbsent(() => reads.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name));
      if (present && (insteadOf === null || standsInFor({ tags: present.tags ?? {} }, insteadOf)))
        return done(`identity ${name} exists, principal ${present.principalId}`);
      // Someone else's: what it may do elsewhere is unknown.
      if (present !== undefined)
        return refused("Conflict", "NameTaken", `an identity ${name} exists that does not stand in for ${insteadOf}`);
      const tags = tagsOf(insteadOf);
      const made = await writes.identities(subscriptionId).userAssignedIdentities.createOrUpdate(resourceGroup, name, { location, tags });
      return done(`identity ${name} made, principal ${made.principalId}`);
    },
  };
}
