/**
 * Who takes a POST without a token of Entra: a workflow's request trigger (`*.logic.azure.com`), whose URL holds the key to it, and somebody's
 * own receiver (`*.example`, a name that nobody has: RFC 2606).
 * Source: Microsoft Learn, "Receive and respond to inbound HTTPS calls to workflows in Azure Logic Apps" (202 Accepted where the workflow has
 * no Response action) and "Secure access and data for workflows" (`sp`, `sv` and `sig` of the callback URL).
 */
import type { Faults } from "../faults.ts";
import { jsonReply, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { World } from "../world.ts";
import type { Received } from "./received.ts";

const TRIGGER = /^\/workflows\/[0-9a-f]{32}\/triggers\/manual\/paths\/invoke$/i;

type Answer = (request: AzureRequest) => AzureReply;

function createReceiver(world: World, faults: Faults, received: Received[], by: Received["by"], answer: Answer) {
  const take = (request: AzureRequest): AzureReply => {
    const reply = answer(request);
    if (reply.status < 300) {
      const { headers, body: text } = request;
      received.push({ at: world.clock.iso(), by, host: request.url.hostname, headers, text, body: recordedBody(text) });
    }
    return reply;
  };
  return {
    handle: (request: AzureRequest): Promise<AzureReply | AzureFault> =>
      faults.around(request, undefined, (refused) =>
        Promise.resolve(
          refused
            ? jsonReply(refused.status, { error: { code: refused.code, message: refused.message } }, refused.extra.headers ?? {})
            : take(request),
        ),
      ),
  };
}

const refuse = (status: number, code: string, message: string): AzureReply => jsonReply(status, { error: { code, message } });

export const createWorkflows = (world: World, faults: Faults, received: Received[]) =>
  createReceiver(world, faults, received, "workflow", ({ method, url }) => {
    if (method !== "POST" || !TRIGGER.test(url.pathname)) return refuse(404, "WorkflowNotFound", "The workflow could not be found.");
    const isSigned = ["sp", "sv", "sig"].every((name) => (url.searchParams.get(name) ?? "") !== "");
    if (!isSigned) return refuse(401, "DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme.");
    return { status: 202, headers: {}, body: "" };
  });

export const createOwnReceiver = (world: World, faults: Faults, received: Received[]) =>
  createReceiver(world, faults, received, "webhook", ({ method }) =>
    method === "POST" ? { status: 204, headers: {}, body: "" } : refuse(405, "MethodNotAllowed", "Only POST is taken."),
  );
