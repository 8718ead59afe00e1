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
import type { AzureFault, AzureReply, AzureRequest } from "../azure/wire.ts";
import { answerWith } from "./answer.ts";
import { createAuthority, type CertificateAuthority } from "./certificates.ts";
import { close, listen } from "./loopback.ts";

/** The part of Azure that the network needs. `resolve` says what DNS would: undefined for a host that is not Azure's at all. */
export type Answering = {
  handle(request: AzureRequest): Promise<AzureReply | AzureFault>;
  resolve(host: string): "found" | "unknown" | undefined;
};

export type Network = { proxyUrl: string; caFile: string; close: () => Promise<void> };

/** dir: is there. silenceMs: how long a request goes unanswered before the connection is cut; three seconds unless said. */
export async function startNetwork(azure: Answering, options: { dir: string; silenceMs?: number }): Promise<Network> {
  const authority = await createAuthority();
  const caFile = join(options.dir, "sandbox-ca.pem");
  await writeFile(caFile, authority.pem);

  const sockets = new Set<Socket>();
  /** By the port that it comes from. */
  const clients = new Map<number, string>();
  const secure = createTlsServer({
    SNICallback: (host, done) => void chooseCertificate(authority, host, done),
    // Clients keep connections for reuse; a server that closes them first turns a reused one into a reset.
    keepAliveTimeout: 0,
    requestTimeout: 0,
  });
  const host = (request: IncomingMessage): string => request.headers.host ?? "unknown";
  secure.on(
    "request",
    answerWith((request) => azure.handle(request), {
      host,
      client: ({ socket }) => clients.get(socket.remotePort ?? 0),
      silenceMs: options.silenceMs,
    }),
  );

  const proxy = createServer((request, response) => refusePlain(request, response));
  proxy.on("connection", (socket: Socket) => {
    sockets.add(socket);
    const { remotePort = 0 } = socket;
    socket.on("close", () => {
      sockets.delete(socket);
      clients.delete(remotePort);
    });
    // A client that goes away mid-handshake is its own business.
    socket.on("error", () => socket.destroy());
  });
  proxy.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const client = userOf(request);
    if (client) clients.set(socket.remotePort ?? 0, client);
    connect(azure, secure, { request, socket, head });
  });
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

/** A proxy's URL may name a user: RFC 7617. */
function userOf({ headers }: IncomingMessage): string | undefined {
  const basic = /^Basic\s+(\S+)$/i.exec(headers["proxy-authorization"] ?? "")?.[1];
  return basic === undefined ? undefined : Buffer.from(basic, "base64").toString().split(":")[0];
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
