/** Each command line and request of Microsoft's guides to customer-managed keys, in their order, and what Keymend makes of it. */
import type { OperationName } from "../../src/domain/wish.ts";

export type GuideRow = {
  /** How the guide writes it, shortened to what it does. */
  command: string;
  /** null: none does; why says why not. */
  operation: OperationName | null;
  why: string;
};

export type Guide = { title: string; rows: readonly GuideRow[] };

const MADE_BY_OTHERS =
  "a new database is made by whoever deploys it; prepare makes what it needs beforehand, check-requirements tells whether it would come up";
const READ = "nothing to be done: GET /api/targets/{id} shows its key, and every look reads it";
const SYSTEM_ASSIGNED =
  "a system-assigned identity exists only with its account, can't be granted before, and is nothing that a restore takes along: switch-identity moves to user-assigned ones";

export const GUIDES: readonly Guide[] = [
  {
    title: "Configure customer-managed keys for your Azure Cosmos DB account with Azure Key Vault",
    rows: [
      { command: "portal: register Microsoft.DocumentDB", operation: null, why: "a subscription is registered by its owner" },
      {
        command: "portal: turn on purge protection of the vault",
        operation: "prepare",
        why: "only with purgeProtection and the vault's name as confirm, for it can't be undone; soft delete is on in every vault by now",
      },
      {
        command: "portal: add an access policy; add the role Key Vault Crypto Service Encryption User",
        operation: "prepare",
        why: "grants in the vault's own permission model, a role at the key alone",
      },
      { command: "az keyvault key create", operation: "prepare", why: "makes it with 3072 bits" },
      { command: "New-AzResource (account with keyVaultKeyUri)", operation: null, why: MADE_BY_OTHERS },
      { command: "Get-AzResource (its keyVaultKeyUri)", operation: null, why: READ },
      { command: "New-AzResourceGroupDeployment (template of an account)", operation: null, why: MADE_BY_OTHERS },
      { command: "az cosmosdb create --key-uri", operation: null, why: MADE_BY_OTHERS },
      { command: "az cosmosdb show --query keyVaultKeyUri", operation: null, why: READ },
      { command: "az cosmosdb update --default-identity SystemAssignedIdentity", operation: null, why: SYSTEM_ASSIGNED },
      { command: "az cosmosdb create --key-uri --assign-identity --default-identity", operation: null, why: MADE_BY_OTHERS },
      { command: "az cosmosdb create ... --backup-policy-type Continuous", operation: null, why: MADE_BY_OTHERS },
      {
        command: "az cosmosdb restore --assign-identity --default-identity",
        operation: null,
        why: "what is restored, and to when, is decided by whoever has lost data; prepare makes identity and grant beforehand, and an account that still uses its source's identity is found (BorrowedIdentity)",
      },
      { command: "portal: a new version of the key", operation: "rotate-key", why: "and every database is watched until it is on it" },
      {
        command: "Get-AzResource, Set-AzResource (another keyVaultKeyUri)",
        operation: "switch-key",
        why: "as a PATCH of the key URI alone; Set-AzResource puts the whole account",
      },
      {
        command: "az cosmosdb update --default-identity UserAssignedIdentity=...",
        operation: "switch-identity",
        why: "grant, attach and default, each in a write of its own",
      },
      { command: "portal: disable the latest version of the key", operation: "revoke", why: "of a key; with the intent on record first" },
      {
        command: "portal: delete the access policy of the identity",
        operation: "revoke",
        why: "of a database: its identity's role assignments at the vault or below, or just the key permissions of its access policy",
      },
      {
        command: "portal: a new identity for a restored account",
        operation: "switch-identity",
        why: "also offered as the repair of BorrowedIdentity",
      },
    ],
  },
  {
    title: "Configure customer-managed keys for your existing Azure Cosmos DB account with Azure Key Vault",
    rows: [
      {
        command: "the scanner of document ids (console application)",
        operation: "enable-cmk",
        why: "scans by itself, without account keys",
      },
      { command: "PATCH properties.keyVaultKeyUri", operation: "enable-cmk", why: "alone in its write, once all requirements are met" },
      { command: "az cosmosdb update --key-uri", operation: "enable-cmk", why: "the same" },
      { command: "az cosmosdb update --default-identity SystemAssignedIdentity=...", operation: null, why: SYSTEM_ASSIGNED },
      {
        command: "az cosmosdb update --default-identity UserAssignedIdentity=...",
        operation: "enable-cmk",
        why: "with identityId: attached, made the default, granted, before the key is set",
      },
      { command: "GET Azure-AsyncOperation", operation: "enable-cmk", why: "followed for as long as Azure encrypts" },
    ],
  },
  {
    title: "Configure customer-managed key for data encryption at rest for an Azure Cosmos DB for MongoDB vCore cluster",
    rows: [
      {
        command: "portal: identity, key and permissions",
        operation: "prepare",
        why: "in the cluster's region, with list too on access policies",
      },
      { command: "az rest --method PUT mongoClusters (with encryption)", operation: null, why: MADE_BY_OTHERS },
      {
        command: "az postgres flexible-cluster update --identity --key (another key)",
        operation: "switch-key",
        why: "as a PATCH of mongoClusters with identity and key URL in one; the command named is another service's",
      },
      {
        command: "az postgres flexible-cluster update --identity --key (another identity)",
        operation: "switch-identity",
        why: "the same PATCH",
      },
      {
        command: "az postgres flexible-cluster update --identity --key (another version of the key)",
        operation: "rotate-key",
        why: "a cluster that is pinned to a version is moved to the key without one",
      },
      {
        command: "az postgres flexible-cluster update --backup-identity --backup-key",
        operation: null,
        why: "of PostgreSQL: the encryption of Microsoft.DocumentDB/mongoClusters has one identity and one key (REST specification)",
      },
      {
        command: "az postgres flexible-cluster identity list, assign, remove",
        operation: "switch-identity",
        why: "a cluster's identity is assigned in the write that uses it; the one before stays until it is disposable",
      },
    ],
  },
];
