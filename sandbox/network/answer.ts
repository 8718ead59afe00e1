/** Hands a request that has arrived, by whatever way, to Azure, and writes down what it answers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { messageOf, type AzureFault, type AzureReply, type AzureRequest } from "../azure/wire.ts";
import { readText } from "./read-text.ts";

/**
 * How long a request goes unanswered before the connection is cut, as a load balancer's idle timeout does (Azure Load Balancer: 4 minutes).
 * By the machine's clock, and short: a client that waits holds virtual time.
 */
const SILENCE_MS = 3_000;

export type Handle = (request: AzureRequest) => Promise<AzureReply | AzureFault>;

/** host: which of Azure's a request is for. silenceMs: how long one goes unanswered before the connection is cut; three seconds unless said. */
export type Way = {
  host: (request: IncomingMessage) => string;
  client?: (request: IncomingMessage) => string | undefined;
  silenceMs?: number | undefined;
};

export function answerWith(handle: Handle, way: Way) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(handle, way, request, response).catch((error: unknown) => fail(request, response, error));
  };
}

function flatten(request: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) flat[name] = String(value);
  return flat;
}

/** Whatever a client sends, the others are served on: the sandbox's own fault is an answer too, told apart from Azure's by its code. */
function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  process.stderr.write(`sandbox: ${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}\n`);
  if (response.headersSent) {
    request.socket.destroy();
    return;
  }
  response.writeHead(500, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify({ error: { code: "SandboxDefect", message: messageOf(error) } }));
}

async function answer(handle: Handle, way: Way, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: string;
  try {
    body = await readText(request);
  } catch {
    // The client broke off while sending: nobody is left to answer.
    return;
  }
  const url = new URL(`https://${way.host(request)}${request.url ?? "/"}`);
  const reply = await handle({ method: request.method ?? "GET", url, headers: flatten(request), body, client: way.client?.(request) });
  if ("fault" in reply) {
    if (reply.fault === "reset") request.socket.destroy();
    else setTimeout(() => request.socket.destroy(), way.silenceMs ?? SILENCE_MS).unref();
    return;
  }
  const length = Buffer.byteLength(reply.body);
  const bodyless = reply.status === 204 || reply.status === 304;
  response.writeHead(reply.status, { ...reply.headers, ...(bodyless ? {} : { "content-length": String(length) }) });
  response.end(request.method === "HEAD" || bodyless ? undefined : reply.body);
}
