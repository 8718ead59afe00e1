/**
 * What Azure allows and Keymend allows itself, in one place: the order of steps, and the moves that are never made whatever a cause
 * proposes. A repair that breaks one of these rules becomes a matter for a person.
 */
import { POLICY_PERMISSIONS, roleGuid } from "./access.ts";
import { isUnder, sameId } from "./arm-id.ts";
import type { CauseCode } from "./cause-code.ts";
import type { Facts, TargetFacts } from "./facts.ts";
import { ENCRYPTION_USER } from "./grants.ts";
import { parseKeyUri } from "./key-uri.ts";
import type { Settings } from "./settings.ts";
import type { StepName, StepParams } from "./steps/step.ts";
import { verdictOf } from "./targets/index.ts";
import { toMs } from "./time.ts";

/** vault → key → identity → access → network → database; within a database attach → default → detach; what only lets Keymend hear last. */
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

type Context = { facts: Facts; settings: Settings; cause: CauseCode };
type Rules = { [N in StepName]?: (params: StepParams[N], context: Context) => string | undefined };

const targetOf = (facts: Facts, targetId: string): TargetFacts | undefined => facts.targets.find(({ id }) => sameId(id, targetId));

/** Never a role that can do more, never above the vault that is this patient. */
function grantRule({ scope, roleDefinitionId }: { scope: string; roleDefinitionId: string }, { facts }: Context): string | undefined {
  const vaultId = facts.vault && "id" in facts.vault ? facts.vault.id : null;
  if (roleGuid(roleDefinitionId) !== ENCRYPTION_USER) return "only the role for reading, wrapping and unwrapping is ever granted";
  return vaultId !== null && isUnder(vaultId, scope) ? undefined : "nothing is granted at a wider scope than the vault";
}

const ALLOWED_PERMISSIONS = Object.values(POLICY_PERMISSIONS);
const ALLOWED_OPERATIONS = ["wrapKey", "unwrapKey"];

const RULES: Rules = {
  ExtendKeyExpiry: ({ expiresOn, previous }, { facts, settings }) => {
    if (previous !== null && toMs(expiresOn) <= toMs(previous))
      return `the expiry is ${previous}, and ${expiresOn} is the furthest that may be set: rotate the key`;
    return toMs(expiresOn) > toMs(facts.at) + settings.expiryHorizonMs ? "an expiry is never moved beyond the horizon" : undefined;
  },
  RestoreKeyOperations: ({ vaultUri, key, version, operations }, { facts }) => {
    const live = facts.keys.find((one) => one.name.toLowerCase() === key.toLowerCase());
    const now = live?.state === "live" ? (live.versions.find((one) => one.version === version)?.operations ?? []) : [];
    const more = operations.filter((operation) => !now.includes(operation) && !ALLOWED_OPERATIONS.includes(operation));
    return more.length === 0 ? undefined : `${vaultUri}/keys/${key} would get ${more.join(", ")}, which no database needs`;
  },
  RestoreRoleAssignment: grantRule,
  GrantKeyRole: grantRule,
  AddAccessPolicyPermissions: ({ keys }) =>
    keys.every((key) => ALLOWED_PERMISSIONS.includes(key)) ? undefined : "only reading, listing, wrapping and unwrapping is ever granted",
  // A revoked account takes nothing but changes of its identities (Microsoft Learn, "Troubleshoot CMK", 1.5). The guide to revoked
  // accounts says to set a malformed URI right all the same: that one attempt is made, and Azure's refusal believed.
  SetKeyUri: ({ targetId }, { facts, cause }) => {
    const target = targetOf(facts, targetId);
    if (!target || verdictOf(target) !== "lost" || cause === "KeyUriMalformed") return undefined;
    return "a revoked account takes nothing but changes of its identities";
  },
  // Microsoft Learn, vCore troubleshooting guide, row 1: only when the cluster is back to Ready may the key be changed.
  SetClusterEncryption: ({ targetId, keyUrl }, { facts }) => {
    const target = targetOf(facts, targetId);
    const isSameKey = parseKeyUri(target?.keyUri ?? "").version === parseKeyUri(keyUrl).version;
    const isReady = target?.service.clusterStatus?.toLowerCase() === "ready";
    return isSameKey || isReady ? undefined : "the key of a cluster is changed only while it is Ready";
  },
};

/** Why the move must not be made; undefined where it may. */
export function refusalOf<N extends StepName>(draft: { name: N; params: StepParams[N] }, context: Context): string | undefined {
  const rule: Rules[N] = RULES[draft.name];
  return rule?.(draft.params, context);
}
