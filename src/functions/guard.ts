/** What every operation of the API shares: who may, what it is called with, and how it answers. */
import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { DurableClient } from "durable-functions";
import * as v from "valibot";
import { isDatabaseId, wholeId } from "../domain/arm-id.ts";
import { TransientError } from "../domain/errors.ts";
import type { Log } from "../log.ts";
import type { ApiCaller, Authenticate, Role } from "./authenticate.ts";
import { ProblemError } from "./problem.ts";

export type ApiCall = { request: HttpRequest; client: DurableClient; log: Log };
type Operation = (call: ApiCall, caller: ApiCaller) => Promise<HttpResponseInit>;

export const READ: readonly Role[] = ["Keymend.Reader", "Keymend.Operator", "Keymend.Approver"];
export const OPERATE: readonly Role[] = ["Keymend.Operator"];
export const APPROVE: readonly Role[] = ["Keymend.Approver"];

export const REASON = v.pipe(v.string(), v.trim(), v.minLength(1, "must say why"), v.maxLength(1000, "may have 1000 characters at most"));
export const DATABASE_ID = v.pipe(
  v.string(),
  v.check((id) => isDatabaseId(id), "must be the resource id of an account or a cluster"),
  v.transform(wholeId),
);

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): HttpResponseInit => ({
  status,
  headers: { "cache-control": "no-store", ...headers },
  jsonBody: body,
});

/** Every answer is JSON; every refusal a problem document. */
export const createGuard =
  (authenticate: Authenticate) =>
  (anyOf: readonly Role[], operation: Operation) =>
  async (call: ApiCall): Promise<HttpResponseInit> => {
    try {
      return await operation(call, await authenticate(call.request, anyOf));
    } catch (error) {
      if (error instanceof ProblemError) return error.response;
      if (error instanceof TransientError)
        return new ProblemError(503, `${error.message}. Try again.`, [], {
          "retry-after": String(Math.ceil((error.retryAfterMs ?? 5000) / 1000)),
        }).response;
      throw error;
    }
  };
