/** The way to a deployment of Keymend: the caller's own token, and the SDKs' own pipeline, which goes by the proxy settings as all else here does. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
} from "@azure/core-rest-pipeline";
import { createCallerCredential, shareToken } from "./caller-credential.ts";
import { waitingClient } from "./waiting-client.ts";

const TIMEOUT_MS = 60_000;
/** Somebody waits at a terminal: what only reads is asked again for so long, and whoever is to wait longer is told so. */
const PATIENCE_MS = 30_000;

type Init = { method: string; headers: Record<string, string>; body?: string };

const isHere = ({ hostname }: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname);

/** A token leaves this machine only encrypted. */
export function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  return parsed.protocol === "https:" || (parsed.protocol === "http:" && isHere(parsed));
}

/** Nobody could sign in. */
export class SignInError extends Error {
  override readonly name = "SignInError";
}

/** audience: whom the token is for, as api://CLIENT-ID. */
export function reachDeployment(
  audience: string,
  client: HttpClient = createDefaultHttpClient(),
  credential = createCallerCredential(client),
) {
  const shared = shareToken(credential, () => Date.now());
  const token = async (): Promise<string> => {
    const got = await shared.getToken(`${audience}/.default`).catch((cause: unknown) => {
      throw new SignInError(`No token for ${audience}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    });
    if (!got) throw new SignInError(`No token for ${audience}.`);
    return got.token;
  };
  return { token, fetch: createFetch(client) };
}

function createFetch(client: HttpClient) {
  const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } });
  const reading = waitingClient(client, { now: () => Date.now(), sleep: (ms) => sleep(ms), patienceMs: PATIENCE_MS });
  return async (url: string, { method, headers, body }: Init) => {
    if (!isSafe(url)) throw new Error(`${url} is no https address`);
    const request = createPipelineRequest({
      url,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the routes name no other
      method: method as HttpMethods,
      headers: createHttpHeaders(headers),
      timeout: TIMEOUT_MS,
      allowInsecureConnection: true,
      ...(body === undefined ? {} : { body }),
    });
    const response = await pipeline.sendRequest(method === "GET" ? reading : client, request);
    return {
      status: response.status,
      headers: { get: (name: string) => response.headers.get(name) ?? null },
      text: async () => response.bodyAsText ?? "",
    };
  };
}
