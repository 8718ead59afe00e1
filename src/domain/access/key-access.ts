/** What a principal may do with the key of one database, as far as the facts show it, and whether that can be relied on already. */
import { type EffectiveAccess, effectiveAccess, type OperationAccess } from "./access.ts";
import { parseArmId, sameId, sameText } from "../arm-id.ts";
import type { AccessFacts, AccessPolicy, Facts, LiveVault, RoleAssignment, TargetFacts } from "../facts.ts";
import { keyOf, liveVaultOf, principalIn, uriOf } from "../databases/key-path.ts";
import { rulesOf, verdictOf } from "../databases/index.ts";
import { HOUR, MINUTE, toIso, toMs } from "../time.ts";
import { type KeyOperation, REVALIDATION_WINDOW_MS } from "../databases/rules.ts";

type ReadAccess = Extract<AccessFacts, { state: "read" }>;
type Model = "rbac" | "policies";

/** Azure has filtered the assignments already: those of another principal are those of a group that it is in. */
const groupsIn = ({ viaGroups, assignments }: ReadAccess): string[] => (viaGroups ? assignments.map(({ principalId }) => principalId) : []);

/** By role assignments alone. */
export function accessByRoles(read: ReadAccess, operations: readonly KeyOperation[], servedSince?: string): EffectiveAccess {
  return effectiveAccess({ ...read, model: "rbac", memberOf: groupsIn(read), operations, policies: [], servedSince });
}

export type AccessState =
  | { state: "unknown"; detail: string }
  /** inactive: in the model that is switched off; undefined where it was not read. assignments: what the access rests on. */
  | {
      state: "judged";
      model: Model;
      effective: EffectiveAccess;
      inactive: EffectiveAccess | undefined;
      assignments: readonly RoleAssignment[];
    };

function accessFactsOf(facts: Facts, keyName: string, principalId: string): AccessFacts | undefined {
  return facts.access.find((access) => sameText(access.principalId, principalId) && sameText(access.keyName, keyName));
}

/** A policy counts only in the vault's own tenant (Microsoft.KeyVault vaults, AccessPolicyEntry.tenantId). */
const policiesOf = ({ policies, tenantId }: LiveVault): AccessPolicy[] => policies.filter((policy) => sameText(policy.tenantId, tenantId));

function accessByPolicies(vault: LiveVault, target: TargetFacts, principalId: string, read: AccessFacts | undefined): EffectiveAccess {
  return effectiveAccess({
    model: "policies",
    principalId,
    memberOf: read?.state === "read" ? groupsIn(read) : [],
    keyScope: "",
    operations: rulesOf(target).operations,
    assignments: [],
    definitions: [],
    denies: [],
    policies: policiesOf(vault),
  });
}

type AccessQuery = { target: TargetFacts; vault: LiveVault; principalId: string; read: AccessFacts | undefined };

function judgeByPolicies(facts: Facts, { target, vault, principalId, read }: AccessQuery): AccessState {
  const effective = accessByPolicies(vault, target, principalId, read);
  const inactive = read?.state === "read" ? accessByRoles(read, rulesOf(target).operations) : undefined;
  const doubt = inactive?.allowed === true ? undefined : doubtOfPolicies(facts, target, vault, { principalId, effective });
  return doubt === undefined
    ? { state: "judged", model: "policies", effective, inactive, assignments: [] }
    : { state: "unknown", detail: doubt };
}

function judgeByRoles(facts: Facts, { target, vault, principalId, read }: AccessQuery): AccessState {
  if (read?.state !== "read") return { state: "unknown", detail: sayUnread(principalId, read) };
  const isServed = isInUse(facts, target, principalId) && verdictOf(target) === "healthy";
  // Its word may be an hour old.
  const servedSince = isServed ? toIso(toMs(facts.at) - REVALIDATION_WINDOW_MS) : undefined;
  const effective = accessByRoles(read, rulesOf(target).operations, servedSince);
  const doubt = doubtOf(facts, target, read, effective);
  if (doubt !== undefined) return { state: "unknown", detail: doubt };
  const inactive = accessByPolicies(vault, target, principalId, read);
  return { state: "judged", model: "rbac", effective, inactive, assignments: read.assignments };
}

/** Whether one principal could do what this database needs done with its key. Undefined where there is no vault or key to ask about. */
export function accessOf(facts: Facts, target: TargetFacts, principalId: string): AccessState | undefined {
  const vault = liveVaultOf(facts);
  const keyName = uriOf(target)?.key;
  if (!vault || !keyName) return undefined;
  const question = { target, vault, principalId, read: accessFactsOf(facts, keyName, principalId) };
  return vault.permissionModel === "policies" ? judgeByPolicies(facts, question) : judgeByRoles(facts, question);
}

/** The service's word is about the principal that the database uses now, and about no other. */
function isInUse(facts: Facts, target: TargetFacts, principalId: string): boolean {
  const principal = principalIn(facts, target);
  return principal.state === "known" && sameText(principal.principalId, principalId);
}

const sayUnread = (principalId: string, read: AccessFacts | undefined): string =>
  `what ${principalId} may do with the key ${read?.state === "unreadable" ? `could not be read: ${read.detail}` : "was not read"}`;

/** Something that the baseline shows for the principal is not there any more. */
function hasLost(facts: Facts, { principalId, assignments }: ReadAccess): boolean {
  const before = (facts.baseline?.assignments ?? []).filter((assignment) => sameText(assignment.principalId, principalId));
  return before.some(({ id }) => !assignments.some((now) => sameId(now.id, id)));
}

/**
 * Access that is not seen may still be there: through a group, where Azure did not resolve them, or through a role that could not be
 * read. Where the service does not say it is lost, and nothing that was there before is missing, that is the likelier reading.
 */
function doubtOf(facts: Facts, target: TargetFacts, read: ReadAccess, { allowed, operations }: EffectiveAccess): string | undefined {
  const isCertain = allowed || operations.some(({ why }) => why === "denied" || why === "condition");
  if (isCertain) return undefined;
  const isLost = verdictOf(target) === "lost";
  const maybe = operations.find(({ why }) => why === "maybeDenied");
  // Of another principal than the one in use the service says nothing.
  if (maybe) return isLost && isInUse(facts, target, read.principalId) ? undefined : maybe.detail;
  if (isLost || hasLost(facts, read)) return undefined;
  const unread = operations.find(({ why }) => why === "definitionUnread");
  if (unread) return unread.detail;
  return read.viaGroups ? undefined : `no direct grant for ${read.principalId}, and Azure did not say what it gets through groups`;
}

type ByPolicies = { principalId: string; effective: EffectiveAccess };

/** The same with access policies: one for a group that the identity is in shows as somebody else's, and no API says who is in a group. */
function doubtOfPolicies(facts: Facts, target: TargetFacts, vault: LiveVault, { principalId, effective }: ByPolicies): string | undefined {
  if (effective.allowed || verdictOf(target) === "lost" || !isInUse(facts, target, principalId)) return undefined;
  const isOwn = ({ objectId }: AccessPolicy): boolean => sameText(objectId, principalId);
  if (vault.policies.some(isOwn) || facts.baseline?.policies.some(isOwn)) return undefined;
  const identities = facts.identities.flatMap((identity) => (identity.state === "live" ? [identity.principalId] : []));
  const mayBeGroups = policiesOf(vault).filter(({ objectId }) => !identities.some((id) => sameText(id, objectId)));
  const suffices = mayBeGroups.find(({ objectId }) => accessByPolicies(vault, target, objectId, undefined).allowed);
  return (
    suffices && `no access policy of its own for ${principalId}, and it may have one through ${suffices.objectId}, should that be a group`
  );
}

export type Lacking = {
  principalId: string;
  identityId: string | null;
  model: Model;
  operations: OperationAccess[];
  inactive: EffectiveAccess | undefined;
};

/** What the database's present principal lacks, where that is certain. */
export function lackingOf(facts: Facts, target: TargetFacts): Lacking | undefined {
  const principal = principalIn(facts, target);
  if (principal.state !== "known") return undefined;
  const { principalId, identityId } = principal;
  const access = accessOf(facts, target, principalId);
  // A key that nobody can bring back needs no grant.
  if (access?.state !== "judged" || access.effective.allowed || keyOf(facts, target)?.state === "gone") return undefined;
  const { model, inactive } = access;
  return { principalId, identityId, model, inactive, operations: access.effective.operations.filter(({ allowed }) => !allowed) };
}

/** RBAC changes take up to ten minutes to reach a vault (Microsoft Learn, "Troubleshoot Azure RBAC"); access policies none. */
const PROPAGATION_MS = 10 * MINUTE;
/** Data actions granted at a management group take several hours (the same page), membership of a managed identity in a group about a day ("Managed identity best practice recommendations"). */
const SLOW_PROPAGATION_MS = 24 * HOUR;

const propagationOf = ({ scope, principalId: holder }: RoleAssignment, principalId: string): number =>
  sameText(holder, principalId) && parseArmId(scope)?.subscriptionId ? PROPAGATION_MS : SLOW_PROPAGATION_MS;

/** Whether a principal's access can be relied on: `settling` it is granted, and may not have reached the vault. */
export function grantStateOf(facts: Facts, target: TargetFacts, principalId: string): "none" | "settling" | "settled" {
  const access = accessOf(facts, target, principalId);
  if (access?.state !== "judged" || !access.effective.allowed) return "none";
  if (access.model === "policies") return "settled";
  const { assignments } = access;
  const isOld = (id: string): boolean => {
    const assignment = assignments.find((one) => sameId(one.id, id));
    if (!assignment || assignment.createdOn === null) return true;
    return toMs(facts.at) - toMs(assignment.createdOn) >= propagationOf(assignment, principalId);
  };
  return access.effective.operations.every(({ by }) => by.some(isOld)) ? "settled" : "settling";
}
