/** The roles that Keymend's deployment gives it, read from the very file that is deployed. */
import { fileURLToPath } from "node:url";
import { type Bicep, readBicep, type Resource, type Value } from "./bicep.ts";

const ROLES = fileURLToPath(new URL("../../infra/modules/roles.bicep", import.meta.url));
const LOG_READER = fileURLToPath(new URL("../../infra/modules/log-reader.bicep", import.meta.url));

/** What whoever deploys it decides. */
export type Choices = {
  mayWrite: boolean;
  allowAccessPolicyRepairs: boolean;
  allowVaultRepairs: boolean;
  allowIdentityRepairs: boolean;
};

export const EVERYTHING: Choices = {
  mayWrite: true,
  allowAccessPolicyRepairs: true,
  allowVaultRepairs: true,
  allowIdentityRepairs: true,
};

/** What tells one deployment of it from another. */
export type Deployed = { name: string; subscriptionId: string };

const SAMPLE: Deployed = { name: "keymend", subscriptionId: "00000000-0000-4000-8000-000000000000" };

export type DeployedPermission = { actions: string[]; notActions: string[]; dataActions: string[]; notDataActions: string[] };

export type DeployedRole = {
  /** As the file calls it. */
  symbol: string;
  roleName: string;
  permissions: DeployedPermission[];
  /** Assigned at the subscription. */
  isAssigned: boolean;
  condition?: string;
};

export type DeployedRoles = {
  roles: DeployedRole[];
  /** The role that is assigned at each vault: what infra/main.bicep hands to modules/vault-keys.bicep. */
  atVaults: string;
};

/** What modules/log-reader.bicep gives at a workspace. */
export function readLogReader(principalId: string, { name, subscriptionId } = SAMPLE): DeployedRole {
  const bicep = readBicep(LOG_READER, { workspaceName: "log", principalId, owner: `${name}, ${subscriptionId}` }, { subscriptionId });
  const [role, ...more] = bicep.resources.filter(({ type }) => type === DEFINITION);
  if (!role || more.length > 0) throw new Error(`${LOG_READER} deploys another number of roles than one`);
  return roleOf(bicep, role);
}

const DEFINITION = "Microsoft.Authorization/roleDefinitions";
const ASSIGNMENT = "Microsoft.Authorization/roleAssignments";

export function readDeployedRoles(choices: Choices, principalId: string, { name, subscriptionId } = SAMPLE): DeployedRoles {
  const bicep = readBicep(ROLES, { name, principalId, ...choices }, { subscriptionId });
  const unknown = bicep.resources.filter(({ type }) => type !== DEFINITION && type !== ASSIGNMENT);
  if (unknown.length > 0) throw new Error(`${ROLES} deploys ${unknown[0]!.symbol}, which is neither a role nor its assignment`);
  return {
    roles: bicep.resources.filter(({ type, isDeployed }) => type === DEFINITION && isDeployed).map((role) => roleOf(bicep, role)),
    atVaults: text(bicep.output(choices.mayWrite ? "keyKeeperRoleId" : "keyReaderRoleId")),
  };
}

function roleOf(bicep: Bicep, role: Resource): DeployedRole {
  const assignments = bicep.resources.filter(
    ({ type, isDeployed, at }) => type === ASSIGNMENT && isDeployed && at("properties", "roleDefinitionId") === role.symbol,
  );
  if (assignments.length > 1) throw new Error(`${ROLES} assigns ${role.symbol} more than once`);
  const condition = assignments[0]?.at("properties", "condition") ?? null;
  return {
    symbol: role.symbol,
    roleName: text(role.at("properties", "roleName")),
    permissions: list(role.at("properties", "permissions")).map(permissionOf),
    isAssigned: assignments.length === 1,
    ...(condition === null ? {} : { condition: text(condition) }),
  };
}

function permissionOf(value: Value): DeployedPermission {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${ROLES} has a permission that is none`);
  const of = (name: keyof DeployedPermission): string[] => list(value[name] ?? null).map(text);
  return { actions: of("actions"), notActions: of("notActions"), dataActions: of("dataActions"), notDataActions: of("notDataActions") };
}

function text(value: Value): string {
  if (typeof value !== "string") throw new Error(`${ROLES} has ${JSON.stringify(value)} where a text belongs`);
  return value;
}

function list(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`${ROLES} has ${JSON.stringify(value)} where a list belongs`);
  return value;
}
