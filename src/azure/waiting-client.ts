/**
 * A client that waits: for its turn, where the governor has none to give yet, and as long as Azure asks to. For whoever looks once and goes
 * home; the app's orchestration waits by durable timers instead (call-azure.ts).
 */
import { type HttpClient, isRestError, type PipelineRequest, type PipelineResponse } from "@azure/core-rest-pipeline";
import { MINUTE, SECOND } from "../domain/time.ts";
import { NOT_SENT, retryAfterOf } from "./classify-error.ts";

/** Of failures that say nothing of when to come back. */
const TRIES = 4;
/** Azure names half an hour at the most in practice; who watches gives up before that. */
const PATIENCE_MS = 10 * MINUTE;

/** patienceMs: how long all tries of one request may take before another begins. */
type Waiting = { now: () => number; sleep: (ms: number) => Promise<void>; patienceMs?: number };

/** What comes here only reads: nothing is done twice by sending it again. */
export function waitingClient(client: HttpClient, { now, sleep, patienceMs = PATIENCE_MS }: Waiting): HttpClient {
  async function attempt(request: PipelineRequest): Promise<{ response: PipelineResponse } | { error: unknown; waitMs: number | null }> {
    try {
      return { response: await client.sendRequest(request) };
    } catch (error) {
      if (!isRestError(error)) throw error;
      const { response } = error;
      return { error, waitMs: error.code === NOT_SENT && response ? (retryAfterOf(response.headers, response.status) ?? SECOND) : null };
    }
  }

  return {
    async sendRequest(request) {
      const until = now() + patienceMs;
      for (let failed = 0; ;) {
        const ending = await attempt(request);
        const isAnswered = "response" in ending;
        if (isAnswered && ending.response.status !== 429 && ending.response.status < 500) return ending.response;
        const askedMs = isAnswered ? (retryAfterOf(ending.response.headers, ending.response.status) ?? null) : ending.waitMs;
        if (askedMs === null) failed += 1;
        const waitMs = askedMs ?? SECOND * 2 ** failed;
        if (failed >= TRIES || now() + waitMs > until) {
          if (isAnswered) return ending.response;
          throw ending.error;
        }
        await sleep(waitMs);
      }
    },
  };
}
