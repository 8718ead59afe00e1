import { readFile, mkdtemp, rm } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { connect as tcpConnect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as tlsConnect, type TLSSocket } from "node:tls";
import { X509Certificate } from "node:crypto";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { AzureFault, AzureReply, AzureRequest } from "../../../sandbox/azure/wire.ts";
import { startNetwork, type Network } from "../../../sandbox/network/proxy.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of open.splice(0).toReversed()) await close();
});

type Handler = (request: AzureRequest) => Promise<AzureReply | AzureFault>;

/** Answers for everything under azure.com, azure.net and microsoftonline.com but `gone.vault.azure.net`. */
async function aNetwork(handle: Handler = async ({ url }) => ({ status: 200, headers: { "x-seen": url.href }, body: "hello" })) {
  const dir = await mkdtemp(join(tmpdir(), "network-"));
  const network = await startNetwork(
    {
      handle,
      resolve: (host) =>
        host === "gone.vault.azure.net" ? "unknown" : /\.(azure\.(com|net)|microsoftonline\.com)$/.test(host) ? "found" : undefined,
    },
    { dir },
  );
  open.push(
    () => rm(dir, { recursive: true }),
    () => network.close(),
  );
  return { ...network, ca: await readFile(network.caFile, "utf8") };
}

type Tunnel = { status: number; text: string; socket: Socket };

/** Asks the proxy for a tunnel, as a user or as nobody; what it says when it refuses. */
async function tunnel(network: Network, target: string, as?: string): Promise<Tunnel> {
  const { hostname, port } = new URL(network.proxyUrl);
  const socket = tcpConnect(Number(port), hostname);
  const sender = as === undefined ? "" : `proxy-authorization: Basic ${Buffer.from(`${as}:`).toString("base64")}\r\n`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${sender}\r\n`);
  const text = await new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString())));
  return { status: Number(text.split(" ")[1]), text, socket };
}

async function secure(network: Network & { ca: string }, host: string, as?: string): Promise<TLSSocket> {
  const { socket } = await tunnel(network, `${host}:443`, as);
  const tls = tlsConnect({ socket, servername: host, ca: network.ca });
  await new Promise<void>((resolve, reject) => {
    tls.once("secureConnect", resolve);
    tls.once("error", reject);
  });
  return tls;
}

/** One request on a connection that stays open; the whole answer. */
async function exchange(tls: TLSSocket, text: string): Promise<string> {
  const answer = new Promise<string>((resolve) => tls.once("data", (data) => resolve(data.toString())));
  tls.write(text);
  return answer;
}

const get = (host: string, path: string): string => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;

describe("the proxy", () => {
  test("tells the sender of each request, where it named itself", async () => {
    const network = await aNetwork(async ({ client }) => ({ status: 200, headers: {}, body: `from ${client}` }));
    const host = "management.azure.com";
    const tunnels = [await secure(network, host, "host1"), await secure(network, host), await secure(network, host, "host2")];
    const answers = [];
    for (const tls of [...tunnels, tunnels[0]!]) answers.push((await exchange(tls, get(host, "/"))).split("\r\n").at(-1));
    expect(answers).toEqual(["from host1", "from undefined", "from host2", "from host1"]);
  });

  test.each([
    "management.azure.com",
    "eastus2euap.management.azure.com",
    "kv-orders.vault.azure.net",
    "login.microsoftonline.com",
    "topic.westus2-1.eventgrid.azure.net",
  ])("answers for %s with a certificate that its own authority signed", async (host) => {
    const network = await aNetwork();

    const tls = await secure(network, host);

    expect(tls.authorized).toBe(true);
    await expect(exchange(tls, get(host, "/x?y=1"))).resolves.toContain(`x-seen: https://${host}/x?y=1`);
  });

  test("refuses every other host and says which", async () => {
    const { status, text } = await tunnel(await aNetwork(), "example.com:443");

    expect(status).toBe(403);
    expect(text).toContain("refuses example.com:443");
  });

  test("refuses Azure's hosts on another port", async () => {
    await expect(tunnel(await aNetwork(), "management.azure.com:80")).resolves.toMatchObject({ status: 403 });
  });

  test("answers 502 for a vault whose name does not resolve, as a proxy does (RFC 9110, 15.6.3)", async () => {
    const { status, text } = await tunnel(await aNetwork(), "gone.vault.azure.net:443");

    expect(status).toBe(502);
    expect(text).toContain("No such host: gone.vault.azure.net");
  });

  test("refuses plain HTTP", async () => {
    const { proxyUrl } = await aNetwork();

    const status = await new Promise((resolve, reject) => {
      plainRequest(proxyUrl, { path: "http://management.azure.com/" }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

    expect(status).toBe(403);
  });

  test("serves many requests on one connection, whatever port the Host header names", async () => {
    const tls = await secure(await aNetwork(), "kv-orders.vault.azure.net");

    await expect(exchange(tls, get("kv-orders.vault.azure.net:443", "/keys"))).resolves.toContain(
      "x-seen: https://kv-orders.vault.azure.net/keys",
    );
    await expect(exchange(tls, get("kv-orders.vault.azure.net", "/keys/k1/"))).resolves.toContain("/keys/k1/");
  });

  test("keeps a path that begins with two slashes", async () => {
    const tls = await secure(await aNetwork(), "management.azure.com");

    await expect(exchange(tls, get("management.azure.com", "//subscriptions/s"))).resolves.toContain(
      "x-seen: https://management.azure.com//subscriptions/s",
    );
  });

  test("hands on method, headers in lower case, and body", async () => {
    const seen: AzureRequest[] = [];
    const network = await aNetwork(async (request) => {
      seen.push(request);
      return { status: 204, headers: {}, body: "" };
    });
    const tls = await secure(network, "management.azure.com");

    const answer = await exchange(
      tls,
      'PUT /a HTTP/1.1\r\nHost: management.azure.com\r\nX-Odd: Yes\r\nContent-Length: 9\r\n\r\n{"a":"ü"}'.replace("9", "10"),
    );

    expect(answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(answer).not.toMatch(/content-length/i);
    expect(seen[0]).toMatchObject({ method: "PUT", headers: { "x-odd": "Yes" }, body: '{"a":"ü"}' });
  });

  test.each([
    [
      "an answer that is no HTTP",
      "management.azure.com",
      "/",
      async () => ({ status: 200, headers: { location: "/rg-données\u2713" }, body: "" }),
    ],
    ["what throws", "management.azure.com", "/", () => Promise.reject(new Error("it broke"))],
    ["a Host that is none", "no host", "/", async () => ({ status: 200, headers: {}, body: "" })],
  ])("answers 500 with the reason to %s, and serves on", async (_what, host, path, handle: Handler) => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const network = await aNetwork(handle);
    const tls = await secure(network, "management.azure.com");

    await expect(exchange(tls, get(host, path))).resolves.toMatch(/^HTTP\/1\.1 500 [\s\S]*"SandboxDefect","message":"[^"]+/);
    await expect(tunnel(network, "management.azure.com:443")).resolves.toMatchObject({ status: 200 });
  });

  test("breaks the connection on a reset", async () => {
    const network = await aNetwork(async () => ({ fault: "reset" }));
    const tls = await secure(network, "management.azure.com");
    const closed = new Promise((resolve) => tls.once("close", resolve));
    tls.on("error", () => {});

    tls.write(get("management.azure.com", "/"));

    await expect(closed).resolves.toBeDefined();
  });

  test("says nothing for three seconds on a timeout, then cuts the connection", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = Promise.withResolvers<void>();
    const network = await aNetwork(async () => {
      asked.resolve();
      return { fault: "timeout" };
    });
    const tls = await secure(network, "management.azure.com");
    const closed = new Promise<void>((resolve) => tls.once("close", () => resolve()));
    const said: Buffer[] = [];
    tls.on("data", (data: Buffer) => void said.push(data));
    tls.on("error", () => {});

    tls.write(get("management.azure.com", "/"));
    await asked.promise;
    await new Promise(setImmediate);
    vi.advanceTimersByTime(2_999);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    await closed;

    expect(said).toEqual([]);
  });

  test("leaves nothing open when it closes, not even a request that waits", async () => {
    const network = await aNetwork(async () => ({ fault: "timeout" }));
    const tls = await secure(network, "management.azure.com");
    tls.on("error", () => {});
    const closed = new Promise<void>((resolve) => tls.once("close", () => resolve()));
    tls.write(get("management.azure.com", "/"));

    await network.close();

    await expect(closed).resolves.toBeUndefined();
  });
});

describe("its certificate authority", () => {
  test("names itself and its certificates by key, as strict verifiers ask (Python 3.13: VERIFY_X509_STRICT)", async () => {
    const network = await aNetwork();
    const tls = await secure(network, "management.azure.com");
    const leaf = tls.getPeerX509Certificate();
    const root = new X509Certificate(network.ca);

    expect(root.ca).toBe(true);
    expect(leaf?.checkIssued(root)).toBe(true);
    // Subject and authority key identifiers, by their object ids 2.5.29.14 and 2.5.29.35.
    expect(root.raw.includes(Buffer.from([0x55, 0x1d, 0x0e]))).toBe(true);
    expect(leaf?.raw.includes(Buffer.from([0x55, 0x1d, 0x23]))).toBe(true);
  });
});
