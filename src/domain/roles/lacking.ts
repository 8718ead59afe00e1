/**
 * Whether Keymend's own identities may do what they are deployed for, at each vault, before a write is refused: what lists tell of role
 * assignments, deny assignments and access policies, held against what steps and reads take. Nothing is put back here: whoever could give
 * itself a role could give itself any.
 */
import {
  ENCRYPTION_USER,
  judgeAction,
  type Judgement,
  policiesGiving,
  roleGuid,
  type RoleQuestion,
  sayJudgement,
} from "../access/access.ts";
import { isUnder, sameText } from "../arm-id.ts";
import { IDENTITIES, type IdentityName } from "../capability.ts";
import type { RoleAssignment, RoleDefinition } from "../facts.ts";
import { vaultNameOf } from "../key-uri.ts";
import type { Lists } from "../reads/screening.ts";
import { namesOf } from "../short-names.ts";
import { az, azNamed, say } from "../steps/az.ts";
import { type Deployed, type Guarded, guarded, inPolicies, type Need, needsOf, type Others, subscriptionOf, takenBy } from "./needs.ts";

/**
 * unknown: whether it may is not known, which is never taken for well. actions: in the words of role definitions, or of access policies.
 * vaultIds: the vaults that it concerns, or a subscription's id where its lists are refused. az: what gives it back.
 */
export type RoleLack = {
  capability: IdentityName;
  state: "lacking" | "unknown";
  why: string;
  actions: string[];
  vaultIds: string[];
  az: string[];
};

/** at: when all of it was compared last. ISO 8601 UTC. */
export type RolesRecord = { at: string; lacks: RoleLack[] };

/** What is known of what Keymend's identities hold. memberOf: groups of each, by its object id. */
export type Held = {
  assignments: readonly RoleAssignment[];
  definitions: readonly RoleDefinition[];
  memberOf: Readonly<Record<string, readonly string[]>>;
};

export type Compared = {
  lists: Pick<Lists, "targets" | "vaults" | "denies">;
  held: Held;
  /** Ids of those whose lists were read, and of those whose were refused. */
  read: readonly string[];
  refused: readonly string[];
  deployed: Deployed;
  others: Others;
};

/** by: what would give it. name: of the action. */
type Found = Pick<RoleLack, "capability" | "state" | "why"> & {
  by: "role" | "policy" | "nobody";
  name: string;
  at: string;
  vaultId: string;
  /** That the vault is in. */
  group: string;
};

/** Of a vault that no list shows a look at its databases tells why. */
function guardedIn({ lists: { targets, vaults }, deployed }: Compared): Guarded[] {
  const byVault = Map.groupBy(targets, ({ keyUri }) => (keyUri === null ? undefined : vaultNameOf(keyUri)?.toLowerCase()));
  return vaults.flatMap((vault) => {
    const own = byVault.get(vault.name.toLowerCase());
    return own ? [guarded(vault, own, deployed)] : [];
  });
}

const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].toSorted();

const isSure = ({ why }: Judgement): boolean => why === "notGranted" || why === "denied" || why === "condition";

/** The worst of what is judged for each of them to whom a role would be given. */
function judgeRole(question: RoleQuestion, { name: action, kind, grantees }: Exclude<Need, { kind: "policy" }>): Judgement {
  const isData = kind === "dataAction";
  if (grantees.length === 0) return judgeAction(question, { action, isData });
  const attributes = { RoleDefinitionId: ENCRYPTION_USER, PrincipalType: "ServicePrincipal" };
  const all = grantees.map((PrincipalId) => judgeAction(question, { action, isData, attributes: { ...attributes, PrincipalId } }));
  return all.find(isSure) ?? all.find(({ why }) => why !== "granted") ?? all[0]!;
}

/** Who asks, with what is held by it alone: there are many places to ask at. */
type Asking = Omit<RoleQuestion, "scope"> & { capability: IdentityName };

function askingAs(capability: IdentityName, { held, lists, deployed }: Compared): Asking {
  const principalId = deployed.principals[capability]!;
  const memberOf = held.memberOf[principalId] ?? [];
  const assignments = held.assignments.filter((one) => [principalId, ...memberOf].some((id) => sameText(id, one.principalId)));
  const roles = new Set(assignments.map(({ roleDefinitionId }) => roleGuid(roleDefinitionId)));
  const definitions = held.definitions.filter(({ id }) => roles.has(roleGuid(id)));
  return { capability, principalId, memberOf, assignments, definitions, denies: lists.denies };
}

const isIn = (subscriptionIds: readonly string[], at: string): boolean => subscriptionIds.some((id) => isUnder(`/subscriptions/${id}`, at));

const whyUnread = ({ refused }: Compared, at: string): string =>
  `role assignments of ${subscriptionOf(at)} are not read, as ${isIn(refused, at) ? "its lists are refused" : "it is not watched"}`;

function judgeNeed({ capability, ...asking }: Asking, { vault }: Guarded, need: Need, compared: Compared): Found[] {
  const found = (state: RoleLack["state"], why: string, by: Found["by"]): Found[] => [
    { capability, state, why, by, name: need.name, at: need.at, vaultId: vault.id, group: vault.resourceGroup },
  ];
  if (need.kind === "policy") {
    const isGiven = policiesGiving(need.policies, asking, need.name).length > 0;
    return isGiven ? [] : found("lacking", "no access policy gives it", "policy");
  }
  if (!isIn(compared.read, need.at)) return found("unknown", whyUnread(compared, need.at), "role");
  const judged = judgeRole({ ...asking, scope: need.at }, need);
  if (judged.why === "granted") return [];
  const isDenied = judged.why === "denied" || judged.why === "maybeDenied";
  return found(isSure(judged) ? "lacking" : "unknown", sayJudgement(judged), isDenied ? "nobody" : "role");
}

/** The whole of a policy is written anew. */
const policyLine = (capability: IdentityName, { deployed, others }: Compared, vaultId: string): string => {
  const principalId = deployed.principals[capability]!;
  const { dataActions } = takenBy(capability, others);
  return az(
    "keyvault",
    "set-policy",
    ...azNamed(vaultId),
    "--object-id",
    principalId,
    "--key-permissions",
    ...dataActions.flatMap(inPolicies),
  );
};

const DENIED = say("a deny assignment goes before every role: whoever made it, a deployment stack or a managed application, lifts it");

/**
 * No single role: what each of Keymend's holds, and under which condition, the deployment knows and the app does not. What lies at the groups of
 * vaults it gives where it is told of them.
 */
function deployLines(scopes: readonly string[], groupNames: readonly string[], { functionAppId }: Deployed): string[] {
  const isHome = (scope: string): boolean => functionAppId === null || sameText(scope, subscriptionOf(functionAppId));
  const others = scopes.filter((scope) => !isHome(scope));
  return [
    ...(groupNames.length > 0 ? [say(`among vaultGroups have to be: ${groupNames.join(", ")}`)] : []),
    ...(scopes.some(isHome) ? ["npm run deploy -- --again"] : []),
    ...others.map((scope) =>
      say(`for ${scope} its stack of infra/watch.bicep anew, with the same parameters (docs/deploy.md, More subscriptions)`),
    ),
  ];
}

const groups = <T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] => [
  ...Map.groupBy(items, (item) => JSON.stringify(keyOf(item))).values(),
];

function lackOf(all: readonly Found[], compared: Compared): RoleLack {
  const { capability, state, why, by } = all[0]!;
  const vaultIds = sorted(all.map(({ vaultId }) => vaultId));
  const byPolicy = (vaultId: string): string => policyLine(capability, compared, vaultId);
  const byDeployment = (): string[] =>
    deployLines(sorted(all.map(({ at }) => subscriptionOf(at))), sorted(all.map(({ group }) => group)), compared.deployed);
  const lines = by === "nobody" ? [DENIED] : by === "policy" ? vaultIds.map(byPolicy) : byDeployment();
  return { capability, state, why, actions: sorted(all.map(({ name }) => name)), vaultIds, az: lines };
}

/** What each identity lacks, vaults of which the same is to be said together; and what can't be told. Empty: all is as it must be. */
export function lackingRoles(compared: Compared): RoleLack[] {
  const { refused, deployed, others } = compared;
  const everybody = IDENTITIES.filter((capability) => deployed.principals[capability] !== undefined).map((one) => askingAs(one, compared));
  const found = guardedIn(compared).flatMap((of) =>
    everybody.flatMap((asking) =>
      needsOf(asking.capability, of, others, deployed).flatMap((need) => judgeNeed(asking, of, need, compared)),
    ),
  );
  const keyOf = ({ capability, state, why, by }: Found): string[] => [capability, state, why, by];
  const ofVaults = groups(found, (one) => [...keyOf(one), one.vaultId]);
  const alike = groups(ofVaults, (all) => [...keyOf(all[0]!), ...sorted(all.map(({ name }) => name))]);
  const unread = refused.map((id): RoleLack => {
    const scope = `/subscriptions/${id}`;
    const why = "lists of this subscription are refused, so nobody knows what else is lacking there";
    return {
      capability: "observe",
      state: "lacking",
      why,
      actions: sorted(others.observe.actions),
      vaultIds: [scope],
      az: deployLines([scope], [], deployed),
    };
  });
  return [...unread, ...alike.map((all) => lackOf(all.flat(), compared))];
}

const SHOWN = 10;

/** In a sentence. */
export function sayLack({ capability, state, why, actions, vaultIds }: RoleLack): string {
  const more = vaultIds.length > SHOWN ? ` and ${vaultIds.length - SHOWN} more` : "";
  const where = `${actions.join(", ")} at ${namesOf(vaultIds.slice(0, SHOWN))}${more}`;
  return state === "lacking"
    ? `Keymend's identity for ${capability} lacks ${where}: ${why}`
    : `whether Keymend's identity for ${capability} has ${where} is not known: ${why}`;
}

export const isSameLack = (one: RoleLack, other: RoleLack): boolean => JSON.stringify(one) === JSON.stringify(other);
