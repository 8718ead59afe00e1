import type { Cause } from "../cause.ts";
import { keyOf, liveVaultOf } from "../databases/key-path.ts";
import { KEY_DELETED } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyDeleted: true;
  }
}

export const keyDeleted: Cause = {
  code: "KeyDeleted",
  title: "The key was deleted and can be recovered",
  shownBy: "The key is among the deleted ones, with the day on which it will be purged.",
  repair: "Recover it with all its versions, and wait until it can be read.",
  steps: ["RecoverKey"],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: account troubleshooting guide, "Azure Key Vault Resource not found"; Azure Key Vault recovery management',
  madeBy: KEY_DELETED,
  default: "ask",
  statusCodes: [4003, 4005],
  find: (facts, target) => {
    const key = keyOf(facts, target);
    if (key?.state !== "deleted") return undefined;
    return {
      effect: "broken",
      facts: [
        `key ${key.name} is deleted since ${key.deletedOn ?? "an unknown time"} and will be purged ${key.scheduledPurgeOn ?? "at an unknown time"}`,
      ],
      values: { key: key.name },
    };
  },
  mend: ({ values }, facts) => {
    const vault = liveVaultOf(facts)!;
    return {
      kind: "steps",
      steps: [{ name: "RecoverKey", params: { vaultId: vault.id, vaultUri: vault.uri, key: String(values["key"]) } }],
    };
  },
};
