/**
 * Azure as a network: an HTTPS proxy (CONNECT) on loopback that ends TLS itself and asks the sandbox's Azure.
 * Hosts that are not Azure's are refused by name: nothing leaves the machine.
 */
import { writeFile } from "node:fs/promises";
import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { SecureContext } from "node:tls";
import { messageOf, type AzureFault, type AzureReply, type AzureRequest } from "../azure/wire.ts";
import { createAuthority, type CertificateAuthority } from "./certificates.ts";
import { close, listen } from "./loopback.ts";
import { readText } from "./read-text.ts";

/** The part of Azure that the network needs. `resolve` says what DNS would: undefined for a host that is not Azure's at all. */
export type Answering = {
  handle(request: AzureRequest): Promise<AzureReply | AzureFault>;
  resolve(host: string): "found" | "unknown" | undefined;
};

/**
 * How long a request goes unanswered before the connection is cut, as a load balancer's idle timeout does (Azure Load Balancer: 4 minutes).
 * By the machine's clock, and short: a client that waits holds virtual time.
 */
const SILENCE_MS = 3_000;

export type Network = { proxyUrl: string; caFile: string; close: () => Promise<void> };

/** dir: is there. silenceMs: how long a request goes unanswered before the connection is cut; three seconds unless said. */
export async function startNetwork(azure: Answering, options: { dir: string; silenceMs?: number }): Promise<Network> {
  const authority = await createAuthority();
  const caFile = join(options.dir, "sandbox-ca.pem");
  await writeFile(caFile, authority.pem);

  const sockets = new Set<Socket>();
  const secure = createTlsServer({
    SNICallback: (host, done) => void chooseCertificate(authority, host, done),
    // Clients keep connections for reuse; a server that closes them first turns a reused one into a reset.
    keepAliveTimeout: 0,
    requestTimeout: 0,
  });
  const { silenceMs = SILENCE_MS } = options;
  secure.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer({ azure, silenceMs }, request, response).catch((error: unknown) => fail(request, response, error));
  });

  const proxy = createServer((request, response) => refusePlain(request, response));
  proxy.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that goes away mid-handshake is its own business.
    socket.on("error", () => socket.destroy());
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => connect(azure, secure, { request, socket, head }));
  return {
    proxyUrl: await listen(proxy),
    caFile,
    async close() {
      // Tunnels are no longer the server's own connections: it would wait for them.
      for (const socket of sockets) socket.destroy();
      await close(proxy);
    },
  };
}

type ContextCallback = (error: Error | null, context?: SecureContext) => void;

async function chooseCertificate(authority: CertificateAuthority, host: string, done: ContextCallback): Promise<void> {
  let context: SecureContext;
  try {
    context = await authority.contextFor(host);
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done(null, context);
}

function connect(azure: Answering, secure: Server, tunnel: { request: IncomingMessage; socket: Socket; head: Buffer }): void {
  const { request, socket, head } = tunnel;
  const [host = "", port = "443"] = (request.url ?? "").split(":");
  const found = port === "443" ? azure.resolve(host) : undefined;
  if (found === undefined) {
    refuse(socket, 403, `The sandbox answers for Azure's hosts on port 443 only and refuses ${host}:${port}.`);
    return;
  }
  if (found === "unknown") {
    // What a client behind a proxy sees when the proxy can't resolve a name: RFC 9110 section 15.6.3, 502 Bad Gateway.
    refuse(socket, 502, `No such host: ${host} (ENOTFOUND).`);
    return;
  }
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  secure.emit("connection", socket);
}

function refuse(socket: Socket, status: number, text: string): void {
  const body = `${text}\n`;
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: text/plain; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${headers.join("\r\n")}\r\n\r\n${body}`);
}

function refusePlain(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(403, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`The sandbox speaks HTTPS through CONNECT only and refuses ${request.method} ${request.url}.\n`);
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

type Parts = { azure: Answering; silenceMs: number };

async function answer({ azure, silenceMs }: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: string;
  try {
    body = await readText(request);
  } catch {
    // The client broke off while sending: nobody is left to answer.
    return;
  }
  const url = new URL(`https://${request.headers.host ?? "unknown"}${request.url ?? "/"}`);
  const reply = await azure.handle({ method: request.method ?? "GET", url, headers: flatten(request), body });
  if ("fault" in reply) {
    if (reply.fault === "reset") request.socket.destroy();
    else setTimeout(() => request.socket.destroy(), silenceMs).unref();
    return;
  }
  const length = Buffer.byteLength(reply.body);
  const bodyless = reply.status === 204 || reply.status === 304;
  response.writeHead(reply.status, { ...reply.headers, ...(bodyless ? {} : { "content-length": String(length) }) });
  response.end(request.method === "HEAD" || bodyless ? undefined : reply.body);
}
