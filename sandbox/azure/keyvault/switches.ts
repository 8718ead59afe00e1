/** What the documentation of Key Vault leaves open, or what differs from vault to vault, each with its default. */
import type { World } from "../world.ts";

const DEFAULTS = {
  /** Lists of a subscription's vaults hold empty pages with a nextLink (recorded: cloud-custodian KeyVaultKeyTest.test_key_vault_keys_rotation.json #0). */
  "keyvault.emptyListPages": true,
  /** A new vault says RegisteringDns for about 30 s (recorded: Azure/azure-cli test_keyvault_network_rule.yaml, 2022-04). */
  "keyvault.registersDnsForMs": 30_000,
  /** PATCH of networkAcls: "replace" drops what was not sent, "merge" keeps it. Undocumented: the harsher reading is the default. */
  "keyvault.patchNetworkAcls": "replace",
  /** Whether who writes a vault's virtual network rules must be allowed to join their subnets: documented of accounts alone. The harsher reading. */
  "keyvault.rulesAskToJoinSubnets": true,
  /** Keys through ARM on a vault whose data plane denies the caller: 400 ForbiddenByRbac (Azure/bicep issue 6539), else readable. */
  "keyvault.armKeysAskDataPlane": false,
  /** Inner code of an access policy's denial: both have been seen, AccessDenied and ForbiddenByPolicy. */
  "keyvault.policyDenialCode": "AccessDenied",
  /** Inner code where public access is off: ForbiddenByFirewall or ForbiddenByConnection; both are reported. */
  "keyvault.publicAccessDenialCode": "ForbiddenByFirewall",
  /** Inner code of wrap with a key outside nbf and exp: the wire form is not documented. */
  "keyvault.expiredDenialCode": "KeyExpired",
  "keyvault.notYetValidDenialCode": "KeyNotYetValid",
  /** The address that callers come from, for the firewall. */
  "keyvault.clientAddress": "203.0.113.5",
  /** GET /deletedkeys/x is 404 for about 14 s after DELETE (recorded: Azure/azure-sdk-for-js keys_client create_read_update_and_delete, 2020-06). */
  "keyvault.deletedKeyVisibleAfterMs": 14_000,
  /** A recovered key is readable within 7 s (recorded: Azure/azure-cli test_keyvault_key_delete.yaml, 2022-08). */
  "keyvault.recoveredKeyReadableAfterMs": 7_000,
  /** What the database service makes of a soft-deleted vault, whose DNS record stays: VaultNotFound or DnsNotResolved. */
  "keyvault.softDeletedVaultLooks": "VaultNotFound",
  /** Expiry events only for versions made after a subscription to the vault's events existed (Key Vault: event-grid-overview.md, warning). */
  "keyvault.eventsOnlyForNewVersions": true,
  /** The managed HSM, by name, that lets every identity use its keys; all others let none. "": no managed HSM answers at all. */
  "keyvault.openManagedHsm": "",
  /** NBF and EXP in events: "number" (the table of event-schema-key-vault.md) or "string" (its sample). */
  "keyvault.eventTimesAs": "number",
};

type Defaults = typeof DEFAULTS;

export function setting<K extends keyof Defaults>(world: World, name: K): Defaults[K] {
  const value = world.switches[name];
  const standard = DEFAULTS[name];
  if (value === undefined) return standard;
  if (!isLike(value, standard)) throw new Error(`switch ${name} takes a ${typeof standard}`);
  return value;
}

function isLike<T>(value: unknown, sample: T): value is T {
  return typeof value === typeof sample;
}
