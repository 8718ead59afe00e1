/** Calls some providers through Azure Resource Manager as a client would: permissions, locks, events. Only tokens are plain names. */
import { createArm } from "../../../sandbox/azure/arm/arm.ts";
import { createFaults } from "../../../sandbox/azure/faults.ts";
import type { Route } from "../../../sandbox/azure/routes.ts";
import type { Tokens } from "../../../sandbox/azure/entra/tokens.ts";
import type { Json, JsonObject, Principal, World } from "../../../sandbox/azure/world.ts";

export type ArmAnswer = { status: number; headers: Record<string, string>; body: JsonObject };
export type ArmClient = (who: Principal, method: string, path: string, body?: Json) => Promise<ArmAnswer>;

export function throughArm(world: World, routes: Route[], apiVersion: string): ArmClient {
  const arm = createArm({ world, tokens: plainTokens(world), faults: createFaults(), routes });
  return async (who, method, path, body) => {
    const url = new URL(`https://management.azure.com${path}`);
    if (!url.searchParams.has("api-version")) url.searchParams.set("api-version", apiVersion);
    const headers = { authorization: `Bearer ${who.oid}` };
    const reply = await arm.handle({ method, url, headers, body: body === undefined ? "" : JSON.stringify(body) });
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return { ...reply, body: reply.body === "" ? {} : (JSON.parse(reply.body) as JsonObject) };
  };
}

/** Making RSA keys for every test would take longer than all else. */
function plainTokens(world: World): Tokens {
  return {
    handedOut: [],
    issue: async ({ oid }) => oid,
    issueDelegated: async ({ oid }) => ({ accessToken: oid, idToken: oid }),
    verify: async (oid) => {
      const { appid, name, keymend } = world.principals.get(oid)!;
      return { caller: { oid, appid, name, keymend }, claims: { oid, appid } };
    },
    jwks: async () => ({ keys: [] }),
  };
}

/** Lets virtual time pass and everything due in it happen, one moment after the other. */
export async function pass(world: World, ms: number): Promise<void> {
  const end = world.clock.now() + ms;
  for (let due = world.clock.nextDue(); due !== undefined && due <= end; due = world.clock.nextDue()) {
    world.clock.set(due);
    await world.clock.runDue();
  }
  world.clock.set(end);
}
