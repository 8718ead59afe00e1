/** What the triggers are given, made by hand: requests, access tokens with a signature of their own, a Durable client. */
import { HttpRequest } from "@azure/functions";
import { OrchestrationRuntimeStatus } from "durable-functions";
import type { DurableClient } from "durable-functions";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTPayload, SignJWT } from "jose";
import type { LookById } from "../../src/activities/patients.ts";
import { aVault, TENANT } from "../support/builders.ts";

export const AUDIENCE = "api://keymend";
export const V2_ISSUER = `https://login.microsoftonline.com/${TENANT}/v2.0`;
export const V1_ISSUER = `https://sts.windows.net/${TENANT}/`;
export const KEYS_URL = `https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`;

type RequestInit = { method?: string; path?: string; token?: string; body?: unknown; params?: Record<string, string> };

/** body: text as it is, all else as JSON. */
export function aRequest({ method = "GET", path = "/api/incidents", token, body, params = {} }: RequestInit = {}): HttpRequest {
  return new HttpRequest({
    method,
    url: `https://keymend.example${path}`,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    params,
    ...(body === undefined ? {} : { body: { string: typeof body === "string" ? body : JSON.stringify(body) } }),
  });
}

/** Signs access tokens as Microsoft Entra does, with a key pair of its own. Times are seconds before and after `now`. */
export async function createIssuer(now: string) {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const stranger = await generateKeyPair("RS256", { extractable: true });
  // Microsoft Entra's key set names no algorithm (https://login.microsoftonline.com/common/discovery/v2.0/keys).
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", use: "sig" };
  const otherAlgorithm = await importJWK(await exportJWK(privateKey), "PS256");
  const at = Math.floor(Date.parse(now) / 1000);
  const claims = { iss: V2_ISSUER, aud: AUDIENCE, iat: at, nbf: at, exp: at + 3600, oid: "o1", tid: TENANT, roles: ["Keymend.Reader"] };

  type Signing = { alg?: string; kid?: string; key?: CryptoKey | Uint8Array; header?: Record<string, unknown> };
  /** A claim set to undefined is left out. */
  function sign(
    over: Record<string, unknown> = {},
    { alg = "RS256", kid = "k1", key = privateKey, header = {} }: Signing = {},
  ): Promise<string> {
    const payload = JSON.parse(JSON.stringify({ ...claims, ...over })) as JWTPayload;
    return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: "JWT", ...header }).sign(key, { crit: { x: true } });
  }
  const strangerJwk = { ...(await exportJWK(stranger.publicKey)), kid: "k9", use: "sig" };
  const publicPem = await exportSPKI(publicKey);
  return { sign, at, stranger: stranger.privateKey, strangerJwk, publicPem, otherAlgorithm, publicJwk: jwk, keySet: { keys: [jwk] } };
}

export type Issuer = Awaited<ReturnType<typeof createIssuer>>;

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token that says of itself that it needs no signature. */
export const unsigned = (payload: unknown, signature = "", alg = "none"): string =>
  `${segment({ alg, typ: "JWT" })}.${segment(payload)}.${signature}`;

type Started = { id: string; name: string; input: unknown };

/** As durable-functions' client behaves: it throws where there is no such instance, and where one runs already. */
export function fakeClient(running: Record<string, string> = {}) {
  const statuses = new Map(Object.entries(running));
  const raised: { id: string; name: string }[] = [];
  const started: Started[] = [];
  const notFound = (): Error => new Error("DurableClient error: Durable Functions extension replied with HTTP 404 response.");
  const client = {
    getStatus: async (id: string) => {
      const runtimeStatus = statuses.get(id);
      if (runtimeStatus === undefined) throw notFound();
      return { runtimeStatus };
    },
    raiseEvent: async (id: string, name: string) => {
      if (!statuses.has(id)) throw notFound();
      raised.push({ id, name });
    },
    terminate: async (id: string) => {
      if (!statuses.has(id)) throw notFound();
      statuses.set(id, OrchestrationRuntimeStatus.Terminated);
    },
    startNew: async (name: string, { instanceId, input }: { instanceId: string; input: unknown }) => {
      started.push({ id: instanceId, name, input });
      statuses.set(instanceId, OrchestrationRuntimeStatus.Running);
      return instanceId;
    },
  };
  // The real one has many more members; whoever calls one of those in a test is told so at once.
  return { client: client as unknown as DurableClient, fake: client, statuses, raised, started };
}

/** Azure's answers to whoever looks at one thing by its id: every vault lives, no database is there. */
export const LOOK: LookById = {
  readTarget: async (kind, id) => ({ kind, id, state: "gone" }),
  readVault: async ({ name }) => aVault({ name }),
};
