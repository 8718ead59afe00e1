/** Lets trusted Azure services past a vault's firewall. Its rules stay, public access stays as it is. */
import { az, azNamed } from "./az.ts";
import { besideOnVault } from "./beside.ts";
import { actions, findVault, isStale, onId, type StepSpec, touchesVault } from "./spec.ts";

export const allowTrustedServices: StepSpec<"AllowTrustedServices"> = {
  capability: "vaults",
  permission: () => actions("Microsoft.KeyVault/vaults/write"),
  undo: ({ vaultId }) => `set the firewall bypass of ${vaultId} back to None: databases that wrap with its keys lose access`,
  az: ({ vaultId }) => [az("keyvault", "update", ...azNamed(vaultId), "--bypass", "AzureServices")],
  on: ({ vaultId }) => vaultId,
  touches: touchesVault,
  about: null,
  tells: null,
  key: ({ vaultId }) => onId(vaultId),
  sets: null,
  precondition: ({ vaultId }, facts) => {
    const vault = findVault(facts, vaultId);
    if (isStale(vault)) return vault;
    return vault.network.bypass === "AzureServices" ? "done" : "todo";
  },
  shows: null,
  beside: ({ vaultId }, facts) => besideOnVault(facts, vaultId, "bypass"),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: true,
  isUndo: false,
  switchesIdentity: false,
  counts: null,
};
