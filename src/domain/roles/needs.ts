/**
 * What Keymend's own identities need, and where: what the steps of each capability take, what the reads do, and asking Microsoft support,
 * each at the things of one vault that it is made at.
 */
import { formatArmId, groupIn, parseArmId } from "../arm-id.ts";
import type { Allowable, IdentityName, Writing } from "../capability.ts";
import type { AccessPolicy, DeletedVault, LiveVault, TargetFacts } from "../facts.ts";
import { stepSpecs } from "../steps/index.ts";
import { type Permission, united } from "../steps/spec.ts";
import { HAND_ON } from "../steps/restore-event-subscription.ts";
import type { StepName } from "../steps/step.ts";
import type { Settings } from "../settings.ts";

/** A vault with what there is to ask about around it, for the databases that have their key in it. grantees: whom a role would be given to. */
export type Guarded = {
  vault: LiveVault | DeletedVault;
  places: Readonly<Record<Place, readonly string[]>>;
  grantees: readonly string[];
};

/**
 * policy: a permission on keys in the words of access policies, which are those of the vault. grantees: to whom it is given or from whom it is
 * taken; empty where that is not what it does.
 */
export type Need = { at: string; name: string } & (
  | { kind: "action" | "dataAction"; grantees: readonly string[] }
  | { kind: "policy"; policies: readonly AccessPolicy[] }
);

/** What is allowed beside, in the words of role definitions: infra/modules/roles.bicep gives it only then. */
const BESIDE: Readonly<Record<string, Allowable>> = {
  "Microsoft.KeyVault/vaults/accessPolicies/write": "accessPolicies",
  "Microsoft.KeyVault/vaults/write": "vaults",
  "Microsoft.KeyVault/locations/deletedVaults/read": "vaults",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write": "identities",
  "Microsoft.DocumentDB/mongoClusters/write": "clusters",
  "Microsoft.Authorization/roleAssignments/delete": "revocations",
};

const KINDS = ["account", "cluster"] as const;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.keys forgets the names
const STEPS = Object.keys(stepSpecs) as StepName[];

const stepsOf = (capability: Writing): Permission =>
  united(
    STEPS.filter((name) => stepSpecs[name].capability === capability).flatMap((name) =>
      KINDS.map((targetKind) => stepSpecs[name].permission({ targetKind })),
    ),
  );

const TAKEN: Readonly<Record<Writing, Permission>> = {
  keys: stepsOf("keys"),
  access: stepsOf("access"),
  databases: stepsOf("databases"),
  vaults: stepsOf("vaults"),
};

/** What no step takes: all that is read of a vault, and asking Microsoft support. */
export type Others = Readonly<Record<Exclude<IdentityName, Writing>, Permission>>;

/** What each takes, whatever it is done at: its steps, or the others. */
export const takenBy = (capability: IdentityName, others: Others): Permission => ({ ...TAKEN, ...others })[capability];

type Place = "accounts" | "clusters" | "identities" | "groupsOfIdentities" | "vault" | "groupOfVault" | "subscriptions" | "app";

/** Where an action is asked for, by how it begins; the first that fits. What is listed over a subscription, or lies in no group, is asked for there. */
export const PLACES: readonly (readonly [string, Place])[] = [
  ["Microsoft.DocumentDB/databaseAccounts/", "accounts"],
  ["Microsoft.DocumentDB/mongoClusters/", "clusters"],
  ["Microsoft.DocumentDB/locations/", "subscriptions"],
  ["Microsoft.KeyVault/vaults/", "vault"],
  ["Microsoft.KeyVault/deletedVaults/", "subscriptions"],
  ["Microsoft.KeyVault/locations/", "subscriptions"],
  ["Microsoft.Authorization/", "vault"],
  ["Microsoft.ManagedIdentity/userAssignedIdentities/write", "groupsOfIdentities"],
  ["Microsoft.ManagedIdentity/userAssignedIdentities/", "identities"],
  ["Microsoft.EventGrid/eventSubscriptions/", "vault"],
  ["Microsoft.EventGrid/systemTopics/write", "groupOfVault"],
  ["Microsoft.EventGrid/systemTopics/eventSubscriptions/write", "groupOfVault"],
  ["Microsoft.EventGrid/systemTopics/", "subscriptions"],
  ["Microsoft.Insights/", "subscriptions"],
  ["Microsoft.Support/", "subscriptions"],
  ["Microsoft.Web/sites/functions/", "app"],
];

const placeOf = (action: string): Place => PLACES.find(([beginning]) => action.startsWith(beginning))![1];

const unique = (ids: readonly string[]): string[] => [...new Set(ids)];
export const subscriptionOf = (id: string): string =>
  formatArmId({ subscriptionId: parseArmId(id)?.subscriptionId ?? null, resourceGroup: null, parent: null, type: null, names: [] });
const groupOf = (id: string): string => groupIn(id) ?? subscriptionOf(id);

/** firstPartyPrincipalId: of Azure Cosmos DB's own service principal in this tenant; null where no setting names it. */
export type Deployed = Pick<Settings, "principals" | "allowed" | "functionAppId" | "deadLetters"> & {
  firstPartyPrincipalId: string | null;
};

export function guarded(
  vault: Guarded["vault"],
  targets: readonly TargetFacts[],
  { functionAppId, firstPartyPrincipalId }: Pick<Deployed, "functionAppId" | "firstPartyPrincipalId">,
): Guarded {
  const idsOf = (kind: TargetFacts["kind"]): string[] => targets.filter((target) => target.kind === kind).map(({ id }) => id);
  const identities = unique(targets.flatMap(({ attached }) => attached.map(({ id }) => id)));
  const principals = targets.flatMap(({ systemPrincipalId, attached, defaultIdentity }) => [
    systemPrincipalId,
    ...attached.map((one) => one.principalId),
    defaultIdentity.form === "firstParty" ? firstPartyPrincipalId : null,
  ]);
  return {
    vault,
    places: {
      accounts: idsOf("account"),
      clusters: idsOf("cluster"),
      identities,
      groupsOfIdentities: unique(identities.map(groupOf)),
      vault: [vault.id],
      groupOfVault: [groupOf(vault.id)],
      subscriptions: unique([vault.id, ...targets.map(({ id }) => id)].map(subscriptionOf)),
      app: functionAppId === null ? [] : [functionAppId],
    },
    grantees: unique(principals.filter((id) => id !== null)),
  };
}

/** Microsoft Learn, "Migrate from vault access policy to an Azure role-based access control permission model": data action → permissions on keys. */
const IN_A_POLICY: Readonly<Record<string, readonly string[]>> = {
  "Microsoft.KeyVault/vaults/keys/read": ["get", "list"],
  "Microsoft.KeyVault/vaults/keys/update/action": ["update"],
  "Microsoft.KeyVault/vaults/keys/recover/action": ["recover"],
  "Microsoft.KeyVault/vaults/keys/rotate/action": ["rotate"],
};

export const inPolicies = (dataAction: string): readonly string[] => IN_A_POLICY[dataAction]!;

const GRANTS = /^Microsoft\.Authorization\/roleAssignments\/(?:write|delete)$/;
const POLICIES_WRITE = "Microsoft.KeyVault/vaults/accessPolicies/write";

/** Which of two models a vault goes by decides what is of use there: of a deleted one nobody knows it. */
function actionNeeds(action: string, { vault, places, grantees }: Guarded): Need[] {
  const model = vault.state === "live" ? vault.permissionModel : null;
  const isGrant = GRANTS.test(action);
  if (isGrant && (model !== "rbac" || grantees.length === 0)) return [];
  if (action === POLICIES_WRITE && model !== "policies") return [];
  return places[placeOf(action)].map((at) => ({ at, kind: "action", name: action, grantees: isGrant ? grantees : [] }));
}

function keyNeeds(dataAction: string, { vault }: Guarded): Need[] {
  if (vault.state !== "live") return [];
  const { id: at, permissionModel, policies } = vault;
  return permissionModel === "rbac"
    ? [{ at, kind: "dataAction", name: dataAction, grantees: [] }]
    : inPolicies(dataAction).map((name) => ({ at, kind: "policy", name, policies }));
}

export function needsOf(capability: IdentityName, of: Guarded, others: Others, { allowed, deadLetters }: Deployed): Need[] {
  const { actions, dataActions } = takenBy(capability, others);
  const isDeployed = (action: string): boolean => BESIDE[action] === undefined || allowed.includes(BESIDE[action]);
  const handedOn = capability === "vaults" && deadLetters ? HAND_ON.actions : [];
  return [
    ...actions.filter(isDeployed).flatMap((action) => actionNeeds(action, of)),
    ...dataActions.flatMap((action) => keyNeeds(action, of)),
    ...handedOn.map((name): Need => ({ at: deadLetters!.identityId, kind: "action", name, grantees: [] })),
  ];
}
