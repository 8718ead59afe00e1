import type { Cause, Finding } from "../cause.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { rememberedDefault } from "../databases/default-identity.ts";
import { verdictOf } from "../databases/index.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { showAccess, showVault, showVersions } from "../mending/advice.ts";
import { say } from "../steps/az.ts";
import { DATABASE } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    ProvisioningFailed: true;
  }
}

const isFailed = (state: string | null): boolean => state?.toLowerCase() === "failed";

function neverCameUp(facts: Facts, target: TargetFacts, found: readonly Finding[]): boolean {
  const { clusterStatus, provisioningState } = target.service;
  // A running cluster whose last update failed is another matter; so is one that came up and lost its key, which may say Failed as well
  // (MicrosoftDocs/azure-databases-docs, documentdb/how-to-database-encryption-troubleshoot.md): its path is diagnosed.
  const isRunning = clusterStatus !== null && !isFailed(clusterStatus);
  if (provisioningState?.toLowerCase() === "succeeded" || rememberedDefault(target, facts.baseline) !== undefined) return false;
  // An account that says Failed may be one whose last change failed: it is well while its path is whole and the service confirms it.
  if (found.length === 0 && verdictOf(target) === "healthy") return false;
  return isFailed(clusterStatus) || (!isRunning && isFailed(provisioningState));
}

/**
 * A database that never came up is made anew by its owner; nothing of it is repaired or deleted here, and nothing is granted for it: whoever
 * may order a database could have any key opened to an identity of their own.
 */
export const provisioningFailed: Cause = {
  code: "ProvisioningFailed",
  title: "The database never came up",
  shownBy: "It is Failed, and was never seen well. Which requirements are not met is listed with it.",
  repair: "None: once they are met, its owner deletes what failed and provisions it again. Keymend deletes nothing, and grants it nothing.",
  steps: [],
  kinds: ["account", "cluster"],
  source: 'Microsoft Learn: vCore troubleshooting guide, "Troubleshooting failed CMK-enabled cluster provisioning"',
  madeBy: DATABASE,
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target, _settings, found) => {
    if (!neverCameUp(facts, target, found)) return undefined;
    const vault = liveVaultOf(facts);
    const unprotected = vault && !vault.purgeProtection ? [`vault ${vault.name} has no purge protection, which is required`] : [];
    const unmet = [...found.flatMap(({ code, evidence }) => evidence.facts.map((text) => `${code}: ${text}`)), ...unprotected];
    const all = unmet.length === 0 ? ["every requirement that Keymend can check is met now"] : unmet;
    return { effect: "broken", facts: [`${target.kind} ${target.name} failed to provision and never came up`, ...all], values: {} };
  },
  mend: ({ facts }) => ({
    kind: "escalate",
    reason: `${facts.join("; ")}. Mend the requirements; a database that never came up is then deleted by its owner and provisioned again`,
  }),
  advice: (facts, target) => [
    ...showVault(facts, "purgeProtection:properties.enablePurgeProtection,network:properties.networkAcls"),
    ...showVersions(target),
    ...showAccess(facts, target),
    say("once each requirement is met, the owner of a database that never came up deletes it and provisions it again"),
  ],
};
