import type { Cause } from "../cause.ts";
import { parseArmId } from "../arm-id.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { goneOf } from "../databases/sight.ts";
import { az, say } from "../steps/az.ts";
import { VAULT_GONE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    VaultGone: true;
  }
}

const DELETED = "[].{name:name,id:properties.vaultId,location:properties.location,purged:properties.scheduledPurgeDate}";

/** Where it was, if that is known; else where the database is. */
function subscriptionOf(vault: Facts["vault"], target: TargetFacts): string[] {
  return ["--subscription", parseArmId(vault!.id ?? target.id)!.subscriptionId!];
}

export const vaultGone: Cause = {
  code: "VaultGone",
  title: "The vault is gone for good",
  shownBy: "The vault is neither live nor among the deleted ones, for as long as it takes to be sure.",
  repair: "None, and nobody can: what was encrypted under its keys can only be restored from a backup under another key.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Azure Key Vault soft-delete overview (a purged vault can't be recovered); status 4017",
  madeBy: VAULT_GONE,
  default: "none",
  statusCodes: [4017, 4009],
  find: (facts, target) => {
    const gone = goneOf(facts, target);
    return gone?.code === "VaultGone" ? { effect: "broken", facts: [gone.text], values: {} } : undefined;
  },
  mend: ({ facts }) => ({ kind: "unrecoverable", reason: facts.join("; ") }),
  // Names compare without case in Azure and with it in JMESPath, and az lists those of one subscription: all of them are shown.
  advice: ({ vault }, target) => [
    say(`is ${vault!.name} among the deleted vaults of the subscription that it was in?`),
    az("keyvault", "list-deleted", ...subscriptionOf(vault, target), "--resource-type", "vault", "--query", DELETED),
  ],
};
