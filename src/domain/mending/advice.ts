/** What a person is shown where no step mends a finding: command lines that only read. */
import { keyScopeOf } from "../arm-id.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { principalIn, uriOf } from "../databases/key-path.ts";
import { az, azGet, azGetDatabase, azNamed } from "../steps/az.ts";

const ACCOUNT_STATE =
  "properties.{key:keyVaultKeyUri,version:keyVaultKeyUriVersion,defaultIdentity:defaultIdentity,service:customerManagedKeyStatus}";
const CLUSTER_STATE = "properties.{state:clusterStatus,provisioning:provisioningState,encryption:encryption}";

export const showDatabase = ({ kind, id }: Pick<TargetFacts, "kind" | "id">): string =>
  azGetDatabase(kind, id, kind === "account" ? ACCOUNT_STATE : CLUSTER_STATE);

const vaultIdOf = ({ vault }: Facts): string | null => (vault && "id" in vault ? vault.id : null);

/** properties: of the vault, in JMESPath. */
export function showVault(facts: Facts, properties: string): string[] {
  const id = vaultIdOf(facts);
  return id === null ? [] : [az("keyvault", "show", ...azNamed(id), "--query", `{location:location,${properties}}`)];
}

export function showVersions(target: TargetFacts): string[] {
  const { host, key } = uriOf(target) ?? { host: null, key: null };
  const state = "[].{kid:kid,enabled:attributes.enabled,notBefore:attributes.notBefore,expires:attributes.expires}";
  return host && key ? [az("keyvault", "key", "list-versions", "--id", `https://${host}/keys/${key}`, "--query", state)] : [];
}

/** What the database's identity was granted at its key, and what is denied there. */
export function showAccess(facts: Facts, target: TargetFacts): string[] {
  const vaultId = vaultIdOf(facts);
  const key = uriOf(target)?.key;
  const principal = principalIn(facts, target);
  if (vaultId === null || !key || principal.state !== "known") return [];
  const scope = keyScopeOf(vaultId, key);
  const whose = ["--assignee-object-id", principal.principalId, "--fill-principal-name", "false"];
  return [
    az("role", "assignment", "list", ...whose, "--scope", scope, "--include-inherited", "--include-groups"),
    azGet(`${scope}/providers/Microsoft.Authorization/denyAssignments`, "2022-04-01&$filter=atScope()", "value[].properties"),
  ];
}
