/**
 * Brings a soft-deleted vault back into its own resource group. Role assignments and event subscriptions do not come back with it
 * (Microsoft Learn, "Azure Key Vault soft-delete overview").
 */
import { nameOf, sameId } from "../arm-id.ts";
import { az, azNamed, say } from "./az.ts";
import { actions, onId, stale, type StepSpec, touchesVault } from "./spec.ts";

export const recoverVault: StepSpec<"RecoverVault"> = {
  // Microsoft Learn, "Azure Key Vault recovery management": the second one at subscription scope.
  capability: "vaults",
  permission: () => actions("Microsoft.KeyVault/vaults/write", "Microsoft.KeyVault/locations/deletedVaults/read"),
  undo: ({ vaultId }) => `delete vault ${nameOf(vaultId)} again: every database that wraps with its keys loses access`,
  az: ({ vaultId, location, loses }) => [
    az("keyvault", "recover", ...azNamed(vaultId), "--location", location),
    say(
      loses?.text ??
        `role assignments and event subscriptions of ${nameOf(vaultId)} do not come back by themselves, Keymend's own neither (docs/deploy.md)`,
    ),
    ...(loses?.az ?? []),
  ],
  on: ({ vaultId }) => vaultId,
  touches: touchesVault,
  about: null,
  tells: ({ loses }) => loses?.text ?? null,
  key: ({ vaultId }) => onId(vaultId),
  sets: null,
  precondition: ({ vaultId }, { vault }) => {
    if (vault === null || !("id" in vault) || vault.id === null || !sameId(vault.id, vaultId))
      return stale(`vault ${vaultId} was not read`);
    if (vault.state === "live") return "done";
    return vault.state === "deleted" ? "todo" : stale(`vault ${vaultId} is ${vault.state}`);
  },
  shows: null,
  beside: null,
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
