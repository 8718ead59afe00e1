/** The exporters as they ship, against a receiver over HTTP. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { buffer } from "node:stream/consumers";
import { createHttpHeaders, type HttpClient } from "@azure/core-rest-pipeline";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rootOf, type Span } from "../../src/domain/telling/trace.ts";
import { hashText } from "../../src/storage/canonical-json.ts";
import { startTelemetry } from "../../src/telemetry/main.ts";

type Received = { path: string; text: string; token: string | undefined };
let server: Server;
let received: Received[];

async function readText(request: IncomingMessage): Promise<string> {
  const body = await buffer(request);
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
}

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    void (async () => {
      received.push({ path: request.url!, text: await readText(request), token: request.headers.authorization });
      response.setHeader("content-type", "application/json");
      response.end("{}");
    })();
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", address());
  // Its own statistics go to Microsoft, from wherever it runs.
  vi.stubEnv("APPLICATION_INSIGHTS_NO_STATSBEAT", "true");
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const context = rootOf("i1", hashText);
const span: Span = {
  context,
  name: "incident",
  kind: "internal",
  startMs: Date.now() - 1000,
  endMs: Date.now(),
  attributes: { "keymend.incident.id": "i1" },
};

test("a collector gets spans and metrics by OTLP", async () => {
  const emitter = startTelemetry({ insights: null, otlp: true, version: "1.0.0", attributes: {} });
  emitter.span(span);
  emitter.measure({ metric: "keymend.incidents", value: 1, attributes: { "keymend.outcome": "Healed" } });
  await emitter.flush();
  const at = (path: string) => received.filter((one) => one.path === path).map(({ text }) => text);
  expect(at("/v1/traces").join()).toContain(context.traceId);
  expect(at("/v1/metrics").join()).toMatch(/"name":"keymend.incidents".*"unit":"\{incident\}"/);
});

test("Application Insights gets them in an operation of the trace's id, with a token where it wants one", async () => {
  const sent: Received[] = [];
  const httpClient: HttpClient = {
    sendRequest: async (request) => {
      const text = typeof request.body === "string" ? request.body : "";
      sent.push({ path: new URL(request.url).pathname, text, token: request.headers.get("authorization") });
      const items = text.split("\n").length;
      const bodyAsText = JSON.stringify({ itemsReceived: items, itemsAccepted: items, errors: [] });
      return { request, status: 200, headers: createHttpHeaders({ "content-type": "application/json" }), bodyAsText };
    },
  };
  const connectionString = "InstrumentationKey=00000000-0000-4000-8000-000000000001;IngestionEndpoint=https://westeurope.in.example/";
  const credential = { getToken: async () => ({ token: "t1", expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const insights = { connectionString, credential, httpClient };
  const emitter = startTelemetry({ insights, otlp: false, version: "1.0.0", attributes: {} });
  emitter.span(span);
  emitter.measure({ metric: "keymend.repair.duration", value: 60, attributes: {} });
  await emitter.flush();
  const all = sent.map(({ text }) => text).join();
  expect(all).toContain(`"ai.operation.id":"${context.traceId}"`);
  expect(all).toContain("keymend.repair.duration");
  expect(new Set(sent.map(({ token }) => token))).toEqual(new Set(["Bearer t1"]));
  expect(received).toEqual([]);
});
