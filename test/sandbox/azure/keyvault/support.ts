/** A small world with vaults, and both planes of Key Vault called directly: routing and rights as the pipeline does them, nothing else. */
import { addPrincipal, assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { loadBuiltInRoles, ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { authorizeVaultCall } from "../../../../sandbox/azure/keyvault/authorize.ts";
import { keyDataRoutes } from "../../../../sandbox/azure/keyvault/data-plane.ts";
import { keyVaultRoutes } from "../../../../sandbox/azure/keyvault/routes.ts";
import { createMatcher, segmentsOf, vaultSegmentsOf } from "../../../../sandbox/azure/match.ts";
import type { AzureError, Call, Reply } from "../../../../sandbox/azure/routes.ts";
import { createWorld } from "../../../../sandbox/azure/world.ts";
import type { Caller, Json, Principal, SourceEvent, Switches, Vault, World } from "../../../../sandbox/azure/world.ts";
import { Clock } from "../../../../sandbox/time/clock.ts";
import { createRandom } from "../../../../sandbox/time/random.ts";

export { pass } from "../through-arm.ts";

export const START = Date.UTC(2026, 10, 2, 8);
export const SUBSCRIPTION = "11111111-2222-4333-8444-555555555555";
export const TENANT = "99999999-8888-4777-8666-555555555555";
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-keys`;
export const PROVIDER = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.KeyVault`;
export const now = START / 1000;
export const DAY = 86_400;

export type Setting = { world: World; owner: Principal; events: SourceEvent[] };

export function aWorld(switches: Switches = {}): Setting {
  const world = createWorld({
    clock: new Clock(START),
    random: createRandom(1),
    tenantId: TENANT,
    subscriptionId: SUBSCRIPTION,
    switches: { "keyvault.emptyListPages": false, ...switches },
  });
  const events: SourceEvent[] = [];
  world.publish = (event) => events.push(event);
  loadBuiltInRoles(world);
  for (const name of ["rg-keys", "rg-other"]) {
    const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;
    world.resourceGroups.set(id.toLowerCase(), { id, name, location: "westus2", tags: {} });
  }
  const owner = addPrincipal(world, { name: "owner" });
  for (const role of [ROLE.owner, ROLE.keyVaultAdministrator]) {
    assignRole(world, { principalId: owner.oid, role, scope: `/subscriptions/${SUBSCRIPTION}` });
  }
  return { world, owner, events };
}

const callerOf = (p: Principal): Caller => ({ oid: p.oid, appid: p.appid, name: p.name, keymend: p.keymend });

const matchArm = createMatcher(keyVaultRoutes);
const matchData = createMatcher(keyDataRoutes);

type Request = { as: Principal; body?: Json; apiVersion?: string };

function callOf(
  world: World,
  method: string,
  url: URL,
  params: Record<string, string>,
  { as, body, apiVersion = "2026-02-01" }: Request,
): Call {
  return { world, method, url, params, apiVersion, headers: {}, body, caller: callerOf(as) };
}

export async function arm(world: World, method: string, path: string, request: Request): Promise<Reply> {
  const url = new URL(path, "https://management.azure.com");
  const found = matchArm(method, segmentsOf(url.pathname));
  if ("methods" in found) throw new Error(`no route for ${method} ${path}`);
  return await found.route.handle(callOf(world, method, url, found.params, request));
}

/** With the rights that the caller has on the vault. */
export async function data(world: World, vault: Vault, method: string, path: string, request: Request): Promise<Reply> {
  const url = new URL(path, `https://${vault.name}.vault.azure.net`);
  const found = matchData(method, vaultSegmentsOf(url.pathname));
  if ("methods" in found) throw new Error(`no route for ${method} ${path}`);
  const call = callOf(world, method, url, found.params, { apiVersion: "2025-07-01", ...request });
  authorizeVaultCall(world, vault, call.caller, found.route.permission, { keyName: found.params["name"] });
  return await found.route.handle({ ...call, vault });
}

/** What a call is refused with; fails where it is not. */
export async function refusal(call: Promise<unknown>): Promise<AzureError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && error.name === "AzureError") return error as AzureError;
    throw error;
  }
  throw new Error("the call was not refused");
}

/** A member of a body by its path. */
export function at(value: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let found = value;
  for (const step of path) found = (found as Record<string, Json | undefined> | undefined)?.[step];
  return found;
}
