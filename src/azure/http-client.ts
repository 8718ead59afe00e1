/**
 * The HTTP client of all Azure clients. Behind a proxy the SDK's agent opens a new TLS connection for every request, as
 * https-proxy-agent keeps none by default: this keeps them. Every answer tells the clock what time it is in Azure.
 */
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from "@azure/core-rest-pipeline";
import type { AzureClock } from "./azure-clock.ts";

/** What a Node agent has and the SDK's type of it does not name. */
type Keeping = { keepAlive?: boolean; options?: { keepAlive?: boolean }; protocol?: string };

function keepConnection(request: PipelineRequest): void {
  const agent: (NonNullable<PipelineRequest["agent"]> & Keeping) | undefined = request.agent;
  if (!agent) return;
  // Node reads the one, the SDK the other.
  agent.keepAlive = true;
  agent.options = { ...agent.options, keepAlive: true };
  // agent-base tells http from https by these; without the one it finds no connection to use again, without the other it takes a
  // stack trace for every request.
  const { protocol } = new URL(request.url);
  agent.protocol = protocol;
  request.requestOverrides = { ...request.requestOverrides, protocol };
}

export function createHttpClient(clock: AzureClock, client: HttpClient = createDefaultHttpClient()): HttpClient {
  return {
    async sendRequest(request) {
      keepConnection(request);
      const sentAt = Date.now();
      const response = await client.sendRequest(request);
      clock.hear(response.headers.get("date"), sentAt, Date.now());
      return response;
    },
  };
}
