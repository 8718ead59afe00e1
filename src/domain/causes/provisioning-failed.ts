import type { Cause } from "../cause.ts";
import { rememberedDefault } from "../databases/default-identity.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { showAccess, showVault, showVersions } from "../mending/advice.ts";
import { say } from "../steps/az.ts";

const isFailed = (state: string | null): boolean => state?.toLowerCase() === "failed";

/** A cluster that never came up is made anew by its owner; nothing of it is repaired or deleted here. */
export const provisioningFailed: Cause = {
  code: "ProvisioningFailed",
  title: "The cluster could not be provisioned",
  shownBy: "The cluster is Failed. Which requirements are not met is listed with it.",
  repair: "None: once they are met, its owner deletes the failed cluster and provisions it again. Keymend deletes nothing.",
  steps: [],
  kinds: ["cluster"],
  source: 'Microsoft Learn: vCore troubleshooting guide, "Troubleshooting failed CMK-enabled cluster provisioning"',
  default: "none",
  statusCodes: [],
  eclipses: true,
  find: (facts, target, _settings, found) => {
    const { clusterStatus, provisioningState } = target.service;
    // A running cluster whose last update failed is another matter; so is one that came up and lost its key, which may say Failed as well
    // (MicrosoftDocs/azure-databases-docs, documentdb/how-to-database-encryption-troubleshoot.md): its path is diagnosed.
    const isRunning = clusterStatus !== null && !isFailed(clusterStatus);
    const cameUp = provisioningState?.toLowerCase() === "succeeded" || rememberedDefault(target, facts.baseline) !== undefined;
    if (cameUp || (!isFailed(clusterStatus) && (isRunning || !isFailed(provisioningState)))) return undefined;
    const vault = liveVaultOf(facts);
    const unprotected = vault && !vault.purgeProtection ? [`vault ${vault.name} has no purge protection, which is required`] : [];
    const unmet = [...found.flatMap(({ code, evidence }) => evidence.facts.map((text) => `${code}: ${text}`)), ...unprotected];
    const all = unmet.length === 0 ? ["every requirement that Keymend can check is met now"] : unmet;
    return { effect: "broken", facts: [`cluster ${target.name} failed to provision`, ...all], values: {} };
  },
  mend: ({ facts }) => ({
    kind: "escalate",
    reason: `${facts.join("; ")}. Mend the requirements; a cluster that never came up is then deleted by its owner and provisioned again`,
  }),
  advice: (facts, target) => [
    ...showVault(facts, "purgeProtection:properties.enablePurgeProtection,network:properties.networkAcls"),
    ...showVersions(target),
    ...showAccess(facts, target),
    say("once each requirement is met, the owner of a cluster that never came up deletes it and provisions it again"),
  ],
};
