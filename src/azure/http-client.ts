/**
 * The HTTP client of all Azure clients. Behind a proxy the SDK's agent opens a new TLS connection for every request, as
 * https-proxy-agent keeps none by default: this keeps them. Without a proxy nothing changes.
 */
import { Agent } from "node:http";
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";

function keepConnection(request: PipelineRequest): void {
  const { agent } = request;
  if (!(agent instanceof Agent)) return;
  // Node reads the first, the SDK the second. The types know neither as writable.
  Object.assign(agent, { keepAlive: true });
  Object.assign(agent.options, { keepAlive: true });
  // agent-base tells http from https by this; without it, it finds no connection to use again.
  request.requestOverrides = { ...request.requestOverrides, protocol: new URL(request.url).protocol };
}

export function createHttpClient(): HttpClient {
  const client = createDefaultHttpClient();
  return {
    sendRequest(request) {
      keepConnection(request);
      return client.sendRequest(request);
    },
  };
}
