/**
 * The client that queries Log Analytics workspaces. It takes an answer apart without looking at it: a refusal that a box on the way sends, or
 * a page, would end in a TypeError, which is for mistakes of this program. So what is no answer of Log Analytics is refused before.
 */
import { RestError } from "@azure/core-rest-pipeline";
import type { PipelinePolicy, PipelineResponse } from "@azure/core-rest-pipeline";
import type { TokenCredential } from "@azure/identity";
import { LogsQueryClient, type LogsQueryClientOptions } from "@azure/monitor-query-logs";
import * as v from "valibot";
import { currentCloud } from "../domain/clouds.ts";
import { jsonIn } from "./classify-error.ts";

/** azure-monitor-docs, logs/api/response-format.md. */
const RESULT = v.object({
  tables: v.array(v.object({ columns: v.array(v.object({ name: v.string(), type: v.string() })), rows: v.array(v.array(v.unknown())) })),
});

const refuseOthers: PipelinePolicy = {
  name: "refuseOthers",
  async sendRequest(request, next) {
    const response = await next(request);
    if (response.status !== 200) throw refusal(response, response.bodyAsText ?? "", response.status);
    if (!v.is(RESULT, jsonIn(response.bodyAsText ?? ""))) throw refusal(response, "it is no result of a query");
    return response;
  },
};

/** Without a status it is an answer that can't be understood. */
const refusal = (response: PipelineResponse, message: string, statusCode?: number): RestError =>
  new RestError(message, { request: response.request, response, ...(statusCode === undefined ? {} : { statusCode }) });

export const createLogsClient = (credential: TokenCredential, options: LogsQueryClientOptions): LogsQueryClient =>
  new LogsQueryClient(credential, {
    ...options,
    endpoint: `${currentCloud().logs}/v1`,
    credentials: { scopes: [`${currentCloud().logs}/.default`] },
    additionalPolicies: [...(options.additionalPolicies ?? []), { policy: refuseOthers, position: "perCall" }],
  });
