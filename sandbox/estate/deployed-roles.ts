/** The roles that Keymend's deployment gives it, and where it assigns them, read from the very files that are deployed. */
import { fileURLToPath } from "node:url";
import { type Bicep, readBicep, type Resource, type Value } from "./bicep.ts";

const fileOf = (name: string): string => fileURLToPath(new URL(`../../infra/modules/${name}.bicep`, import.meta.url));
const ROLES = fileOf("roles");
const VAULT_GROUP = fileOf("vault-group");
const LOG_READER = fileOf("log-reader");
const DEAD_LETTERER = fileOf("dead-letterer");
const SUPPORT = fileOf("support");

/** What is deployed one by one, each with an identity of its own. */
export const CAPABILITIES = ["observe", "keys", "access", "databases", "vaults"] as const;
export type Capability = (typeof CAPABILITIES)[number];
export type ByCapability<T> = { observe: T } & Partial<Record<Capability, T>>;

/** What else whoever deploys it decides. */
export type Choices = {
  allowAccessPolicyRepairs: boolean;
  allowVaultRepairs: boolean;
  allowIdentityRepairs: boolean;
  allowClusterRepairs: boolean;
  allowRevocations: boolean;
};

export const EVERYTHING: Choices = {
  allowAccessPolicyRepairs: true,
  allowVaultRepairs: true,
  allowIdentityRepairs: true,
  allowClusterRepairs: true,
  allowRevocations: true,
};

/** What tells one deployment of it from another. */
export type Deployed = { name: string; subscriptionId: string };

const SAMPLE: Deployed = { name: "keymend", subscriptionId: "00000000-0000-4000-8000-000000000000" };

export type DeployedPermission = { actions: string[]; notActions: string[]; dataActions: string[]; notDataActions: string[] };

/** The subscription, or each resource group with watched vaults. */
export type Place = "subscription" | "vaultGroup";

export type DeployedAssignment = { principalId: string; at: Place; condition?: string };

export type DeployedRole = {
  /** As the file calls it. */
  symbol: string;
  roleName: string;
  permissions: DeployedPermission[];
  assignments: DeployedAssignment[];
};

const DEFINITION = "Microsoft.Authorization/roleDefinitions";
const ASSIGNMENT = "Microsoft.Authorization/roleAssignments";

type AtOne = Pick<DeployedRole, "roleName" | "permissions">;

/** What modules/log-reader.bicep gives at a workspace. */
export const readLogReader = (principalId: string, { name, subscriptionId } = SAMPLE): AtOne =>
  readOne(LOG_READER, { workspaceName: "log", principalId, owner: `${name}, ${subscriptionId}` }, subscriptionId);

/** What modules/dead-letterer.bicep gives at the identity that keeps what could not be delivered. */
export const readDeadLetterer = (principalId: string, { name, subscriptionId } = SAMPLE): AtOne =>
  readOne(DEAD_LETTERER, { identityName: "id-events", principalId, owner: `${name}, ${subscriptionId}` }, subscriptionId);

/** What modules/support.bicep gives in a subscription. */
export const readSupportCaller = (principalId: string, { name, subscriptionId } = SAMPLE): AtOne =>
  readOne(SUPPORT, { principalId, owner: `${name}, ${subscriptionId}` }, subscriptionId);

function readOne(file: string, params: { principalId: string } & Record<string, string>, subscriptionId: string): AtOne {
  const bicep = readBicep(file, params, { subscriptionId });
  const [role, ...more] = bicep.resources.filter(({ type }) => type === DEFINITION);
  if (!role || more.length > 0) throw new Error(`${file} deploys another number of roles than one`);
  const given = bicep.resources.filter(({ type, isDeployed }) => type === ASSIGNMENT && isDeployed);
  if (given.length !== 1 || given[0]!.at("properties", "principalId") !== params.principalId) throw new Error(`${file} does not assign it`);
  return definitionOf(role);
}

export function readDeployedRoles(
  principals: ByCapability<string>,
  choices: Choices = EVERYTHING,
  { name, subscriptionId } = SAMPLE,
): DeployedRole[] {
  const roles = readBicep(ROLES, { name, principals, ...choices }, { subscriptionId });
  const group = readBicep(VAULT_GROUP, { principals, roles: roles.output("roles") });
  const given = [...assignmentsOf(roles, "subscription"), ...assignmentsOf(group, "vaultGroup")];
  const defined = roles.resources.filter(({ type, isDeployed }) => type === DEFINITION && isDeployed);
  const unknown = given.find(({ role }) => !defined.some(({ symbol }) => symbol === role));
  if (unknown) throw new Error(`${unknown.role} is assigned at each ${unknown.at} and not deployed`);
  return defined.map((role) => ({
    symbol: role.symbol,
    ...definitionOf(role),
    assignments: given.filter((one) => one.role === role.symbol).map(({ role: _, ...assignment }) => assignment),
  }));
}

function assignmentsOf({ resources }: Bicep, at: Place): (DeployedAssignment & { role: string })[] {
  const unknown = resources.find(({ type }) => type !== DEFINITION && type !== ASSIGNMENT);
  if (unknown) throw new Error(`${unknown.symbol} is neither a role nor its assignment`);
  return resources
    .filter(({ type, isDeployed }) => type === ASSIGNMENT && isDeployed)
    .map((resource) => {
      const condition = resource.at("properties", "condition");
      return {
        role: text(resource.at("properties", "roleDefinitionId")),
        principalId: text(resource.at("properties", "principalId")),
        at,
        ...(condition === null ? {} : { condition: text(condition) }),
      };
    });
}

const definitionOf = (role: Resource): Pick<DeployedRole, "roleName" | "permissions"> => ({
  roleName: text(role.at("properties", "roleName")),
  permissions: list(role.at("properties", "permissions")).map(permissionOf),
});

function permissionOf(value: Value): DeployedPermission {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("a role has a permission that is none");
  const of = (name: keyof DeployedPermission): string[] => list(value[name] ?? null).map(text);
  return { actions: of("actions"), notActions: of("notActions"), dataActions: of("dataActions"), notDataActions: of("notDataActions") };
}

function text(value: Value): string {
  if (typeof value !== "string") throw new Error(`a role has ${JSON.stringify(value)} where a text belongs`);
  return value;
}

function list(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`a role has ${JSON.stringify(value)} where a list belongs`);
  return value;
}
