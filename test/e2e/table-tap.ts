/** Stands between the app and its table service: sees every request and may have something happen instead of an answer. */
import { createServer, type IncomingMessage, request as send, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Seen = { method: string; url: string; body: string };

/** Passes the request on and hands its answer out, unless it says not to: then the connection breaks. */
export type OnRequest = (seen: Seen, pass: () => Promise<void>) => Promise<"answer" | "break">;

export type TableTap = {
  port: number;
  /** The service behind; known only after the app has its address. */
  connect(connectionString: string): void;
  close(): Promise<void>;
};

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

type Answer = { status: number; headers: IncomingMessage["headers"]; body: Buffer };

function forward(port: number, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = incoming;
    const outgoing = send({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      bodyOf(answer).then((whole) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: whole }), reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

export async function startTableTap(onRequest: OnRequest): Promise<TableTap> {
  let behind = 0;
  const server = createServer((incoming, outgoing) => {
    const serve = async (): Promise<void> => {
      const body = await bodyOf(incoming);
      let answer: Answer | undefined;
      const pass = async (): Promise<void> => void (answer ??= await forward(behind, incoming, body));
      const seen = { method: incoming.method ?? "", url: decodeURIComponent(incoming.url ?? ""), body: body.toString() };
      if ((await onRequest(seen, pass)) === "break") {
        incoming.socket.destroy();
        return;
      }
      await pass();
      outgoing.writeHead(answer!.status, answer!.headers);
      outgoing.end(answer!.body);
    };
    // Whoever asked is gone, as a killed host is.
    serve().catch(() => incoming.socket.destroy());
  });
  return {
    port: await listening(server),
    connect: (connectionString) => void (behind = Number(/127\.0\.0\.1:(\d+)/.exec(connectionString)?.[1])),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
