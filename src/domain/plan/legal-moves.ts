/**
 * What Azure allows and Keymend allows itself, in one place: the order of steps, and the moves that are never made whatever a cause
 * proposes. A repair that breaks one of these rules becomes a matter for a person.
 */
import { POLICY_PERMISSIONS, roleGuid } from "../access/access.ts";
import { isUnder, sameId } from "../arm-id.ts";
import type { CauseCode } from "../cause-code.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { ENCRYPTION_USER } from "../mending/grants.ts";
import { parseKeyUri } from "../key-uri.ts";
import type { Settings } from "../settings.ts";
import { isDatabase } from "../steps/az.ts";
import type { StepDraft, StepName, StepParams } from "../steps/step.ts";
import { verdictOf } from "../databases/index.ts";
import { toMs } from "../time.ts";

/**
 * vault → key → identity → access → network → database; within a database attach → default → detach; what only lets Keymend hear last.
 * A vault that is deleted takes no grant, and its recovery loses those it had (Microsoft Learn, "Azure Key Vault soft-delete overview"); an
 * expired key is extended before anything else is changed, and nothing is rotated before the database is well (account troubleshooting
 * guide; vCore troubleshooting guide, row 1); a new identity comes before its grant, the grant before the switch, the stale one goes last
 * (Microsoft Learn, "Troubleshoot CMK", identities that were deleted).
 */
const ORDER: readonly StepName[] = [
  "RecoverVault",
  "RecoverKey",
  "EnableKeyVersion",
  "SetKeyNotBefore",
  "ExtendKeyExpiry",
  "RestoreKeyOperations",
  "CreateIdentity",
  "RestoreRoleAssignment",
  "GrantKeyRole",
  "AddAccessPolicyPermissions",
  "AllowTrustedServices",
  "SetKeyUri",
  "AttachIdentity",
  "SetDefaultIdentity",
  "SetClusterEncryption",
  "DetachIdentity",
  "RestoreEventSubscription",
];

export const rankOf = (name: StepName): number => ORDER.indexOf(name);

/** A database's own identity has a principal only once it is switched on: it can be granted nothing before. */
export function rankOfDraft({ name, params }: StepDraft): number {
  const isToCome = "principalId" in params && params.principalId === null && isDatabase(params.identityId);
  return isToCome ? rankOf("AttachIdentity") + 0.5 : rankOf(name);
}

type Context = { facts: Facts; settings: Settings; cause: CauseCode };
type Rules = { [N in StepName]?: (params: StepParams[N], context: Context) => string | undefined };

const targetOf = (facts: Facts, targetId: string): TargetFacts | undefined => facts.targets.find(({ id }) => sameId(id, targetId));

/** Least privilege (Microsoft Learn, "Best practices for Azure RBAC"): never a role that can do more, never above the vault that is this patient. */
function grantRule({ scope, roleDefinitionId }: { scope: string; roleDefinitionId: string }, { facts }: Context): string | undefined {
  const vaultId = facts.vault && "id" in facts.vault ? (facts.vault.id ?? "") : "";
  if (roleGuid(roleDefinitionId) !== ENCRYPTION_USER) return "only the role for reading, wrapping and unwrapping is ever granted";
  return vaultId !== "" && isUnder(vaultId, scope) ? undefined : "nothing is granted at a wider scope than the vault";
}

/** As an assignment may be made: without a type a principal that was just created is refused (Microsoft Learn, "Troubleshoot Azure RBAC"). */
const PRINCIPAL_TYPES: readonly string[] = ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"];

const isSameKey = (a: string, b: string): boolean => {
  const [one, other] = [parseKeyUri(a), parseKeyUri(b)];
  return one.host === other.host && one.key?.toLowerCase() === other.key?.toLowerCase();
};
const ANOTHER_KEY = "a database stays with its key: no repair moves it to another one";

const ALLOWED_PERMISSIONS = Object.values(POLICY_PERMISSIONS);
const ALLOWED_OPERATIONS = ["wrapKey", "unwrapKey"];

const RULES: Rules = {
  // Key Vault takes an expiry in the past without a word, and never takes one off again (recorded: Azure/azure-sdk-for-js keyvault-keys,
  // recording_can_update_a_disabled_key.js).
  ExtendKeyExpiry: ({ expiresOn, previous }, { facts, settings }) => {
    if (previous === null) return "a version without an expiry is given none";
    if (toMs(expiresOn) <= toMs(facts.at)) return "an expiry is never set in the past";
    if (toMs(expiresOn) <= toMs(previous))
      return `the expiry is ${previous}, and ${expiresOn} is the furthest that may be set: rotate the key`;
    return toMs(expiresOn) > toMs(facts.at) + settings.expiryHorizonMs ? "an expiry is never moved beyond the horizon" : undefined;
  },
  // Key Vault REST reference, "Update Key": key_ops is replaced as a whole, so that what is there has to be sent along.
  RestoreKeyOperations: ({ vaultUri, key, version, operations }, { facts }) => {
    const live = facts.keys.find((one) => one.name.toLowerCase() === key.toLowerCase());
    const now = live?.state === "live" ? (live.versions.find((one) => one.version === version)?.operations ?? []) : [];
    const more = operations.filter((operation) => !now.includes(operation) && !ALLOWED_OPERATIONS.includes(operation));
    return more.length === 0 ? undefined : `${vaultUri}/keys/${key} would get ${more.join(", ")}, which no database needs`;
  },
  RestoreRoleAssignment: (params, context) =>
    PRINCIPAL_TYPES.includes(params.principalType)
      ? grantRule(params, context)
      : `an assignment is not made for a principal of type ${params.principalType}`,
  GrantKeyRole: grantRule,
  // Microsoft Learn, "Configure customer-managed keys" (get, wrapKey, unwrapKey) and "Data encryption at rest in vCore" (list as well).
  AddAccessPolicyPermissions: ({ keys }) =>
    keys.every((key) => ALLOWED_PERMISSIONS.includes(key)) ? undefined : "only reading, listing, wrapping and unwrapping is ever granted",
  // Only for what takes the place of the default: the default itself is detached by nobody but a person (recorded: Azure/azure-cli
  // test_cosmosdb_managed_service_identity.yaml, an account without its default identity says Undefined).
  DetachIdentity: ({ targetId, identityId }, { facts, cause }) => {
    const used = targetOf(facts, targetId)?.defaultIdentity;
    const isUsed = used?.form === "user" && sameId(used.id, identityId);
    return isUsed && cause !== "IdentityDeleted" ? "an identity in use is not detached" : undefined;
  },
  // A revoked account takes nothing but changes of its identities (Microsoft Learn, "Troubleshoot CMK", 1.5). The guide to revoked
  // accounts says to set a malformed URI right all the same: that one attempt is made, and Azure's refusal believed.
  SetKeyUri: ({ targetId, keyUri }, { facts, cause }) => {
    const target = targetOf(facts, targetId);
    if (target && !isSameKey(target.keyUri ?? "", keyUri)) return ANOTHER_KEY;
    if (!target || verdictOf(target) !== "lost" || cause === "KeyUriMalformed") return undefined;
    return "a revoked account takes nothing but changes of its identities";
  },
  // Microsoft Learn, vCore troubleshooting guide, row 1: only when the cluster is back to Ready may the key be changed.
  SetClusterEncryption: ({ targetId, keyUrl }, { facts }) => {
    const target = targetOf(facts, targetId);
    if (target && !isSameKey(target.keyUri ?? "", keyUrl)) return ANOTHER_KEY;
    const isSameVersion = parseKeyUri(target?.keyUri ?? "").version === parseKeyUri(keyUrl).version;
    const isReady = target?.service.clusterStatus?.toLowerCase() === "ready";
    return isSameVersion || isReady ? undefined : "the key of a cluster is changed only while it is Ready";
  },
};

/** Why the move must not be made; undefined where it may. */
export function refusalOf<N extends StepName>(draft: { name: N; params: StepParams[N] }, context: Context): string | undefined {
  const rule: Rules[N] = RULES[draft.name];
  return rule?.(draft.params, context);
}
