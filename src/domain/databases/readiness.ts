/**
 * What Keymend can't judge by its nature: no fault, and nothing that a look could cure. While the service itself confirms its access this is
 * readiness: told once, with what would let Keymend judge. Without the service's word it is a cause like any other, for then nothing shows
 * that the database is well.
 */
import { currentCloud } from "../clouds.ts";
import type { Limit } from "../cause.ts";
import { verdictOf } from "./index.ts";
import { liveVaultOf, uriOf } from "./key-path.ts";
import type { Facts, TargetFacts } from "../facts.ts";

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Microsoft Learn, "Managed HSM access control": roles of its own, which Azure RBAC does not reach. */
function hsmOf(target: TargetFacts): Limit | undefined {
  if (uriOf(target)?.kind !== "managedHsm") return undefined;
  return {
    cause: "ManagedHsm",
    text: `the key URI '${target.keyUri}' names a managed HSM, which Keymend neither reads nor repairs`,
    wants: "no setting lets Keymend judge it: the administrators of the HSM see who may use the key",
  };
}

const ELSEWHERE = "no setting lets Keymend judge it: the administrators of the vault's own tenant see who may use the key";

/**
 * Microsoft Learn, "Configure cross-tenant customer-managed keys"; "Cross-tenant management experiences" (Azure Lighthouse), Current
 * limitations: what an instance of a resource answers itself, as a vault does for its keys, is not delegated.
 */
function tenantOf(facts: Facts, target: TargetFacts): Limit | undefined {
  const { defaultIdentity, name } = target;
  if (target.keyUri === null) return undefined;
  if (defaultIdentity.form === "user" && defaultIdentity.federatedClientId !== null) {
    const text = `${name} reaches its vault as application ${defaultIdentity.federatedClientId} of another tenant`;
    return { cause: "OtherTenant", text, wants: ELSEWHERE };
  }
  const vault = liveVaultOf(facts);
  if (!vault) return undefined;
  if (target.tenantId !== null && !same(vault.tenantId, target.tenantId))
    return {
      cause: "OtherTenant",
      text: `vault ${vault.name} belongs to tenant ${vault.tenantId}, ${name} to tenant ${target.tenantId}`,
      wants: ELSEWHERE,
    };
  if (same(vault.tenantId, facts.tenantId)) return undefined;
  const both = target.tenantId === null ? "" : `, as ${name} does`;
  return {
    cause: "OtherTenant",
    text: `vault ${vault.name} belongs to tenant ${vault.tenantId}${both}; Keymend works in tenant ${facts.tenantId}`,
    wants: `deploy Keymend in tenant ${vault.tenantId} (docs/deploy.md)`,
  };
}

function whereItIs(): string {
  const { cosmosApplication, name } = currentCloud();
  if (cosmosApplication !== null) return `what this prints: az ad sp show --id ${cosmosApplication} --query id --output tsv`;
  return `the object id of Azure Cosmos DB in this tenant; its application id in ${name} is not documented`;
}

function firstPartyOf({ firstPartyPrincipalId }: Facts, { keyUri, defaultIdentity, name }: TargetFacts): Limit | undefined {
  if (keyUri === null || defaultIdentity.form !== "firstParty" || firstPartyPrincipalId !== null) return undefined;
  return {
    cause: "Unreadable",
    text: `${name} reaches its key as Azure Cosmos DB itself, whose object id in this tenant is not configured`,
    wants: `set KEYMEND_FIRST_PARTY_PRINCIPAL_ID to ${whereItIs()}`,
  };
}

/** A word that Azure has taken up since: it may let the service through or keep it out. */
export function firewallLimit(facts: Facts, { keyUri }: TargetFacts): Limit | undefined {
  const vault = liveVaultOf(facts);
  if (keyUri === null || vault?.network.unclear === undefined) return undefined;
  return {
    cause: "Unreadable",
    text: `the firewall of vault ${vault.name} says ${vault.network.unclear}, which Keymend does not know`,
    wants: "a newer version of Keymend may know it",
  };
}

export const limitOf = (facts: Facts, target: TargetFacts): Limit | undefined =>
  hsmOf(target) ?? tenantOf(facts, target) ?? firstPartyOf(facts, target) ?? firewallLimit(facts, target);

/** A limit that the service's own word makes harmless. */
export const confirmedLimit = (facts: Facts, target: TargetFacts): Limit | undefined =>
  verdictOf(target) === "healthy" ? limitOf(facts, target) : undefined;
