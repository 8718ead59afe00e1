/** Vaults as the service knows them: by id, by name (unique in all of Azure), alive or soft-deleted. Time alone purges. */
import { resourceNotFound } from "../arm/not-found.ts";
import { AzureError, same, type Call } from "../routes.ts";
import type { Vault, World } from "../world.ts";

/** Without trailing slash. */
export const vaultUri = (vault: { name: string }): string => `https://${vault.name.toLowerCase()}.vault.azure.net`;

/** Regions are written "eastus2" and "East US 2". */
export const sameRegion = (a: string, b: string): boolean => same(a.replaceAll(" ", ""), b.replaceAll(" ", ""));

const byName = new WeakMap<World, Map<string, Vault>>();

/** Alive or soft-deleted; a vault past its purge date is gone. */
export function vaultNamed(world: World, name: string): Vault | undefined {
  const known = byName.get(world) ?? new Map<string, Vault>();
  byName.set(world, known);
  const wanted = name.toLowerCase();
  const before = known.get(wanted);
  if (before && world.vaults.get(before.id.toLowerCase()) === before && !isPurged(world, before)) return before;
  const vault = [...world.vaults.values()].find((v) => v.name.toLowerCase() === wanted && !isPurged(world, v));
  if (vault) known.set(wanted, vault);
  return vault;
}

export const isPurged = (world: World, vault: Vault): boolean => vault.deleted !== undefined && vault.deleted.purgeAt <= world.clock.now();

/** The vault of a data-plane host, also a soft-deleted one: its DNS record stays (Key Vault: soft-delete-overview.md). */
export function vaultOfHost(world: World, host: string): Vault | undefined {
  const match = /^([^.]+)\.vault\.azure\.net$/i.exec(host);
  return match ? vaultNamed(world, match[1]!) : undefined;
}

export function liveVaults(world: World): Vault[] {
  return [...world.vaults.values()].filter((v) => !v.deleted).sort((a, b) => (a.id.toLowerCase() < b.id.toLowerCase() ? -1 : 1));
}

export function deletedVaults(world: World): Vault[] {
  return [...world.vaults.values()].filter((v) => v.deleted && !isPurged(world, v));
}

export function groupIdOf(call: Call): string {
  const id = `/subscriptions/${call.params["subscriptionId"]}/resourceGroups/${call.params["resourceGroupName"]}`;
  return call.world.resourceGroups.get(id.toLowerCase())?.id ?? id;
}

export const subscriptionIdOf = (call: Call): string => `/subscriptions/${call.params["subscriptionId"]}`;

export const vaultIdOf = (call: Call): string => `${groupIdOf(call)}/providers/Microsoft.KeyVault/vaults/${call.params["vaultName"]}`;

export function findVault(call: Call): Vault | undefined {
  const vault = call.world.vaults.get(vaultIdOf(call).toLowerCase());
  return vault && !vault.deleted ? vault : undefined;
}

export function requireVault(call: Call): Vault {
  const vault = findVault(call);
  if (vault) return vault;
  const { resourceGroupName = "", vaultName = "" } = call.params;
  throw resourceNotFound("Microsoft.KeyVault/vaults", vaultName, resourceGroupName);
}

/** Text of ARM: Azure RBAC, troubleshooting.md. */
export function notAuthorized(call: Call, action: string, scope: string): AzureError {
  return new AzureError(
    403,
    "AuthorizationFailed",
    `The client '${call.caller.name}' with object id '${call.caller.oid}' does not have authorization to perform action '${action}' ` +
      `over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}
