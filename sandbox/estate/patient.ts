/** One vault with its key, the identity that uses it and the databases on it, as the estates have them. */
import { addAccount, addCluster } from "../azure/documentdb/build.ts";
import { addEventSubscription, addSystemTopic } from "../azure/event-grid/build.ts";
import { addKey, addVault, keyUriOf, type KeySpec } from "../azure/keyvault/build.ts";
import { addIdentity } from "../azure/managed-identity/build.ts";
import type { Account, Cluster, ManagedIdentityState, Principal, Vault, World } from "../azure/world.ts";
import { CAPABILITIES } from "./deployed-roles.ts";
import { KEYMEND_KEY_PERMISSIONS, type KeymendIdentities } from "./keymend-access.ts";

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
  /** A vault that a story takes them to. */
  goesTo?: Vault;
};

export const REGION = "westus2";
export const DATA = "rg-data";
export const KEYS = "rg-keys";
export const KEYMEND = "rg-keymend";

const KEY_EVENTS = ["KeyNewVersionCreated", "KeyNearExpiry", "KeyExpired", "VaultAccessPolicyChanged"];

/** Who has its own access policy at every vault with policies. */
type Admin = { oid: string; keys: string[] };

export const adminsOf = ({ operator, keymend }: { operator: Principal; keymend: KeymendIdentities }): Admin[] => [
  { oid: operator.oid, keys: ["all"] },
  ...CAPABILITIES.flatMap((capability) => {
    const keys = KEYMEND_KEY_PERMISSIONS[capability];
    return keys ? [{ oid: keymend[capability].principalId, keys }] : [];
  }),
];

export const appIdOf = (world: World): string =>
  `/subscriptions/${world.subscriptionId}/resourceGroups/${KEYMEND}/providers/Microsoft.Web/sites/func-keymend`;

/** Where Keymend's functions are. */
export const appOf = (world: World): string => `${appIdOf(world)}/functions`;

type PatientSpec = {
  name: string;
  kind: Kind;
  access: Patient["access"];
  databases: string[];
  key?: Omit<KeySpec, "name">;
};

export function addPatient(world: World, spec: PatientSpec, admins: readonly Admin[]): Patient {
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

/** Its own events, brought to Keymend. */
export function addKeyEvents(world: World, vault: Vault): void {
  const topic = addSystemTopic(world, { resourceGroup: KEYS, name: `evgt-${vault.name}`, source: vault.id, location: REGION });
  const includedEventTypes = KEY_EVENTS.map((type) => `Microsoft.KeyVault.${type}`);
  addEventSubscription(world, { topic, name: "keymend-keys", functionId: `${appOf(world)}/onKeyVaultEvent`, includedEventTypes });
}
