/**
 * The HTTP client of all Azure clients. Behind a proxy the SDK's agent opens a new TLS connection for every request, as
 * https-proxy-agent keeps none by default: this keeps them. Without a proxy nothing changes.
 */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";

/** What a Node agent has and the SDK's type of it does not name. */
type Keeping = { keepAlive?: boolean; options?: { keepAlive?: boolean } };

function keepConnection(request: PipelineRequest): void {
  const agent: (NonNullable<PipelineRequest["agent"]> & Keeping) | undefined = request.agent;
  if (!agent) return;
  // Node reads the one, the SDK the other.
  agent.keepAlive = true;
  agent.options = { ...agent.options, keepAlive: true };
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
