import type { Cause } from "../cause.ts";
import { uriOf } from "../databases/key-path.ts";
import { showVersions } from "../mending/advice.ts";
import { goneOf } from "../databases/sight.ts";
import { az, say } from "../steps/az.ts";
import { KEY_GONE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    KeyGone: true;
  }
}

/** Data wrapped with a key that is gone can't be read again by anyone. */
export const keyGone: Cause = {
  code: "KeyGone",
  title: "The key is gone for good",
  shownBy:
    "The key is neither live nor among the deleted ones, or it has no version that the database wraps with: purged, and made again under its name.",
  repair: "None: only a backup of the key that somebody kept, restored into a vault, could help.",
  steps: [],
  kinds: ["account", "cluster"],
  source: "Microsoft Learn: Azure Key Vault soft-delete overview (a purged key can't be recovered); status 4003",
  madeBy: KEY_GONE,
  default: "none",
  statusCodes: [4003, 4005],
  find: (facts, target) => {
    const gone = goneOf(facts, target);
    return gone?.code === "KeyGone" ? { effect: "broken", facts: [gone.text], values: {} } : undefined;
  },
  mend: ({ facts }) => ({
    kind: "unrecoverable",
    reason: `${facts.join("; ")}: only a backup of the key, restored into a vault, could help`,
  }),
  advice: (_facts, target) => {
    const { vaultName } = uriOf(target)!;
    if (!vaultName) return [];
    return [
      ...showVersions(target),
      az("keyvault", "key", "list-deleted", "--vault-name", vaultName, "--query", "[].kid"),
      say(`where somebody kept a backup: ${az("keyvault", "key", "restore", "--vault-name", vaultName, "--file")} FILE`),
    ];
  },
};
