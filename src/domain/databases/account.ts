/** Accounts: Microsoft.DocumentDB/databaseAccounts. */
import type { TargetRules } from "./rules.ts";

/** Status code for a default identity that gives no token: AadClientCredentialsGrantFailure (Azure/azure-sdk-for-rust, azure_data_cosmos_driver, cosmos_status.rs). */
export const NO_TOKEN = 4000;

export const account: TargetRules = {
  // Microsoft Learn, "Configure customer-managed keys for your Azure Cosmos DB account": Get, Unwrap Key, Wrap Key.
  operations: ["read", "wrap", "unwrap"],
  // "The key itself must be passed with no versions" (Microsoft Learn, cross-tenant customer-managed keys); status 4006.
  mayPinVersion: false,
  verdict: ({ service }) => {
    if (service.healthy !== null) return service.healthy ? "healthy" : "lost";
    // Absent at older api-versions and for a moment after creation; a text that is neither of the known two is another matter.
    return service.text === null ? "silent" : "unclear";
  },
  // Swagger Microsoft.DocumentDB, ProvisioningState: "Creating – the Cosmos DB account is being created".
  isBeingCreated: ({ provisioningState }) => provisioningState?.toLowerCase() === "creating",
};
