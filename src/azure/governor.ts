/**
 * Shares out what Azure lets Keymend ask among all that runs in this process, per subscription and budget (domain/reads/budget.ts). A look
 * is let in only once the bucket can carry it, in order of urgency; a request for which there is no token is not sent and ends as Azure's own
 * 429 would. What a look had read when it was refused is kept for its next try. Never waits: that is the orchestration's, with durable timers.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createHttpHeaders, type HttpClient, type PipelineRequest, type PipelineResponse, RestError } from "@azure/core-rest-pipeline";
import { isResourceManager, keyHostOf } from "../domain/clouds.ts";
import { TransientError } from "../domain/errors.ts";
import { admit, type Budget, fullBudget, hear, type Urgency, release, type Shape, take } from "../domain/reads/budget.ts";
import type { ReadLook } from "../domain/reads/look.ts";
import type { Request } from "../domain/telling/trace.ts";
import { MINUTE, SECOND } from "../domain/time.ts";
import { LONGEST_WAIT_MS } from "../domain/turn/waits.ts";
import { classifyError, NOT_SENT, retryAfterOf } from "./classify-error.ts";

/** By URL; at: when Azure answered. */
type Answers = Map<string, { at: number; response: PipelineResponse }>;
type UnderWay = ReadLook & { answers: Answers; asked: number };

/** Microsoft Learn, "Understand how Azure Resource Manager throttles requests": per subscription, region and principal. */
const READS: Shape = { size: 250, perSecond: 25 };
const WRITES: Shape = { size: 200, perSecond: 10 };
/** Microsoft Learn, "Guidance for throttled requests in Azure Resource Graph": 15 queries in 5 seconds. */
const GRAPH: Shape = { size: 15, perSecond: 3 };
/** Microsoft Learn, "Azure Key Vault service limits": of a vault and region 2,000 in 10 seconds for keys in an HSM, the lower figure. */
const VAULT: Shape = { size: 2000, perSecond: 200 };

/** How long an answer counts, over however many tries of the same look: what is acted on is read anew in any case. */
const KEPT_MS = 2 * MINUTE;

/** What a look costs that was never made: itself, an identity, a key with its versions, grants and denies, and some databases. */
const UNKNOWN_COST = 20;

type Kind = { id: string; shape: Shape; remaining: string | null };

function kindOf({ url, method }: PipelineRequest): Kind | null {
  const { hostname, pathname } = new URL(url);
  const path = pathname.toLowerCase();
  if (keyHostOf(hostname)?.kind === "vault") return { id: `vault ${hostname}`, shape: VAULT, remaining: null };
  if (!isResourceManager(hostname)) return null;
  if (path === "/providers/microsoft.resourcegraph/resources") return { id: "graph", shape: GRAPH, remaining: "x-ms-user-quota-remaining" };
  const subscription = /^\/subscriptions\/([^/]+)/.exec(path)?.[1];
  const of = subscription === undefined ? "tenant" : "subscription";
  const word = method === "GET" || method === "HEAD" ? "reads" : method === "DELETE" ? "deletes" : "writes";
  return {
    id: `${word} ${subscription ?? ""}`,
    shape: word === "reads" ? READS : WRITES,
    remaining: `x-ms-ratelimit-remaining-${of}-${word}`,
  };
}

const readsOf = (subscriptionId: string): string => `reads ${subscriptionId.toLowerCase()}`;

/**
 * How long a budget is closed. A resource provider has limits of its own: where tokens are left it was not Resource Manager that refused
 * (Microsoft Learn, "Troubleshooting API throttling errors": inspect the remaining reads). However
 * long Azure asks to wait, it is asked again as soon as the loop would: nothing is looked at or repaired meanwhile.
 */
function closedForMs({ status, headers }: PipelineResponse, remaining: number | null): number | null {
  if (status !== 429 || (remaining !== null && remaining > 0)) return null;
  return Math.min(retryAfterOf(headers, status) ?? SECOND, LONGEST_WAIT_MS);
}

function numberIn(response: PipelineResponse, header: string | null): number | null {
  const text = header === null ? undefined : response.headers.get(header);
  return text === undefined || !Number.isFinite(Number(text)) ? null : Number(text);
}

/** The SDKs hang what they make of an answer on it: each reader gets one of its own. */
const copyOf = (response: PipelineResponse, request: PipelineRequest): PipelineResponse => ({
  request,
  status: response.status,
  headers: createHttpHeaders(response.headers.toJSON({ preserveCase: true })),
  ...(response.bodyAsText === undefined ? {} : { bodyAsText: response.bodyAsText }),
});

function notSent(request: PipelineRequest, id: string, waitMs: number): RestError {
  const headers = createHttpHeaders({ "retry-after-ms": String(waitMs) });
  const message = `not sent: what may be asked (${id}) is used up for now`;
  const bodyAsText = JSON.stringify({ error: { code: NOT_SENT, message } });
  return new RestError(message, { code: NOT_SENT, statusCode: 429, request, response: { request, headers, status: 429, bodyAsText } });
}

/** told: of each request that was sent. */
export function createGovernor(now: () => Date, told: (request: Request) => void = () => undefined) {
  const budgets = new Map<string, { shape: Shape; budget: Budget }>();
  const context = new AsyncLocalStorage<{ urgency: Urgency; look?: UnderWay }>();
  const kept = new Map<string, { purpose: string; answers: Answers }>();
  const costs = new Map<string, number>();

  const at = (): number => now().getTime();
  function account(id: string, shape: Shape) {
    const known = budgets.get(id);
    if (known) return known;
    const made = { shape, budget: fullBudget(shape, at()) };
    budgets.set(id, made);
    return made;
  }

  function keptFor({ key, purpose }: ReadLook): Answers {
    for (const [other, { answers }] of kept) {
      for (const [url, answer] of answers) if (at() - answer.at > KEPT_MS) answers.delete(url);
      if (answers.size === 0) kept.delete(other);
    }
    const found = kept.get(key);
    kept.delete(key);
    return new Map(found && purpose !== null && found.purpose === purpose ? found.answers : []);
  }

  function letIn({ key, urgency, subscriptionId }: ReadLook, alreadyRead: number): void {
    if (subscriptionId === null) return;
    const reads = account(readsOf(subscriptionId), READS);
    const cost = Math.max(1, (costs.get(key) ?? UNKNOWN_COST) - alreadyRead);
    const { budget, waitMs } = admit(reads.budget, READS, { key, urgency, cost }, at());
    reads.budget = budget;
    if (waitMs === 0) return;
    const detail = `what may be read is used up for now, ${urgency} waits its turn`;
    throw new TransientError({ operation: "look", resourceId: key, retryAfterMs: waitMs, detail, isOurs: true });
  }

  function leave({ key, subscriptionId }: ReadLook): void {
    if (subscriptionId === null) return;
    const reads = account(readsOf(subscriptionId), READS);
    reads.budget = release(reads.budget, key);
  }

  /** Throws a TransientError where it is not its turn yet. */
  async function withinBudget<T>(look: ReadLook, work: () => Promise<T>): Promise<T> {
    const answers = keptFor(look);
    const keep = (): void => {
      if (look.purpose !== null && answers.size > 0) kept.set(look.key, { purpose: look.purpose, answers });
    };
    const underWay: UnderWay = { ...look, answers, asked: 0 };
    try {
      letIn(look, answers.size);
      const result = await context.run({ urgency: look.urgency, look: underWay }, work);
      costs.set(look.key, underWay.asked);
      return result;
    } catch (error) {
      if (error instanceof TransientError) keep();
      throw error;
    } finally {
      leave(look);
    }
  }

  async function sendAndTell(client: HttpClient, request: PipelineRequest, kind: Kind) {
    const { method, url } = request;
    const asked = { method, url, budget: kind.id, startMs: at() };
    try {
      const response = await client.sendRequest(request);
      const remaining = numberIn(response, kind.remaining);
      const requestId = response.headers.get("x-ms-request-id") ?? null;
      const correlationId = response.headers.get("x-ms-correlation-request-id") ?? null;
      told({ ...asked, endMs: at(), status: response.status, remaining, requestId, correlationId, error: null });
      return { response, remaining };
    } catch (error) {
      told({
        ...asked,
        endMs: at(),
        status: null,
        remaining: null,
        requestId: null,
        correlationId: null,
        error: classifyError(error).code,
      });
      throw error;
    }
  }

  async function send(client: HttpClient, request: PipelineRequest): Promise<PipelineResponse> {
    const kind = kindOf(request);
    if (!kind) return client.sendRequest(request);
    const { urgency, look } = context.getStore() ?? { urgency: "event" as const };
    const of = account(kind.id, kind.shape);
    const { budget, waitMs } = take(of.budget, kind.shape, { key: look?.key ?? null, urgency }, at());
    of.budget = budget;
    if (waitMs > 0) throw notSent(request, kind.id, waitMs);
    const { response, remaining } = await sendAndTell(client, request, kind);
    of.budget = hear(of.budget, kind.shape, { remaining, closedForMs: closedForMs(response, remaining) }, at());
    return response;
  }

  async function sendOrRecall(client: HttpClient, request: PipelineRequest): Promise<PipelineResponse> {
    const look = context.getStore()?.look;
    if (!look || request.method !== "GET") return send(client, request);
    look.asked += 1;
    const known = look.answers.get(request.url);
    if (known) return copyOf(known.response, request);
    const response = await send(client, request);
    // Not that something is absent: beside what is read later of where else it could be, it would be absent everywhere.
    if (look.purpose !== null && response.status === 200) look.answers.set(request.url, { at: at(), response: copyOf(response, request) });
    return response;
  }

  return {
    withinBudget,
    /** Outside of any look: what is asked on the way counts as that urgent. */
    as: <T>(urgency: Urgency, work: () => Promise<T>): Promise<T> => context.run({ urgency }, work),
    govern: (client: HttpClient): HttpClient => ({ sendRequest: (request) => sendOrRecall(client, request) }),
  };
}
