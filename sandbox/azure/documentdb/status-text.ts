/**
 * The text of `customerManagedKeyStatus`.
 * Source: enum CustomerManagedKeyStatus of the Microsoft.DocumentDB swagger 2023-09-15, the last version in which it was one.
 */

/** Ends in a space on the wire (recorded six times: azure-cli-extensions test_cosmosdb_system_identity_restore.yaml, 2024-03). */
export const HEALTHY = "Access to the configured customer managed key confirmed. ";

const GUIDE = "https://learn.microsoft.com/en-us/azure/cosmos-db/cmk-troubleshooting-guide";
const TAIL = "; for more details about this error and how to restore access to your account please visit";

/** Code → what stands between "revoked" and the semicolon, and the heading of the guide. */
const REASONS: Record<number, { text: string; anchor: string }> = {
  4000: {
    text: "because the Azure Cosmos DB service is unable to obtain the AAD authentication token for the account's default identity",
    anchor: "#azure-active-directory-token-acquisition-error",
  },
  4002: {
    text: "because the current default identity no longer has permission to the associated Key Vault key",
    anchor: "#default-identity-is-unauthorized-to-access-the-azure-key-vault-key",
  },
  4003: { text: "because the correspondent key is not found on the specified Key Vault", anchor: "#azure-key-vault-resource-not-found" },
  4005: {
    text: "because the Azure Cosmos DB service is unable to wrap or unwrap the key",
    anchor: "#internal-unwrapping-procedure-error",
  },
  4006: {
    text: "because the Azure Cosmos DB account's key vault key URI does not follow the expected format",
    anchor: "#improper-syntax-detected-on-the-key-vault-uri-property",
  },
  4009: {
    text: "because the Azure Key Vault DNS name specified by the account's keyvaultkeyuri property could not be resolved",
    anchor: "#unable-to-resolve-the-key-vaults-dns",
  },
  4015: {
    text: "because the Azure Cosmos DB account has an undefined default identity",
    anchor: "#invalid-azure-cosmos-db-default-identity",
  },
  4016: { text: "because the access rules are blocking outbound requests to the Azure Key Vault service", anchor: "" },
  4017: { text: "because the correspondent Azure Key Vault was not found", anchor: "#azure-key-vault-resource-not-found" },
  // Not in the enum: the wording is that of the data plane's 403 body, the anchor that of the newer guide's eighth heading.
  4018: { text: "because the correspondent key is either disabled or expired", anchor: "#azure-key-disabled-or-expired" },
};

/** Codes without a text of their own get the one without a code. */
export function revokedText(code: number | null): string {
  const reason = code === null ? undefined : REASONS[code];
  if (!reason) return `Access to your account is currently revoked${TAIL} ${GUIDE}`;
  return `Access to your account is currently revoked ${reason.text}${TAIL} ${GUIDE}${reason.anchor} (${code}).`;
}
