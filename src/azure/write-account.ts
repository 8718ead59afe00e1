/** Changes an account, by PATCHes of one concern each (domain/databases/database-change.ts). */
import type { DatabaseAccountGetResults } from "@azure/arm-cosmosdb";
import { sameId } from "../domain/arm-id.ts";
import {
  attachSystem,
  attachUser,
  type DatabaseChange,
  detachUser,
  setDefault,
  keyUriChange,
  SYSTEM_ASSIGNED,
  typeWithUsers,
} from "../domain/databases/database-change.ts";
import { callAzure } from "./call-azure.ts";
import { isSameDefault, parseDefaultIdentity } from "../domain/databases/default-identity.ts";
import type { Clients, Sides } from "./clients.ts";
import { patchDatabase } from "./patch-database.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

type AccountSteps = "AttachIdentity" | "SetDefaultIdentity" | "DetachIdentity" | "SetKeyUri";

/** Permission: Microsoft.DocumentDB/databaseAccounts/write; to attach, also Microsoft.ManagedIdentity/userAssignedIdentities/assign/action. */
export function createAccountWrites({ reads, writes }: Sides<"accounts" | "identities", "arm">): Writes<AccountSteps> {
  const read = (id: string): Promise<DatabaseAccountGetResults> => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    return reads.accounts(subscriptionId).databaseAccounts.get(resourceGroup, name);
  };
  const patch = (id: string, change: DatabaseChange): Promise<StepResult> => patchDatabase(writes, "account", id, change);
  const switchOnSystem = async (id: string, identity: Identity): Promise<StepResult> => {
    if (hasSystem(identity)) return done("the system identity is on already");
    const users = Object.keys(identity?.userAssignedIdentities ?? {});
    const isLive = await Promise.all(users.map((user) => mayBeThere(reads, user)));
    return patch(
      id,
      attachSystem(
        users.length > 0,
        users.filter((_, index) => isLive[index]),
      ),
    );
  };

  return {
    AttachIdentity: async ({ targetId, identityId }) => {
      if (identityId === SYSTEM_ASSIGNED) return switchOnSystem(targetId, (await read(targetId)).identity);
      const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
      // A missing identity is refused as a missing permission would be: ask for it by itself first.
      const live = await reads.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name);
      const { identity } = await read(targetId);
      const attached = attachedEntry(identity, identityId);
      // Attached under another principal: a re-created identity; attaching it again refreshes it. Azure/azure-cli pull request 25712
      if (attached?.principalId !== undefined && attached.principalId === live.principalId) return done(`${name} is attached already`);
      return patch(targetId, attachUser(identityId, typeWithUsers(hasSystem(identity))));
    },

    SetDefaultIdentity: async ({ targetId, defaultIdentity }) => {
      const account = await read(targetId);
      if (isSameDefault(parseDefaultIdentity(account.defaultIdentity), parseDefaultIdentity(defaultIdentity)))
        return done(`${defaultIdentity} is the default already`);
      return patch(targetId, setDefault(defaultIdentity));
    },

    DetachIdentity: async ({ targetId, identityId }) => {
      const account = await read(targetId);
      const attached = attachedEntry(account.identity, identityId);
      if (attached === undefined) return done(`${identityId} is not attached`);
      const current = parseDefaultIdentity(account.defaultIdentity);
      if (current.form === "user" && sameId(current.id, identityId)) {
        return refused("Conflict", "StillTheDefault", "the account still uses this identity: detaching it would cut the account off");
      }
      const others = Object.keys(account.identity?.userAssignedIdentities ?? {}).filter((id) => id !== attached.id);
      // In the casing of the map: a removal under another one is none (Azure/azure-cli, cosmosdb module, identity remove).
      return patch(targetId, detachUser(attached.id, { hasSystem: hasSystem(account.identity), hasUsers: others.length > 0 }));
    },

    SetKeyUri: async ({ targetId, keyUri }) => {
      const account = await read(targetId);
      if (account.keyVaultKeyUri === keyUri) return done(`the key URI is ${keyUri} already`);
      return patch(targetId, keyUriChange(keyUri));
    },
  };
}

type Identity = DatabaseAccountGetResults["identity"];

/** One that can't be read may well be there. */
async function mayBeThere(clients: Pick<Clients, "identities">, identityId: string): Promise<boolean> {
  const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
  const read = await callAzure("read identity", identityId, () =>
    clients.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name),
  );
  return read.ok || read.failure.kind !== "notFound";
}

const hasSystem = (identity: Identity): boolean => identity?.type?.includes(SYSTEM_ASSIGNED) ?? false;

function attachedEntry(identity: Identity, identityId: string): { id: string; principalId: string | undefined } | undefined {
  const entry = Object.entries(identity?.userAssignedIdentities ?? {}).find(([id]) => sameId(id, identityId));
  return entry && { id: entry[0], principalId: entry[1]?.principalId };
}
