/**
 * Changes an account, by PATCHes of one concern each: identity and default identity in one fail without a word, key settings
 * beside anything else are refused (Azure/azure-service-operator issue 5560; hashicorp/terraform-provider-azurerm, cosmosdb_account).
 * Never by PUT, which would reset what it leaves out.
 */
import type { DatabaseAccountGetResults } from "@azure/arm-cosmosdb";
import { sameId } from "../domain/arm-id.ts";
import { ARM_ENDPOINT } from "./arm.ts";
import type { Clients } from "./clients.ts";
import { parseDefaultIdentity } from "./read-database.ts";
import { parseResourcePath } from "./resource-path.ts";
import { done, fromAnswer, refused } from "./step-result.ts";
import type { StepResult, Writes } from "./step-result.ts";

const ACCOUNT_API = "api-version=2026-03-15";

type AccountSteps = "AttachIdentity" | "SetDefaultIdentity" | "DetachIdentity" | "SetKeyUri";

/** Permission: Microsoft.DocumentDB/databaseAccounts/write; to attach, also Microsoft.ManagedIdentity/userAssignedIdentities/assign/action. */
export function createAccountWrites(clients: Pick<Clients, "accounts" | "identities" | "arm">): Writes<AccountSteps> {
  const read = (id: string): Promise<DatabaseAccountGetResults> => {
    const { subscriptionId, resourceGroup, name } = parseResourcePath(id);
    return clients.accounts(subscriptionId).databaseAccounts.get(resourceGroup, name);
  };
  const patch = async (id: string, body: unknown): Promise<StepResult> => {
    const url = `${ARM_ENDPOINT}${id}?${ACCOUNT_API}`;
    return fromAnswer(await clients.arm.send("PATCH", url, body), url, "the account took it at once");
  };
  /** A system identity switched on is a new principal. Recorded: Azure/azure-cli test_cosmosdb_managed_service_identity.yaml, 2022-04 */
  const attachSystem = async (id: string, identity: Identity): Promise<StepResult> => {
    if (hasSystem(identity)) return done("the system identity is on already");
    const users = Object.keys(identity?.userAssignedIdentities ?? {});
    if (users.length === 0) return patch(id, { identity: { type: SYSTEM } });
    // The type alone would take the others off; Azure's own CLI sends them all.
    const userAssignedIdentities = Object.fromEntries(users.map((user) => [user, {}]));
    return patch(id, { identity: { type: "SystemAssigned,UserAssigned", userAssignedIdentities } });
  };

  return {
    AttachIdentity: async ({ targetId, identityId }) => {
      if (identityId === SYSTEM) return attachSystem(targetId, (await read(targetId)).identity);
      const { subscriptionId, resourceGroup, name } = parseResourcePath(identityId);
      // A missing identity is refused as a missing permission would be: ask for it by itself first.
      const live = await clients.identities(subscriptionId).userAssignedIdentities.get(resourceGroup, name);
      const { identity } = await read(targetId);
      const attached = attachedEntry(identity, identityId);
      // Attached under another principal: a re-created identity; attaching it again refreshes it. Azure/azure-cli pull request 25712
      if (attached?.principalId !== undefined && attached.principalId === live.principalId) return done(`${name} is attached already`);
      // Others are left out, which leaves them as they are: one stale id in the map would fail the whole request.
      const type = hasSystem(identity) ? "SystemAssigned,UserAssigned" : "UserAssigned";
      return patch(targetId, { identity: { type, userAssignedIdentities: { [identityId]: {} } } });
    },

    SetDefaultIdentity: async ({ targetId, defaultIdentity }) => {
      const account = await read(targetId);
      if (account.defaultIdentity?.toLowerCase() === defaultIdentity.toLowerCase())
        return done(`${defaultIdentity} is the default already`);
      return patch(targetId, { properties: { defaultIdentity } });
    },

    DetachIdentity: async ({ targetId, identityId }) => {
      const account = await read(targetId);
      const attached = attachedEntry(account.identity, identityId);
      if (attached === undefined) return done(`${identityId} is not attached`);
      const current = parseDefaultIdentity(account.defaultIdentity);
      if (current.form === "user" && sameId(current.id, identityId)) {
        return refused("Conflict", "StillTheDefault", "the account still uses this identity: detaching it would cut the account off");
      }
      return patch(targetId, { identity: identityWithout(account.identity, attached.id) });
    },

    SetKeyUri: async ({ targetId, keyUri }) => {
      const account = await read(targetId);
      if (account.keyVaultKeyUri === keyUri) return done(`the key URI is ${keyUri} already`);
      return patch(targetId, { properties: { keyVaultKeyUri: keyUri } });
    },
  };
}

type Identity = DatabaseAccountGetResults["identity"];

const SYSTEM = "SystemAssigned";

const hasSystem = (identity: Identity): boolean => identity?.type?.includes(SYSTEM) ?? false;

function attachedEntry(identity: Identity, identityId: string): { id: string; principalId: string | undefined } | undefined {
  const entry = Object.entries(identity?.userAssignedIdentities ?? {}).find(([id]) => sameId(id, identityId));
  return entry && { id: entry[0], principalId: entry[1]?.principalId };
}

/** An explicit null removes, in the casing of the map; a map of nulls only is refused beside the type None. pulumi/pulumi-azure-native issue 4635, Azure/azure-rest-api-specs issue 25222 */
function identityWithout(identity: Identity, id: string): unknown {
  const others = Object.keys(identity?.userAssignedIdentities ?? {}).filter((other) => other !== id);
  if (others.length === 0) return { type: hasSystem(identity) ? SYSTEM : "None" };
  return { type: hasSystem(identity) ? "SystemAssigned,UserAssigned" : "UserAssigned", userAssignedIdentities: { [id]: null } };
}
