import type { Cause } from "../cause.ts";
import { az } from "../steps/az.ts";

export const vaultGone: Cause = {
  code: "VaultGone",
  title: "The vault is gone for good",
  shownBy: "The vault is neither live nor among the deleted ones, for as long as it takes to be sure.",
  repair: "None, and nobody can: what was encrypted under its keys can only be restored from a backup under another key.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Azure Key Vault soft-delete overview (a purged vault can't be recovered); status 4017",
  default: "none",
  statusCodes: [4017, 4009],
  find: ({ vault }) =>
    vault?.state === "gone"
      ? { effect: "broken", facts: [`vault ${vault.name} is neither live nor among the deleted ones`], values: {} }
      : undefined,
  mend: ({ facts }) => ({ kind: "unrecoverable", reason: facts.join("; ") }),
  advice: ({ vault }) => [az("keyvault", "list-deleted", "--query", `[?name=='${vault!.name}']`)],
};
