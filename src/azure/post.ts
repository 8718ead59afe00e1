/**
 * Posts JSON to whoever is to be told, once, and says how that ended. What it says never holds the address: a workflow's holds its key.
 * Follows no redirect: what is told goes where it was to go. Whose clock answers is nobody's business: it is not Azure's.
 */
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
} from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import type { Sent } from "../domain/telling/letters.ts";
import type { NetworkOptions } from "./arm.ts";
import { classifyError, retryAfterOf } from "./classify-error.ts";

/** A receiver that is slower than this is told again; Standard Webhooks asks senders for 15 to 30 seconds ("Timeouts"). */
const TIMEOUT_MS = 15_000;

export type Post = (url: string, headers: Record<string, string>, body: unknown) => Promise<Sent>;

/** text: as it is signed. */
const textOf = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body));

/** token: whose, and for what; absent where the receiver asks for none. */
export function createPost(
  options: { token?: { credential: TokenCredential; scope: string }; pipelineOptions?: NetworkOptions } = {},
): Post {
  const { token, pipelineOptions } = options;
  const pipeline = createPipelineFromOptions({ ...pipelineOptions, retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } });
  if (token) pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: token.credential, scopes: token.scope }));
  const http = pipelineOptions?.httpClient ?? createDefaultHttpClient();
  return async (url, headers, body) => {
    const request = createPipelineRequest({
      method: "POST",
      url,
      timeout: TIMEOUT_MS,
      headers: createHttpHeaders({ "content-type": "application/json", ...headers }),
      body: textOf(body),
    });
    try {
      const { status, headers: answered } = await pipeline.sendRequest(http, request);
      if (status >= 200 && status < 300) return { ok: true };
      return { ok: false, why: `${request.method} was answered ${status}`, retryAfterMs: retryAfterOf(answered, status) ?? null };
    } catch (error) {
      // A mistake of this program is thrown on.
      return { ok: false, why: `no answer: ${classifyError(error).code}`, retryAfterMs: null };
    }
  };
}
