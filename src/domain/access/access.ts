/**
 * What one principal may do, with one key above all, as Azure reckons it: from role assignments and deny assignments on a vault with Azure
 * RBAC, from access policies on the others. Pure; what could not be read counts as no access, and says so.
 * Sources: Microsoft Learn, "What is Azure RBAC", "Understand Azure role definitions", "Understand Azure deny assignments",
 * "Assign a Key Vault access policy".
 */
import { isUnder, nameOf, sameId } from "../arm-id.ts";
import type { KeyOperation } from "../databases/rules.ts";
import { judgeCondition, matchesAction } from "./condition.ts";
import type { GrantAttributes } from "./condition-attributes.ts";
import type { AccessPolicy, DenyAssignment, RoleAssignment, RoleDefinition, RolePermission } from "../facts.ts";
import { toMs } from "../time.ts";

/** The principal of a grant. `principalId` is null while the identity is still to be created: the step is then not ready. */
export type Grantee = { identityId: string | null; principalId: string | null };

export const DATA_ACTIONS: Record<KeyOperation, string> = {
  read: "Microsoft.KeyVault/vaults/keys/read",
  wrap: "Microsoft.KeyVault/vaults/keys/wrap/action",
  unwrap: "Microsoft.KeyVault/vaults/keys/unwrap/action",
  // The data action of reading covers listing (Microsoft Learn, "Azure permissions for Security": vaults/keys/read).
  list: "Microsoft.KeyVault/vaults/keys/read",
};

/** As the access-policy model spells them. */
export const POLICY_PERMISSIONS: Record<KeyOperation, string> = { read: "get", wrap: "wrapKey", unwrap: "unwrapKey", list: "list" };

/** SystemDefined principal of a deny assignment that means everyone (Microsoft Learn, "Understand Azure deny assignments"). */
const EVERYONE = "00000000-0000-0000-0000-000000000000";

export type AccessQuestion = {
  model: "rbac" | "policies";
  principalId: string;
  /** Object ids of the groups the principal is in, as far as known. */
  memberOf: readonly string[];
  keyScope: string;
  operations: readonly KeyOperation[];
  assignments: readonly RoleAssignment[];
  definitions: readonly RoleDefinition[];
  denies: readonly DenyAssignment[];
  policies: readonly AccessPolicy[];
  /**
   * The service says that this very principal has access, and has looked since this time (UTC): then it is in none of the groups that a
   * deny assignment from before speaks of.
   */
  servedSince?: string | undefined;
};

export type OperationAccess = {
  operation: KeyOperation;
  allowed: boolean;
  /** Ids of the assignments or object ids of the policies that allow it, or of the deny assignment that does not. */
  by: string[];
  /** maybeDenied: granted, and a deny assignment speaks of a group of which it is not known who is in it. */
  why: "granted" | "notGranted" | "denied" | "maybeDenied" | "condition" | "definitionUnread";
  detail: string;
};

export type EffectiveAccess = { allowed: boolean; operations: OperationAccess[]; lacking: KeyOperation[] };

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** What somebody would do, in the words of role definitions. attributes: of the role assignment that it is about. */
export type Asked = { action: string; isData: boolean; attributes?: GrantAttributes };

/** By whom and where it would be done. */
export type RoleQuestion = Pick<AccessQuestion, "principalId" | "memberOf" | "assignments" | "definitions" | "denies" | "servedSince"> & {
  scope: string;
};

/** What a role does not allow it takes away within itself only: another one may still grant it. */
const grants = (permissions: readonly RolePermission[], { action, isData }: Asked): boolean =>
  permissions.some((one) => {
    const [allowed, not] = isData ? [one.dataActions, one.notDataActions] : [one.actions, one.notActions];
    return allowed.some((pattern) => matchesAction(pattern, action)) && !not.some((pattern) => matchesAction(pattern, action));
  });

type Who = Pick<AccessQuestion, "principalId" | "memberOf">;

const isPrincipal = ({ principalId, memberOf }: Who, id: string): boolean =>
  same(id, principalId) || memberOf.some((group) => same(group, id));

type Named = DenyAssignment["principals"][number];

/** Somebody of whom it can't be told here whether the principal is one of them: a group that gave no sign of having it as a member. */
const mayMean = ({ type }: Named): boolean => type.toLowerCase() !== "serviceprincipal" && type.toLowerCase() !== "user";

/** Deny assignments can't be asked for by membership, as role assignments can (REST reference, "Deny Assignments - List For Scope"). */
function denies(question: RoleQuestion, deny: DenyAssignment, asked: Asked): "no" | "maybe" | "yes" {
  const applies = deny.doesNotApplyToChildScopes ? sameId(deny.scope, question.scope) : reaches(deny.scope, question.scope);
  // A condition on a deny assignment narrows it; what can't be judged is taken to deny.
  const holds = deny.condition === null || judgeCondition(deny.condition, asked.action, asked.attributes) !== "unmet";
  if (!applies || !holds || !grants(deny.permissions, asked)) return "no";
  const means = ({ id }: Named): boolean => id === EVERYONE || isPrincipal(question, id);
  if (deny.excludePrincipals.some(means)) return "no";
  if (!deny.principals.some(means)) return deny.principals.some(mayMean) ? "maybe" : "no";
  return deny.excludePrincipals.some(mayMean) ? "maybe" : "yes";
}

/** Of one that does not tell its time nothing says that it is new. */
const isDisproved = ({ servedSince }: RoleQuestion, { changedOn }: DenyAssignment): boolean =>
  servedSince !== undefined && (changedOn === null || toMs(changedOn) < toMs(servedSince));

/** A scope that was not told reaches nothing; the root scope is `/`. */
const reaches = (scope: string, at: string): boolean => scope.trim() !== "" && isUnder(scope, at);

/** A definition's id is written with or without the subscription, or as its GUID alone, which tells it. */
export const roleGuid = (roleDefinitionId: string): string => (nameOf(roleDefinitionId) || roleDefinitionId).toLowerCase();

/** Key Vault Crypto Service Encryption User: read, wrap, unwrap (Microsoft Learn, "Azure built-in roles for Security"). */
export const ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6";

type Grant = { assignment: RoleAssignment; state: "granted" | "condition" | "definitionUnread" };

function grantsOf(question: RoleQuestion, asked: Asked): Grant[] {
  const reaching = question.assignments.filter(
    ({ principalId, scope }) => isPrincipal(question, principalId) && reaches(scope, question.scope),
  );
  return reaching.flatMap((assignment): Grant[] => {
    const definition = question.definitions.find(({ id }) => roleGuid(id) === roleGuid(assignment.roleDefinitionId));
    if (!definition?.permissions) return [{ assignment, state: "definitionUnread" }];
    if (!grants(definition.permissions, asked)) return [];
    const met = assignment.condition === null || judgeCondition(assignment.condition, asked.action, asked.attributes) === "met";
    return [{ assignment, state: met ? "granted" : "condition" }];
  });
}

const DETAIL: Record<OperationAccess["why"], string> = {
  granted: "granted by",
  notGranted: "no role assignment grants it",
  denied: "denied by",
  maybeDenied: "denied, if it is in the group that this deny assignment speaks of, by",
  condition: "granted only under a condition that is not met or can't be judged:",
  definitionUnread: "a role that could not be read may grant it:",
};

/** by: ids of the assignments that allow it, or of the deny assignments that do not. */
export type Judgement = Pick<OperationAccess, "why" | "by">;

export const sayJudgement = ({ why, by }: Judgement): string => [DETAIL[why], ...by].join(" ");

/** Whether roles let somebody do it. */
export function judgeAction(question: RoleQuestion, asked: Asked): Judgement {
  const denying = (state: "maybe" | "yes"): string[] =>
    question.denies
      .filter((one) => denies(question, one, asked) === state && !(state === "maybe" && isDisproved(question, one)))
      .map(({ id }) => id);
  const denied = denying("yes");
  if (denied.length > 0) return { why: "denied", by: denied.slice(0, 1) };
  const found = grantsOf(question, asked);
  const maybe = found.some(({ state }) => state === "granted") ? denying("maybe") : [];
  if (maybe.length > 0) return { why: "maybeDenied", by: maybe };
  for (const why of ["granted", "condition", "definitionUnread"] as const) {
    const by = found.filter(({ state }) => state === why).map(({ assignment }) => assignment.id);
    if (by.length > 0) return { why, by };
  }
  return { why: "notGranted", by: [] };
}

function judgeRoles(question: AccessQuestion, operation: KeyOperation): OperationAccess {
  const judged = judgeAction({ ...question, scope: question.keyScope }, { action: DATA_ACTIONS[operation], isData: true });
  return { operation, allowed: judged.why === "granted", ...judged, detail: sayJudgement(judged) };
}

/** Object ids of the policies that give somebody this permission on keys. */
export function policiesGiving(policies: readonly AccessPolicy[], who: Who, permission: string): string[] {
  // A compound policy counts for an application acting on behalf of the principal, never for the principal itself.
  const mine = policies.filter(({ objectId, applicationId }) => applicationId === null && isPrincipal(who, objectId));
  return mine.filter(({ keys }) => keys.some((key) => same(key, "all") || same(key, permission))).map(({ objectId }) => objectId);
}

function judgePolicies(question: AccessQuestion, operation: KeyOperation): OperationAccess {
  const by = policiesGiving(question.policies, question, POLICY_PERMISSIONS[operation]);
  if (by.length > 0) return { operation, allowed: true, by, why: "granted", detail: `granted by the access policy of ${by.join(" and ")}` };
  return { operation, allowed: false, by, why: "notGranted", detail: `no access policy grants ${POLICY_PERMISSIONS[operation]}` };
}

export function effectiveAccess(question: AccessQuestion): EffectiveAccess {
  const judge = question.model === "rbac" ? judgeRoles : judgePolicies;
  const operations = question.operations.map((operation) => judge(question, operation));
  const lacking = operations.filter(({ allowed }) => !allowed).map(({ operation }) => operation);
  return { allowed: lacking.length === 0, operations, lacking };
}
