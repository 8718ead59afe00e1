/** The sample estate: four vaults, two with role assignments and two with access policies, the databases on them, and Keymend beside. */
import { addPrincipal, assignRole } from "../azure/authorization/build.ts";
import { loadBuiltInRoles, ROLE } from "../azure/authorization/builtin-roles.ts";
import { FIRST_PARTY_APP_ID } from "../azure/documentdb/key-path.ts";
import { addEventSubscription, addSystemTopic } from "../azure/event-grid/build.ts";
import { addIdentity } from "../azure/managed-identity/build.ts";
import type {
  Account,
  Application,
  Cluster,
  ManagedIdentityState,
  Principal,
  ResourceGroup,
  Vault,
  Workspace,
  World,
} from "../azure/world.ts";
import { grantKeymend, type KeymendIdentities } from "./keymend-access.ts";
import { addKeyEvents, addPatient, adminsOf, appOf, DATA, KEYMEND, KEYS, type Patient, REGION } from "./patient.ts";

export type { Kind, Patient } from "./patient.ts";

export type Estate = {
  /** Its own identities, one for each capability. */
  keymend: KeymendIdentities;
  operator: Principal;
  reader: Principal;
  approver: Principal;
  /** Cosmos DB's own service principal in the tenant. */
  cosmosDb: Principal;
  /** What people sign in to from a browser: the app's own registration. */
  application: Application;
  patients: Patient[];
  /** By which Keymend asks Microsoft support, where a story has that. */
  supportCaller?: ManagedIdentityState;
  /** Where the vaults' audit logs go, where a story has that. */
  logWorkspace?: Workspace;
};

/** What the app runs as. */
export const identitiesOf = ({ keymend, supportCaller }: Estate): Record<string, ManagedIdentityState> => ({
  ...keymend,
  ...(supportCaller && { support: supportCaller }),
});

const DAY_S = 86_400;

/** What lets an event through to onResourceEvent. */
const OPERATIONS = [
  "Microsoft.Authorization/roleAssignments/write",
  "Microsoft.Authorization/roleAssignments/delete",
  "Microsoft.Authorization/denyAssignments/write",
  "Microsoft.Authorization/denyAssignments/delete",
  "Microsoft.KeyVault/vaults/write",
  "Microsoft.KeyVault/vaults/delete",
  "Microsoft.KeyVault/vaults/accessPolicies/write",
  "Microsoft.KeyVault/locations/deletedVaults/purge/action",
  "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
  "Microsoft.ManagedIdentity/userAssignedIdentities/write",
  "Microsoft.DocumentDB/databaseAccounts/write",
  "Microsoft.DocumentDB/mongoClusters/write",
  "Microsoft.Network/networkSecurityPerimeters/resourceAssociations/write",
  "Microsoft.Network/networkSecurityPerimeters/resourceAssociations/delete",
  "Microsoft.Resources/subscriptions/resourceGroups/delete",
  "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action",
];

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

/** The whole of the app's own API, as its registration in the tenant names it. */
export const API_AUDIENCE = "api://keymend";

/** Those who sign in from a browser, one for each app role; their ids come from streams of their own. */
function addRegistration(world: World): Application {
  for (const role of ["Reader", "Operator", "Approver"]) {
    const [oid, appid] = [world.random.guid("person"), world.random.guid("person")];
    addPrincipal(world, { name: `${role.toLowerCase()}@contoso.com`, type: "User", appRoles: [`Keymend.${role}`], oid, appid });
  }
  const application: Application = {
    appid: world.random.guid("application"),
    name: "Keymend",
    identifierUri: API_AUDIENCE,
    // The port is not looked at (Learn, "Redirect URI (reply URL) outline and restrictions", localhost exceptions).
    spaRedirectUris: ["http://127.0.0.1/api/dashboard/"],
  };
  world.applications.push(application);
  return application;
}

function addEvents(world: World, vaults: Vault[]): void {
  for (const vault of vaults) addKeyEvents(world, vault);
  addResourceEvents(world, world.subscriptionId);
}

/** A subscription's own events, brought to Keymend. */
export function addResourceEvents(world: World, subscriptionId: string): void {
  const topic = addSystemTopic(world, {
    resourceGroup: KEYMEND,
    name: "evgt-subscription",
    source: `/subscriptions/${subscriptionId}`,
  });
  addEventSubscription(world, {
    topic,
    name: "keymend-resources",
    functionId: `${appOf(world)}/onResourceEvent`,
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

function addKeymend(world: World): KeymendIdentities {
  const add = (capability: string): ManagedIdentityState =>
    addIdentity(world, { resourceGroup: KEYMEND, name: `id-keymend-${capability}`, location: REGION, keymend: true });
  return { observe: add("observe"), keys: add("keys"), access: add("access"), databases: add("databases"), vaults: add("vaults") };
}

export function buildEstate(world: World): Estate {
  loadBuiltInRoles(world);
  addGroups(world);
  const people = addPeople(world);
  const keymend = addKeymend(world);
  const admins = adminsOf({ operator: people.operator, keymend });
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
  return { keymend, ...people, application: addRegistration(world), patients };
}

export type Size = { vaults: number; databases: number };

/**
 * As many vaults as wanted, the sample's among them, each new one with so many databases: half of them accounts, half clusters, each kind
 * half on role assignments and half on access policies.
 */
export function growEstate(world: World, estate: Estate, { vaults, databases }: Size): void {
  const admins = adminsOf(estate);
  for (let n = estate.patients.length; n < vaults; n += 1) {
    const name = `v${String(n).padStart(4, "0")}`;
    const names = Array.from({ length: databases }, (_, i) => `${name}-d${String(i).padStart(4, "0")}`);
    const [kind, access] = [n % 2 === 0 ? "account" : "cluster", n % 4 < 2 ? "rbac" : "policies"] as const;
    const patient = addPatient(world, { name, kind, access, databases: names }, admins);
    if (access === "rbac")
      assignRole(world, {
        principalId: patient.identity.principalId,
        role: ROLE.keyVaultCryptoServiceEncryptionUser,
        scope: patient.vault.id,
      });
    addKeyEvents(world, patient.vault);
    estate.patients.push(patient);
  }
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
