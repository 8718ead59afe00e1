/** Soft-deleted vaults: list, get, purge. Recorded: Azure/azure-cli test_keyvault_softdelete.yaml, 2022-06. */
import { AzureError, type Call, type Reply, type Route, isHere } from "../routes.ts";
import type { Vault } from "../world.ts";
import { PROVIDER, pollHeaders } from "./operation-results.ts";
import { deletedVaultBody } from "./vault-body.ts";
import { deletedVaults, sameRegion, subscriptionIdOf, vaultNamed } from "./vault-state.ts";

const PURGE_MS = 3000;

function requireDeleted(call: Call): Vault {
  const { vaultName = "", location = "" } = call.params;
  const vault = vaultNamed(call.world, vaultName);
  if (vault?.deleted && sameRegion(vault.location, location) && isHere(call, vault.id)) return vault;
  throw new AzureError(404, "DeletedVaultNotFound", `The specified deleted vault '${vaultName}' does not exist.`);
}

function list(call: Call): Reply {
  return {
    status: 200,
    body: {
      value: deletedVaults(call.world)
        .filter(({ id }) => isHere(call, id))
        .map((v) => deletedVaultBody(v)),
    },
  };
}

function purge(call: Call): Reply {
  const vault = requireDeleted(call);
  // Text and code as reported: microsoft/AzureTRE issue 1446.
  if (vault.enablePurgeProtection) throw new AzureError(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.");
  const started = call.world.clock.now();
  vault.deleted!.purgeAt = Math.min(vault.deleted!.purgeAt, started + PURGE_MS);
  return { status: 202, headers: pollHeaders(call, vault.location, { started, ends: started + PURGE_MS }) };
}

const DELETED = `${PROVIDER}/locations/{location}/deletedVaults/{vaultName}`;

export const deletedVaultRoutes: Route[] = [
  {
    method: "GET",
    pattern: `${PROVIDER}/deletedVaults`,
    action: "Microsoft.KeyVault/deletedVaults/read",
    scopeOf: subscriptionIdOf,
    handle: list,
  },
  {
    method: "GET",
    pattern: DELETED,
    action: "Microsoft.KeyVault/locations/deletedVaults/read",
    scopeOf: subscriptionIdOf,
    handle: (call) => ({ status: 200, body: deletedVaultBody(requireDeleted(call)) }),
  },
  {
    method: "POST",
    pattern: `${DELETED}/purge`,
    action: "Microsoft.KeyVault/locations/deletedVaults/purge/action",
    event: "Microsoft.KeyVault/locations/deletedVaults/purge/action",
    handle: purge,
  },
];
