/** Grants that reach further than a database needs, and those that none needs. Told with what takes them away; whose they are a person knows. */
import { ENCRYPTION_USER, POLICY_PERMISSIONS, roleGuid } from "../access/access.ts";
import { matchesAction } from "../access/condition.ts";
import { isUnder, keyScopeOf, nameOf, sameId } from "../arm-id.ts";
import { keyOf, principalIn } from "../databases/key-path.ts";
import type { AccessPolicy, Facts, LiveVault, RoleAssignment, RoleDefinition, TargetFacts } from "../facts.ts";
import { az, azNamed, say } from "../steps/az.ts";
import type { Gap } from "./finding.ts";
import { gap } from "./gap.ts";

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** What no database needs of a vault, and what each would be good for (Microsoft Learn, "Azure permissions for Security", Microsoft.KeyVault). */
const DATA: Record<string, string> = {
  "Microsoft.KeyVault/vaults/keys/delete": "delete keys",
  "Microsoft.KeyVault/vaults/keys/purge/action": "purge keys",
  "Microsoft.KeyVault/vaults/keys/create/action": "create keys",
  "Microsoft.KeyVault/vaults/keys/update/action": "change keys",
  "Microsoft.KeyVault/vaults/keys/decrypt/action": "decrypt with keys",
  "Microsoft.KeyVault/vaults/keys/sign/action": "sign with keys",
  "Microsoft.KeyVault/vaults/secrets/getSecret/action": "read secrets",
};
const CONTROL: Record<string, string> = {
  "Microsoft.KeyVault/vaults/write": "change the vault",
  "Microsoft.KeyVault/vaults/delete": "delete the vault",
  "Microsoft.Authorization/roleAssignments/write": "grant access",
};

type Patterns = { allowed: readonly string[]; not: readonly string[] };

const wordsOf = (all: Record<string, string>, { allowed, not }: Patterns): string[] =>
  Object.entries(all).flatMap(([action, words]) => {
    const matches = (pattern: string): boolean => matchesAction(pattern, action);
    return allowed.some(matches) && !not.some(matches) ? [words] : [];
  });

const excessOf = ({ permissions }: RoleDefinition): string[] =>
  (permissions ?? []).flatMap(({ actions, notActions, dataActions, notDataActions }) => [
    ...wordsOf(DATA, { allowed: dataActions, not: notDataActions }),
    ...wordsOf(CONTROL, { allowed: actions, not: notActions }),
  ]);

/** Why an assignment is more than is needed; undefined where it is not. */
function whyMore({ scope }: RoleAssignment, definition: RoleDefinition, vault: LiveVault): string | undefined {
  const excess = [...new Set(excessOf(definition))];
  if (excess.length > 0) return `'${definition.roleName}' at ${scope} lets it ${excess.join(", ")}`;
  const isWide = isUnder(scope, vault.id) && !sameId(scope, vault.id);
  const isForKeys = same(roleGuid(definition.id), ENCRYPTION_USER);
  return isWide && isForKeys ? `'${definition.roleName}' at ${scope} reaches every vault below` : undefined;
}

/** A role reaches a vault within ten minutes (Microsoft Learn, "Troubleshoot Azure RBAC"): what is lost in between is an outage. */
const GRANTED_FIRST = "sleep 600 # a role takes up to ten minutes to reach the vault";

function moreByRoles(facts: Facts, vault: LiveVault, keyName: string, principalId: string): { words: string; lines: string[] } | undefined {
  const read = facts.access.find((one) => one.state === "read" && same(one.principalId, principalId) && same(one.keyName, keyName));
  if (read?.state !== "read") return undefined;
  const more = read.assignments.flatMap((assignment) => {
    const definition = read.definitions.find(({ id }) => same(roleGuid(id), roleGuid(assignment.roleDefinitionId)));
    const why = definition && same(assignment.principalId, principalId) ? whyMore(assignment, definition, vault) : undefined;
    return why === undefined ? [] : [{ why, id: assignment.id }];
  });
  if (more.length === 0) return undefined;
  const who = ["--assignee-object-id", principalId, "--assignee-principal-type", "ServicePrincipal"];
  const grant = az("role", "assignment", "create", ...who, "--role", ENCRYPTION_USER, "--scope", keyScopeOf(vault.id, keyName));
  return {
    words: more.map(({ why }) => why).join("; "),
    lines: [grant, GRANTED_FIRST, ...more.map(({ id }) => az("role", "assignment", "delete", "--ids", id))],
  };
}

const NEEDED = Object.values(POLICY_PERMISSIONS);
const isNeeded = (permission: string): boolean => NEEDED.some((needed) => same(needed, permission));

function moreByPolicies({ id, policies }: LiveVault, principalId: string): { words: string; lines: string[] } | undefined {
  const own = policies.filter(({ objectId, applicationId }) => same(objectId, principalId) && applicationId === null);
  const more = [...new Set(own.flatMap(({ keys }) => keys.filter((key) => !isNeeded(key))))];
  if (more.length === 0) return undefined;
  const line = az("keyvault", "set-policy", ...azNamed(id), "--object-id", principalId, "--key-permissions", ...NEEDED);
  return { words: `its access policy also has ${more.join(", ")}`, lines: [line] };
}

export function holdsMore(facts: Facts, vault: LiveVault, target: TargetFacts): Gap[] {
  const principal = principalIn(facts, target);
  const key = keyOf(facts, target);
  // Of Azure's own application nobody here decides.
  if (principal.state !== "known" || !key || target.defaultIdentity.form === "firstParty") return [];
  const { principalId, identityId } = principal;
  const more = vault.permissionModel === "policies" ? moreByPolicies(vault, principalId) : moreByRoles(facts, vault, key.name, principalId);
  if (!more) return [];
  const who = identityId === null ? `the identity of ${target.name}` : `identity ${nameOf(identityId)}`;
  return [gap("IdentityHoldsMore", "warning", identityId ?? target.id, `${who}: ${more.words}`, ...more.lines)];
}

function principalsHere({ identities, targets, firstPartyPrincipalId }: Facts): string[] {
  const live = identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : []));
  const own = targets.flatMap(({ systemPrincipalId, attached }) => [systemPrincipalId, ...attached.map(({ principalId }) => principalId)]);
  return [...live, ...own, firstPartyPrincipalId].filter((id) => id !== null);
}

const MAY_BE = "a database that is not seen here, a storage account or a disk may use it: look before it is taken away";

/** Only what is for encryption by services and nothing else: people and applications have their own reasons for the rest. */
const isForService = ({ keys, applicationId }: AccessPolicy): boolean =>
  applicationId === null && keys.some((key) => same(key, POLICY_PERMISSIONS.wrap)) && keys.every(isNeeded);

export function staleGrants(facts: Facts, vault: LiveVault): Gap[] {
  const here = principalsHere(facts);
  const isStranger = (id: string): boolean => !here.some((known) => same(known, id));
  const { id, name, permissionModel, policies } = vault;
  if (permissionModel === "policies")
    return policies
      .filter((policy) => isForService(policy) && isStranger(policy.objectId))
      .map(({ objectId }) =>
        gap(
          "StaleGrant",
          "note",
          id,
          `${objectId} may wrap and unwrap with the keys of vault ${name}, and no database here uses it`,
          say(MAY_BE),
          az("keyvault", "delete-policy", ...azNamed(id), "--object-id", objectId),
        ),
      );
  return (facts.held?.assignments ?? [])
    .filter(({ roleDefinitionId, principalId }) => same(roleGuid(roleDefinitionId), ENCRYPTION_USER) && isStranger(principalId))
    .map((assignment) =>
      gap(
        "StaleGrant",
        "note",
        assignment.scope,
        `${assignment.principalId} may wrap and unwrap at ${assignment.scope}, and no database here uses it`,
        say(MAY_BE),
        az("role", "assignment", "delete", "--ids", assignment.id),
      ),
    );
}
