/** Somebody with an identity of their own who calls Azure through its front door and the app through its API, like any client. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Azure } from "../azure/azure.ts";
import type { Json, JsonObject, Principal } from "../azure/world.ts";

/** body: {} where there is none. */
export type Answer = { status: number; headers: Record<string, string>; body: JsonObject };

export type Actor = {
  readonly principal: Principal;
  /** Azure Resource Manager; fails on anything but success. path: an ARM id, or one with a query of its own. */
  arm(method: string, path: string, apiVersion: string, body?: Json): Promise<Answer>;
  /** A vault's data plane; fails on anything but success. path: `/keys/name/version`. */
  key(method: string, vaultName: string, path: string, body?: Json): Promise<Answer>;
  /** The app's operations API, by HTTP to the host; any status. path: `/api/incidents` or a whole URL of the app. */
  app(method: string, path: string, body?: Json): Promise<Answer>;
};

const ARM = "https://management.azure.com";
const KEY_API = "2025-07-01";
/** A host that restarts refuses connections for a moment. */
const APP_ATTEMPTS = 20;

type Parts = { azure: Azure; principal: Principal; apiAudience: string; hostUrl: () => string };

function parsed(text: string): JsonObject {
  const body: JsonObject = JSON.parse(text === "" ? "{}" : text);
  return body;
}

export function createActor({ azure, principal, apiAudience, hostUrl }: Parts): Actor {
  const azureCall = async (method: string, url: URL, audience: string, body: Json | undefined): Promise<Answer> => {
    const token = await azure.tokens.issue(principal, audience);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const reply = await azure.handle({ method, url, headers, body: body === undefined ? "" : JSON.stringify(body) });
    if ("fault" in reply) throw new Error(`${principal.name}: ${method} ${url.pathname}: ${reply.fault}`);
    if (reply.status >= 400) throw new Error(`${principal.name}: ${method} ${url.pathname}: ${reply.status} ${reply.body}`);
    return { status: reply.status, headers: reply.headers, body: parsed(reply.body) };
  };
  const urlOf = (path: string): string => (path.startsWith("http") ? path : `${hostUrl()}${path}`);
  const send = async (method: string, path: string, body: Json | undefined): Promise<Response> => {
    const headers = { authorization: `Bearer ${await azure.tokens.issue(principal, apiAudience)}`, "content-type": "application/json" };
    for (let attempt = 1; ; attempt++) {
      try {
        // Each time anew: of several hosts another one may take it.
        return await fetch(urlOf(path), { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      } catch (error) {
        if (attempt === APP_ATTEMPTS) throw new Error(`the app does not answer at ${urlOf(path)}`, { cause: error });
        await sleep(100);
      }
    }
  };
  return {
    principal,
    arm: (method, path, apiVersion, body) => {
      const url = new URL(`${ARM}${path}`);
      url.searchParams.set("api-version", apiVersion);
      return azureCall(method, url, `${ARM}/`, body);
    },
    key: (method, vaultName, path, body) =>
      azureCall(method, new URL(`https://${vaultName}.vault.azure.net${path}?api-version=${KEY_API}`), "https://vault.azure.net", body),
    async app(method, path, body) {
      const response = await send(method, path, body);
      return { status: response.status, headers: Object.fromEntries(response.headers), body: parsed(await response.text()) };
    },
  };
}
