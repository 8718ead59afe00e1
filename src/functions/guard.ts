/** What every operation of the API shares: who may, what it is called with, and how it answers. */
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import { type BodyOf, type QueryOf, type Route, type RouteName, ROUTES } from "../api/routes.ts";
import { TransientError } from "../domain/errors.ts";
import type { Log } from "../log.ts";
import type { ApiCaller, Authenticate } from "./authenticate.ts";
import { ProblemError } from "./problem.ts";
import { readBody, readQuery } from "./read-body.ts";

export type ApiCall = { request: HttpRequest; client: DurableClient; log: Log };

/** What a route is called with, as its schemas read it. */
export type CallOf<N extends RouteName> = ApiCall & { query: QueryOf<N>; body: BodyOf<N> };

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): HttpResponseInit => ({
  status,
  headers: { "cache-control": "no-store", ...headers },
  jsonBody: body,
});

/** Every answer is JSON; every refusal a problem document. Who may and what is taken stand in the routes. */
export const createGuard =
  (authenticate: Authenticate) =>
  <N extends RouteName>(name: N, operation: (call: CallOf<N>, caller: ApiCaller) => Promise<HttpResponseInit>) =>
  async (call: ApiCall): Promise<HttpResponseInit> => {
    const { roles, query, body }: Route = ROUTES[name];
    try {
      const caller = await authenticate(call.request, roles);
      const read = { query: readQuery(call.request, query), body: body && (await readBody(call.request, body)) };
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read by the very schemas that the types are inferred from
      return await operation({ ...call, ...read } as CallOf<N>, caller);
    } catch (error) {
      if (error instanceof ProblemError) return error.response;
      if (error instanceof TransientError)
        return new ProblemError(503, `${error.message}. Try again.`, [], {
          "retry-after": String(Math.ceil((error.retryAfterMs ?? 5000) / 1000)),
        }).response;
      throw error;
    }
  };
