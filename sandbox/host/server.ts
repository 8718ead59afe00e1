/** The one HTTP server of the host, on loopback: the app's routes, the webhooks of the extensions, and the host's status. */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { managementPath, rpcPath } from "./durable/client-binding.ts";
import type { EventGridWebhook } from "./event-grid.ts";
import type { HttpTriggers } from "./http-trigger.ts";
import { type HostRequest, type HostResponse, answer, answerJson, answerText } from "./http-types.ts";
import type { InFlight } from "./in-flight.ts";
import type { Registry } from "./registry.ts";
import type { Timers } from "./timers.ts";
import type { Log } from "./worker.ts";

export type ServerParts = {
  registry: Registry;
  http: HttpTriggers;
  eventGrid: EventGridWebhook;
  timers: Timers;
  /** segments: the path below the API's base. */
  management: { handle(request: HostRequest, segments: readonly string[]): HostResponse | Promise<HostResponse> };
  inFlight: InFlight;
  log: Log;
};

export type Server = { url: string; close(): void };

export async function startServer(port: number, parts: ServerParts): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const handle = async (): Promise<void> => write(outgoing, await serve(incoming, parts));
    parts.inFlight.run(handle).catch((error: unknown) => {
      parts.log("error", "", `request failed: ${error instanceof Error ? error.stack : String(error)}`);
      if (outgoing.headersSent) outgoing.destroy();
      else write(outgoing, answerText(500, error instanceof Error ? error.message : String(error)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the host has no port");
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

async function serve(incoming: IncomingMessage, parts: ServerParts): Promise<HostResponse> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
  const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "localhost"}`);
  return route({ method: incoming.method ?? "GET", url, headers, body: Buffer.concat(chunks) }, parts);
}

async function route(request: HostRequest, parts: ServerParts): Promise<HostResponse> {
  const { pathname } = request.url;
  const path = pathname.toLowerCase();
  if (path === "/admin/host/status") return answerJson(200, { id: "sandbox", state: "Running", version: "4.1048.0" });
  if (path.startsWith("/admin/functions/")) return runByHand(request, parts);
  if (path === "/runtime/webhooks/eventgrid") return parts.eventGrid.handle(request);
  for (const base of [managementPath, rpcPath]) {
    if (!path.startsWith(`${base}/`)) continue;
    const segments = pathname
      .slice(base.length)
      .split("/")
      .filter((part) => part !== "");
    return parts.management.handle(request, segments.map(decodeURIComponent));
  }
  return parts.http.handle(request);
}

/** Source: learn.microsoft.com azure-functions/functions-manually-run-non-http. */
async function runByHand({ method, url }: HostRequest, { registry, timers }: ServerParts): Promise<HostResponse> {
  const fn = registry.functions.get(url.pathname.split("/")[3] ?? "");
  if (method !== "POST" || fn?.type !== "timerTrigger") return answer(404);
  await timers.runNow(fn);
  return answer(202);
}

function write(outgoing: ServerResponse, { status, headers, body }: HostResponse): void {
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}
