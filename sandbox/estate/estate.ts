/** The sample estate: four vaults, two with role assignments and two with access policies, the databases on them, and Keymend beside. */
import { addPrincipal, assignRole } from "../azure/authorization/build.ts";
import { loadBuiltInRoles, ROLE } from "../azure/authorization/builtin-roles.ts";
import { addAccount, addCluster } from "../azure/documentdb/build.ts";
import { FIRST_PARTY_APP_ID } from "../azure/documentdb/key-path.ts";
import { addEventSubscription, addSystemTopic } from "../azure/event-grid/build.ts";
import { addKey, addVault, keyUriOf, type KeySpec } from "../azure/keyvault/build.ts";
import { addIdentity } from "../azure/managed-identity/build.ts";
import type { Account, Cluster, ManagedIdentityState, Principal, ResourceGroup, Vault, Workspace, World } from "../azure/world.ts";
import { grantKeymend, KEYMEND_KEY_PERMISSIONS } from "./keymend-access.ts";

/** The two kinds of database. */
export type Kind = "account" | "cluster";

/** One vault with everything that depends on it. */
export type Patient = {
  kind: Kind;
  access: "rbac" | "policies";
  vault: Vault;
  keyName: string;
  identity: ManagedIdentityState;
  databases: (Account | Cluster)[];
};

export type Estate = {
  keymend: ManagedIdentityState;
  operator: Principal;
  reader: Principal;
  approver: Principal;
  /** Cosmos DB's own service principal in the tenant. */
  cosmosDb: Principal;
  patients: Patient[];
  /** Where the vaults' audit logs go, where a story has that. */
  logWorkspace?: Workspace;
};

const REGION = "westus2";
const DATA = "rg-data";
const KEYS = "rg-keys";
const KEYMEND = "rg-keymend";
const DAY_S = 86_400;

/** What lets an event through to onResourceEvent. */
const OPERATIONS = [
  "Microsoft.Authorization/roleAssignments/write",
  "Microsoft.Authorization/roleAssignments/delete",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.KeyVault/vaults/delete",
  "Microsoft.KeyVault/vaults/accessPolicies/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
  "Microsoft.DocumentDB/databaseAccounts/write",
  "Microsoft.DocumentDB/mongoClusters/write",
  "Microsoft.Resources/subscriptions/resourceGroups/delete",
];
const KEY_EVENTS = ["KeyNewVersionCreated", "KeyNearExpiry", "KeyExpired", "VaultAccessPolicyChanged"];

function addGroups(world: World): void {
  for (const name of [DATA, KEYS, KEYMEND]) {
    const id = `/subscriptions/${world.subscriptionId}/resourceGroups/${name}`;
    const group: ResourceGroup = { id, name, location: REGION, tags: { owner: "platform" } };
    world.resourceGroups.set(id.toLowerCase(), group);
  }
}

function addPeople(world: World): Pick<Estate, "operator" | "reader" | "approver" | "cosmosDb"> {
  const scope = `/subscriptions/${world.subscriptionId}`;
  const person = (name: string, appRole: string): Principal =>
    addPrincipal(world, { name, secret: world.random.hex("secret", 40), appRoles: [appRole] });
  const operator = person("operator", "Keymend.Operator");
  const reader = person("reader", "Keymend.Reader");
  const approver = person("approver", "Keymend.Approver");
  assignRole(world, { principalId: operator.oid, role: ROLE.owner, scope });
  // The operator works with keys too, which Owner alone does not allow (Key Vault RBAC guide: control plane and data plane are separate).
  assignRole(world, { principalId: operator.oid, role: ROLE.keyVaultAdministrator, scope });
  assignRole(world, { principalId: reader.oid, role: ROLE.reader, scope });
  return { operator, reader, approver, cosmosDb: addPrincipal(world, { name: "Azure Cosmos DB", appid: FIRST_PARTY_APP_ID }) };
}

type PatientSpec = {
  name: string;
  kind: Kind;
  access: Patient["access"];
  databases: string[];
  key?: Omit<KeySpec, "name">;
};

function addPatient(world: World, spec: PatientSpec, admins: { oid: string; keys: string[] }[]): Patient {
  const { name, kind, access } = spec;
  const identity = addIdentity(world, { resourceGroup: DATA, name: `id-${name}`, location: REGION });
  const own = kind === "account" ? ["get", "wrapKey", "unwrapKey"] : ["get", "list", "wrapKey", "unwrapKey"];
  const policies = [{ objectId: identity.principalId, keys: own }, ...admins.map(({ oid, keys }) => ({ objectId: oid, keys }))];
  const vault = addVault(world, {
    name: `kv-${name}`,
    resourceGroup: KEYS,
    location: REGION,
    rbac: access === "rbac",
    policies: access === "policies" ? policies : [],
  });
  const keyName = `cmk-${name}`;
  addKey(world, vault, { name: keyName, ...spec.key });
  const uri = keyUriOf(vault, keyName);
  const add = (database: string): Account | Cluster => {
    const common = { name: database, resourceGroup: DATA, location: "West US 2", identities: [identity.id] };
    return kind === "account"
      ? addAccount(world, { ...common, keyUri: uri })
      : addCluster(world, { ...common, location: REGION, keyUrl: uri });
  };
  return { kind, access, vault, keyName, identity, databases: spec.databases.map(add) };
}

function addEvents(world: World, vaults: Vault[]): void {
  const app = `/subscriptions/${world.subscriptionId}/resourceGroups/${KEYMEND}/providers/Microsoft.Web/sites/func-keymend/functions`;
  for (const vault of vaults) {
    const topic = addSystemTopic(world, { resourceGroup: KEYS, name: `evgt-${vault.name}`, source: vault.id, location: REGION });
    const includedEventTypes = KEY_EVENTS.map((type) => `Microsoft.KeyVault.${type}`);
    addEventSubscription(world, { topic, name: "keymend-keys", functionId: `${app}/onKeyVaultEvent`, includedEventTypes });
  }
  const topic = addSystemTopic(world, {
    resourceGroup: KEYMEND,
    name: "evgt-subscription",
    source: `/subscriptions/${world.subscriptionId}`,
  });
  addEventSubscription(world, {
    topic,
    name: "keymend-resources",
    functionId: `${app}/onResourceEvent`,
    includedEventTypes: ["Write", "Delete", "Action"].map((verb) => `Microsoft.Resources.Resource${verb}Success`),
    filter: { advancedFilters: [{ operatorType: "StringIn", key: "data.operationName", values: OPERATIONS }] },
  });
}

/** Grants as they stand in real subscriptions: at the vault, at a key, through a group, and some that do not help. */
function addGrants(world: World, patients: Patient[]): void {
  const [orders, catalog] = patients.filter((patient) => patient.access === "rbac");
  const role = ROLE.keyVaultCryptoServiceEncryptionUser;
  if (orders) assignRole(world, { principalId: orders.identity.principalId, role, scope: orders.vault.id });
  if (catalog) assignRole(world, { principalId: catalog.identity.principalId, role, scope: `${catalog.vault.id}/keys/${catalog.keyName}` });
  // May look at keys, through a group, and not use them: no substitute for a lost grant.
  const group = addPrincipal(world, { name: "sg-key-readers", type: "Group" });
  assignRole(world, {
    principalId: group.oid,
    role: ROLE.keyVaultReader,
    scope: `/subscriptions/${world.subscriptionId}/resourceGroups/${KEYS}`,
  });
  for (const patient of patients) world.principals.get(patient.identity.principalId)?.memberOf.push(group.oid);
}

export function buildEstate(world: World): Estate {
  loadBuiltInRoles(world);
  addGroups(world);
  const people = addPeople(world);
  const keymend = addIdentity(world, { resourceGroup: KEYMEND, name: "id-keymend", location: REGION, keymend: true });
  const admins = [
    { oid: people.operator.oid, keys: ["all"] },
    { oid: keymend.principalId, keys: KEYMEND_KEY_PERMISSIONS },
  ];
  const inAYear = Math.floor(world.clock.now() / 1000) + 300 * DAY_S;
  const patients = [
    addPatient(world, { name: "orders", kind: "account", access: "rbac", databases: ["orders", "orders-history"] }, admins),
    addPatient(world, { name: "payments", kind: "account", access: "policies", databases: ["payments"], key: { exp: inAYear } }, admins),
    addPatient(world, { name: "catalog", kind: "cluster", access: "rbac", databases: ["catalog", "catalog-search"] }, admins),
    addPatient(world, { name: "sessions", kind: "cluster", access: "policies", databases: ["sessions"], key: { exp: inAYear } }, admins),
  ];
  const vaults = patients.map(({ vault }) => vault);
  grantKeymend(world, keymend, vaults);
  addGrants(world, patients);
  addEvents(world, vaults);
  return { keymend, ...people, patients };
}

/** The databases that are named stay, the others were never there: each vault with any costs a look at every sweep. */
export function leaveOnly(world: World, estate: Estate, kept: readonly (Account | Cluster)[]): void {
  for (const patient of estate.patients) {
    for (const { id } of patient.databases.filter((database) => !kept.includes(database))) {
      world.accounts.delete(id.toLowerCase());
      world.clusters.delete(id.toLowerCase());
    }
    patient.databases = patient.databases.filter((database) => kept.includes(database));
  }
}
