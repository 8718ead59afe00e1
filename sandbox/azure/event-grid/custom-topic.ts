/**
 * `*.eventgrid.azure.net`: a custom topic takes events from publishers and keeps them for whoever wants to see them.
 * Source: Azure Event Grid, "Post to custom topic" (POST /api/events, an array; bearer token for https://eventgrid.azure.net, or aeg-sas-key).
 */
import type { Faults } from "../faults.ts";
import type { Tokens } from "../entra/tokens.ts";
import { bearerOf, jsonReply, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Json, World } from "../world.ts";

export type Published = { at: string; topic: string; caller: string | null; events: Json };

export type CustomTopic = { readonly published: Published[]; handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

const AUDIENCES = ["https://eventgrid.azure.net", "https://eventgrid.azure.net/"];

export function createCustomTopic(world: World, tokens: Tokens, faults: Faults): CustomTopic {
  const published: Published[] = [];
  const take = (request: AzureRequest, caller: string | null): AzureReply => {
    if (request.method !== "POST" || request.url.pathname !== "/api/events")
      return refusal(404, "NotFound", `There is nothing at ${request.url.pathname}.`);
    const events = recordedBody(request.body);
    if (!Array.isArray(events)) return refusal(400, "BadRequest", "The request body is not a JSON array of events.");
    published.push({ at: world.clock.iso(), topic: request.url.hostname, caller, events });
    return { status: 200, headers: {}, body: "" };
  };
  return {
    published,
    async handle(request) {
      const bearer = bearerOf(request);
      const verified = bearer === undefined ? undefined : await tokens.verify(bearer, AUDIENCES);
      const caller = verified && !("problem" in verified) ? verified.caller : undefined;
      if (!caller && request.headers["aeg-sas-key"] === undefined) {
        return refusal(
          401,
          "Unauthorized",
          "Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key.",
        );
      }
      return faults.around(request, caller, (refused) =>
        Promise.resolve(refused ? refusal(refused.status, refused.code, refused.message) : take(request, caller?.name ?? null)),
      );
    },
  };
}

function refusal(status: number, code: string, message: string): AzureReply {
  return jsonReply(status, { error: { code, message } });
}
