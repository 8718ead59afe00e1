/**
 * Turns on purge protection of a vault, which both guides to customer-managed keys ask for. "Once enabled, purge protection can't be disabled or
 * overridden by anyone including Microsoft" (Microsoft Learn, "Azure Key Vault soft-delete overview").
 */
import { az, azNamed } from "./az.ts";
import { besideOnVault } from "./beside.ts";
import { actions, findVault, isStale, onId, type StepSpec, touchesVault } from "./spec.ts";

export const PURGE_PROTECTION_STAYS =
  "Purge protection can never be turned off again: until the vault's retention has passed, nobody can purge the vault, or a key, secret or certificate of it, once it is deleted.";

export const enablePurgeProtection: StepSpec<"EnablePurgeProtection"> = {
  capability: "vaults",
  permission: () => actions("Microsoft.KeyVault/vaults/write"),
  undo: () => null,
  az: ({ vaultId }) => [az("keyvault", "update", ...azNamed(vaultId), "--enable-purge-protection", "true")],
  on: ({ vaultId }) => vaultId,
  touches: touchesVault,
  about: null,
  tells: () => PURGE_PROTECTION_STAYS,
  key: ({ vaultId }) => onId(vaultId),
  sets: null,
  precondition: ({ vaultId }, facts) => {
    const vault = findVault(facts, vaultId);
    if (isStale(vault)) return vault;
    return vault.purgeProtection ? "done" : "todo";
  },
  shows: null,
  beside: ({ vaultId }, facts) => besideOnVault(facts, vaultId, "purge protection"),
  takenBackBy: null,
  merge: null,
  // No repair needs it.
  forbids: () => "purge protection is turned on only where somebody wants just that",
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
