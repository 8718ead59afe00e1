/** What ARM's front end says of a resource that is not there (recorded: Azure/azure-cli test_cosmosdb_system_identity_restore.yaml, 2023-07). */
import { AzureError } from "../routes.ts";

/** type: `Microsoft.KeyVault/vaults`; name: with its parents, `topic/eventSubscriptions/name` for a child. */
export function resourceNotFound(type: string, name: string, group: string): AzureError {
  return new AzureError(
    404,
    "ResourceNotFound",
    `The Resource '${type}/${name}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
    { headers: { "x-ms-failure-cause": "gateway" } },
  );
}
