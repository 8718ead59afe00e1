import type { Cause } from "../cause.ts";
import type { DeletedVault, Facts, TargetFacts } from "../facts.ts";
import { restoreDraft } from "../mending/grants.ts";
import { losesByRecovery, ownAssignment } from "../mending/recovery.ts";
import { principalIn } from "../databases/key-path.ts";
import type { StepDraft } from "../steps/step.ts";
import { lostSubscriptions } from "../mending/event-subscriptions.ts";
import { VAULT_DELETED } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    VaultDeleted: true;
  }
}

/** The API wants one; a recovery keeps the old whatever is sent (Azure/azure-rest-api-specs issue 21306). */
const ANY_SKU = "standard";

/** What a recovery does not bring back: role assignments on the vault. Access policies come back by themselves. */
function grantsToRestore(facts: Facts, target: TargetFacts, vault: DeletedVault): StepDraft[] {
  const principal = principalIn(facts, target);
  const lost = ownAssignment(facts, target, vault.id);
  if (principal.state !== "known" || !lost) return [];
  const { principalId, identityId } = principal;
  return [restoreDraft(lost, { principalId, identityId })];
}

export const vaultDeleted: Cause = {
  code: "VaultDeleted",
  title: "The vault was deleted and can be recovered",
  shownBy: "The vault is among the deleted ones, with the day on which it will be purged.",
  repair:
    "Recover it into its own resource group, then put back what a recovery loses, as it was when last healthy: role assignments and Event Grid subscriptions. What else its keys lack shows once it is back.",
  steps: ["RecoverVault", "RestoreRoleAssignment", "RestoreEventSubscription"],
  kinds: ["account", "cluster"],
  source:
    "Microsoft Learn: vCore troubleshooting guide, row 2; Azure Key Vault soft-delete overview (role assignments and event subscriptions are not recovered)",
  madeBy: VAULT_DELETED,
  default: "ask",
  statusCodes: [4017, 4009, 4005],
  find: ({ vault }) => {
    if (vault?.state !== "deleted") return undefined;
    const text = `vault ${vault.name} is deleted since ${vault.deletedOn ?? "an unknown time"} and will be purged ${vault.scheduledPurgeOn ?? "at an unknown time"}`;
    return { effect: "broken", facts: [text], values: {} };
  },
  mend: ({ facts: reasons }, facts, target, { principals }) => {
    const { vault, baseline } = facts;
    if (vault?.state !== "deleted") return { kind: "wait", reason: reasons.join("; ") };
    const { id: vaultId, location } = vault;
    const recover: StepDraft = {
      name: "RecoverVault",
      params: {
        vaultId,
        location,
        tenantId: facts.tenantId,
        sku: baseline?.sku ?? ANY_SKU,
        loses: losesByRecovery(facts, vaultId, principals),
      },
    };
    return { kind: "steps", steps: [recover, ...grantsToRestore(facts, target, vault), ...lostSubscriptions(facts, vaultId)] };
  },
};
