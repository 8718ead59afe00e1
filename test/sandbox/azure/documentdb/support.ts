/** A small world with one account and one cluster on one vault each, healthy, and the provider called directly: routing as the pipeline does it, nothing else. */
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { loadBuiltInRoles, ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addAccount, addCluster } from "../../../../sandbox/azure/documentdb/build.ts";
import { documentDbRoutes } from "../../../../sandbox/azure/documentdb/routes.ts";
import { addKey, addVault, keyUriOf } from "../../../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import { createMatcher, segmentsOf } from "../../../../sandbox/azure/match.ts";
import type { AzureError, Reply } from "../../../../sandbox/azure/routes.ts";
import { createWorld } from "../../../../sandbox/azure/world.ts";
import type {
  Account,
  Cluster,
  Json,
  Key,
  ManagedIdentityState,
  Principal,
  Switches,
  Vault,
  World,
} from "../../../../sandbox/azure/world.ts";
import { Clock } from "../../../../sandbox/time/clock.ts";
import { createRandom } from "../../../../sandbox/time/random.ts";
import { pass } from "../through-arm.ts";

export { pass };

export const START = Date.UTC(2026, 10, 2, 8);
export const SUBSCRIPTION = "11111111-2222-4333-8444-555555555555";
export const TENANT = "99999999-8888-4777-8666-555555555555";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export type Setting = {
  world: World;
  owner: Principal;
  vault: Vault;
  key: Key;
  keyUri: string;
  identity: ManagedIdentityState;
  account: Account;
  cluster: Cluster;
};

/** Both databases use one key through one identity, which holds the documented role at the vault. */
export function aSetting(switches: Switches = {}): Setting {
  const world = createWorld({ clock: new Clock(START), random: createRandom(1), tenantId: TENANT, subscriptionId: SUBSCRIPTION, switches });
  loadBuiltInRoles(world);
  const owner = addPrincipal(world, { name: "owner" });
  assignRole(world, { principalId: owner.oid, role: ROLE.owner, scope: `/subscriptions/${SUBSCRIPTION}` });
  const vault = addVault(world, { name: "kv-orders", resourceGroup: "rg-data" });
  const key = addKey(world, vault, { name: "cmk-orders" });
  const keyUri = keyUriOf(vault, key.name);
  const identity = anIdentity(world, "id-orders", vault);
  const common = { resourceGroup: "rg-data", location: "East US 2", identities: [identity.id], phaseMs: 30 * MINUTE };
  const account = addAccount(world, { ...common, name: "orders", keyUri, tags: { team: "shop" } });
  const cluster = addCluster(world, { ...common, name: "carts", keyUrl: keyUri });
  return { world, owner, vault, key, keyUri, identity, account, cluster };
}

/** With the grant that a database needs, where a vault is given. */
export function anIdentity(world: World, name: string, vault?: Vault): ManagedIdentityState {
  const identity = addIdentity(world, { resourceGroup: "rg-data", name });
  if (vault) assignRole(world, { principalId: identity.principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: vault.id });
  return identity;
}

export const revokeGrants = (world: World, principalId: string): void => {
  for (const [id, assignment] of world.roleAssignments) if (assignment.principalId === principalId) world.roleAssignments.delete(id);
};

const match = createMatcher(documentDbRoutes);

type Request = { as?: Principal; body?: Json; apiVersion?: string; headers?: Record<string, string> };

export async function send(setting: Setting, method: string, path: string, request: Request = {}): Promise<Reply> {
  const { as = setting.owner, body, apiVersion = "2026-03-15", headers = {} } = request;
  const url = new URL(path, "https://management.azure.com");
  const found = match(method, segmentsOf(url.pathname));
  if ("methods" in found) throw new Error(`no route for ${method} ${path}`);
  const caller = { oid: as.oid, appid: as.appid, name: as.name, keymend: false };
  return await found.route.handle({ world: setting.world, method, url, params: found.params, apiVersion, headers, body, caller });
}

export const patch = (setting: Setting, body: Json, request: Request = {}): Promise<Reply> =>
  send(setting, "PATCH", setting.account.id, { ...request, body });

/** Sends a PATCH and lets it come true. */
export async function patched(setting: Setting, body: Json): Promise<Account> {
  await patch(setting, body);
  await pass(setting.world, 10 * MINUTE);
  return setting.account;
}

export async function refusal(call: Promise<unknown>): Promise<AzureError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && error.name === "AzureError") return error as AzureError;
    throw error;
  }
  throw new Error("the call was not refused");
}

export const bodyOf = (reply: Reply): Json => (reply.text === undefined ? (reply.body ?? null) : (JSON.parse(reply.text) as Json));

/** A member of a body by its path. */
export function at(value: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let found = value;
  for (const step of path) found = (found as Record<string, Json | undefined> | undefined)?.[step];
  return found;
}

/** The same, where it must be a text. */
export function textOf(value: Json | undefined, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== "string") throw new Error(`${path.join(".")} is ${JSON.stringify(found)}`);
  return found;
}
