/** Makes a user-assigned identity under a new name. Nothing is ever made again under an old one. */
import { orAbsent } from "./call-azure.ts";
import type { Clients } from "./clients.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, refused } from "./step-result.ts";
import type { Writes } from "./step-result.ts";

/** Tells an identity that Keymend made from one that only has its name. */
const INSTEAD_OF = "keymend:insteadOf";

/** Permission: Microsoft.ManagedIdentity/userAssignedIdentities/write. */
export function createIdentityWrites(clients: Pick<Clients, "identities">): Writes<"CreateIdentity"> {
  return {
    CreateIdentity: async ({ identityId, location, insteadOf }) => {
      const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
      const { userAssignedIdentities } = clients.identities(subscriptionId);
      const present = await orAbsent(() => userAssignedIdentities.get(resourceGroup, name));
      if (present?.tags?.[INSTEAD_OF] !== undefined) return done(`identity ${name} exists, principal ${present.principalId}`);
      // Someone else's: what it may do elsewhere is unknown.
      if (present !== undefined) return refused("Conflict", "NameTaken", `an identity ${name} exists that Keymend has not made`);
      const tags = { [INSTEAD_OF]: insteadOf };
      const made = await userAssignedIdentities.createOrUpdate(resourceGroup, name, { location, tags });
      return done(`identity ${name} made, principal ${made.principalId}`);
    },
  };
}
