/** What Azure's documentation leaves open about databases, each with the default that is best supported. Set by name in `world.switches`. */
import type { World } from "../world.ts";

/** Codes may be set to any of the account's. Source of the defaults: the `CustomerManagedKeyStatus` enum of the 2023-09-15 swagger. */
const NUMBERS = {
  /** Disabled and expired have a code of their own in the newer guide; older back ends say 4002 (SubStatusCodes of the .NET SDK). */
  "documentdb.disabledOrExpiredCode": 4018,
  /** Wrap outside nbf/exp is refused alike, so it is taken for the same thing. */
  "documentdb.notYetValidCode": 4018,
  /** The version in use is out of reach, not the latest: "one scenario: customer has rotated the key". Also seen: 4012. */
  "documentdb.oldVersionCode": 4005,
  /** Key Vault answers 403 to wrap or unwrap where key_ops lacks it. */
  "documentdb.operationNotAllowedCode": 4005,
  /** The guide names "not found" and "internal unwrapping error" for a deleted key. */
  "documentdb.keyNotFoundCode": 4003,
  /** The guide names "not found", DNS and "internal unwrapping error" for a deleted vault. */
  "documentdb.vaultNotFoundCode": 4017,
  /** The vault's firewall answers 403, like a missing grant. */
  "documentdb.firewallCode": 4002,
  /** How old a key version is before the service moves to it, ms: "within one hour" (support page), up to 24 hours (guide). 0: at the next check. */
  "documentdb.versionRolloverMs": 0,
  /** How long a restored account lives on the source's identity once the source is gone, ms: "identity's renew time", no figure given. */
  "documentdb.borrowedIdentityMs": 24 * 3_600_000,
};

const FLAGS = {
  /** Revoked accounts show the text that has no code. */
  "documentdb.codelessStatus": false,
  /** Any identity update leaves the default `Undefined` (TF: azurerm_cosmosdb_account); recorded: only detaching the default does. */
  "documentdb.identityResetsDefault": false,
  /** A revoked account takes a new keyVaultKeyUri, as the guide's fix for a bad URI assumes; troubleshoot-cmk.md 1.5 says no. */
  "documentdb.keyUriWhileRevoked": false,
  /** A default identity whose id lacks its first slash, as a guide of Microsoft's writes it, means the identity all the same. */
  "documentdb.readsIdsWithoutSlash": true,
  /** A revoked account takes tags by Microsoft.Resources/tags. Whether that asks the provider, as its own PATCH does, is not documented. */
  "documentdb.tagsApiWhileRevoked": false,
  /** Updating the default identity checks the key at once. Support says checks are throttled to one an hour (SelfHelpContent cosmosdb-security-managedkeys.md). */
  "documentdb.defaultIdentityRevalidates": false,
  /** A cluster made without an identity takes one; seen: 500 internal_server_error (azure-rest-api-specs issue 38811). */
  "documentdb.clusterTakesFirstIdentity": false,
  /** Following a change's signed address takes a right of its own; "Azure permissions for databases" (Microsoft Learn) lists some and does not say. */
  "documentdb.operationsAskForRead": false,
};

const WORDS = {
  /** "ignored": identity and defaultIdentity in one update apply only the identity, silently (TF, Azure bug 2209567). Else "applied". */
  "documentdb.identityWithDefault": "ignored",
  /** clusterStatus of a cluster that lost its key: "Inaccessible" in the guide, in no specification; "Failed" is documented for failed provisioning. */
  "documentdb.clusterLostStatus": "Inaccessible",
  /** When a cluster's update tries the key before it succeeds: "never", "onKeyChange" or "always". */
  "documentdb.clusterUpdateChecksKey": "onKeyChange",
  /** startTime of a cluster's operation: "recorded" is `2024-03-04 20:35:53 +0000` (azure-cli-extensions test_cosmosdb_mongocluster_crud.yaml, previews of 2024), "date-time" what the common types declare. */
  "documentdb.clusterStartTime": "date-time",
};

export function numberSwitch(world: World, name: keyof typeof NUMBERS): number {
  const value = world.switches[name] ?? NUMBERS[name];
  if (typeof value === "number") return value;
  throw new Error(`switch ${name} takes a number`);
}

export function flagSwitch(world: World, name: keyof typeof FLAGS): boolean {
  const value = world.switches[name] ?? FLAGS[name];
  if (typeof value === "boolean") return value;
  throw new Error(`switch ${name} takes true or false`);
}

export function wordSwitch(world: World, name: keyof typeof WORDS): string {
  const value = world.switches[name] ?? WORDS[name];
  if (typeof value === "string") return value;
  throw new Error(`switch ${name} takes a word`);
}
