import type { Cause } from "../cause.ts";
import { liveVaultOf, uriOf } from "../databases/key-path.ts";
import { verdictOf } from "../databases/index.ts";
import { showVault } from "../mending/advice.ts";
import { say } from "../steps/az.ts";
import { NOBODY } from "../mending/made-by.ts";

declare module "../cause-code.ts" {
  interface CauseCodes {
    VaultUnreachable: true;
  }
}

/** DNS not resolved, service unavailable, internal error: KeyVaultDNSNotResolved, KeyVaultServiceUnavailable, KeyVaultInternalServerError. */
const CODES = [4009, 4004, 4008];

export const vaultUnreachable: Cause = {
  code: "VaultUnreachable",
  title: "The service can't reach a vault that is alive",
  shownBy: "The service says 4009, 4004 or 4008 though the vault is alive and nothing else is wrong.",
  repair: "None: wait for two hours, then ask Microsoft support.",
  steps: [],
  kinds: ["account"],
  source: 'Microsoft Learn: account troubleshooting guide, "Unable to Resolve the Key Vault\'s DNS"',
  madeBy: NOBODY,
  default: "none",
  statusCodes: CODES,
  find: (facts, target, _settings, found) => {
    const { code } = target.service;
    const vault = liveVaultOf(facts);
    if (verdictOf(target) !== "lost" || code === null || !CODES.includes(code) || !vault) return undefined;
    if (found.some(({ evidence }) => evidence.effect !== "willBreak")) return undefined;
    return {
      effect: "broken",
      facts: [`the service says ${code}, and vault ${vault.name} is alive with nothing wrong on the way to the key`],
      values: {},
    };
  },
  mend: ({ facts }) => ({ kind: "wait", reason: facts.join("; ") }),
  advice: (facts, target) => {
    // A URI with another host than a vault's is a cause of its own, which comes before this one.
    const { host } = uriOf(target)!;
    return [
      ...showVault(facts, "uri:properties.vaultUri,state:properties.provisioningState"),
      `nslookup ${host}`,
      say(`ask Microsoft support: the service can't reach a vault that is alive (${target.service.text ?? "no status"})`),
    ];
  },
};
