/** Who is told, end to end: the app as it ships tells four receivers and a collector of one trouble over the network, and one of them is away for a while. */
import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { getIncident, listIncidents } from "../../sandbox/running/app-api.ts";
import { type App, MINUTE, putOffKeyChecks, startApp } from "./app.ts";

const SECRET = Buffer.from("a secret of 24 bytes, no");
let app: App;

/** A collector, by OTLP over HTTP. */
const traced: { path: string; text: string }[] = [];
const collector = createServer((request, response) => {
  void (async () => {
    traced.push({ path: request.url!, text: await text(request) });
    response.end("{}");
  })();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => void collector.listen(0, "127.0.0.1", resolve));
  app = await startApp({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      KEYMEND_OUTCOME_TOPIC_ENDPOINT: "https://outcomes.westeurope-1.eventgrid.azure.net/api/events",
      KEYMEND_WEBHOOK: "https://hooks.contoso.example/keymend",
      KEYMEND_WEBHOOK_SECRET: `whsec_${SECRET.toString("base64")}`,
      KEYMEND_TEAMS_WEBHOOK:
        "https://prod-1.westeurope.logic.azure.com/workflows/0123456789abcdef0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=x&sv=1.0&sig=do-not-log-me",
      KEYMEND_MAIL_ENDPOINT: "https://contoso.communication.azure.com",
      KEYMEND_MAIL_FROM: "keymend@contoso.example",
      KEYMEND_MAIL_TO: "ada@contoso.example",
      KEYMEND_LINK: "https://keymend.contoso.example/#{id}",
      // All of the day that it may be: what presses is told all the same.
      KEYMEND_QUIET_HOURS: "08:00-23:30",
    },
  });
});
afterAll(async () => {
  await app?.close();
  collector.closeAllConnections();
  collector.close();
});

type SpanSeen = { traceId: string; spanId: string; parentSpanId?: string; name: string };
type Traces = { resourceSpans: { scopeSpans: { spans: SpanSeen[] }[] }[] };
const spansIn = (body: string): SpanSeen[] =>
  (JSON.parse(body) as Traces).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));

const to = (by: string) => app.sandbox.azure.received.filter((one) => one.by === by);
const events = () => app.sandbox.azure.published.flatMap(({ events: all }) => all as { id: string; type: string; specversion: string }[]);
const health = async () => (await app.reader.app("GET", "/api/health")).body["notifications"];

test("a question reaches all four in quiet hours, and is told once; the end reaches machines at once, one that was away too", async () => {
  const patient = app.patient("orders");
  putOffKeyChecks(app, patient);
  await app.operator.key("PATCH", patient.vault.name, `/keys/${patient.keyName}`, { attributes: { enabled: false } });
  await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "somebody asks" });
  const all = ["webhook", "workflow", "mail"];
  await app.until("all to be asked", () => all.every((by) => to(by).length > 0) && events().length > 0, 30 * MINUTE);
  const [row] = (await listIncidents(app.reader)).filter(({ vaultId }) => vaultId === patient.vault.id);
  const incident = await getIncident(app.reader, row!.id);
  expect(events().map(({ type, specversion }) => [type, specversion])).toEqual([["Keymend.Question", "1.0"]]);
  expect(to("workflow")[0]!.text).toContain(`"url":"https://keymend.contoso.example/#${incident.id}"`);
  expect(to("mail")[0]!.body).toMatchObject({ content: { subject: "Keymend: Decide: kv-orders" } });
  const [{ headers, text: sent }] = to("webhook") as [(typeof app.sandbox.azure.received)[number]];
  const signed = createHmac("sha256", SECRET).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${sent}`).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${signed}`);
  expect(await health()).toEqual({ waiting: 0, dead: 0 });

  app.sandbox.azure.faults.arm({ match: { host: "hooks.contoso.example" }, times: 2, fault: { kind: "status", status: 503 } });
  const decision = { planHash: incident.plan!.hash, decision: "approve", reason: "an accident" };
  expect((await app.approver.app("POST", `/api/incidents/${incident.id}/decision`, decision)).status).toBeLessThan(300);
  await app.until("the end to be told", () => events().length > 1, 180 * MINUTE);
  expect(events().at(-1)).toMatchObject({ id: `${incident.id}-OutageAvoided`, type: "Keymend.OutageAvoided" });
  expect(await health()).toMatchObject({ waiting: 3 });
  await app.until("the webhook to be told at last", () => to("webhook").length > 1, 30 * MINUTE);
  const tries = app.log.filter(({ event }) => event === "notTold");
  expect(tries.map(({ channel, level }) => [channel, level])).toEqual([
    ["webhook", "warning"],
    ["webhook", "warning"],
  ]);
  // People hear of what can wait when quiet hours are over.
  expect([to("workflow").length, to("mail").length]).toEqual([1, 1]);
  expect(await health()).toEqual({ waiting: 2, dead: 0 });
  expect(JSON.stringify([app.log, app.noise])).not.toMatch(/do-not-log-me|whsec_/);

  const applied = (await app.reader.app("GET", `/api/incidents/${incident.id}`)).body["applied"] as { requests: object[] }[];
  const requestId = expect.stringMatching(/^[\da-f-]{36}$/) as unknown;
  expect(applied.at(-1)!.requests).toEqual([expect.objectContaining({ method: "PATCH", status: 200, requestId })]);

  const traceId = createHash("sha256").update(`trace of ${incident.id}`).digest("hex").slice(0, 32);
  const spans = () => traced.filter(({ path }) => path === "/v1/traces").flatMap((one) => spansIn(one.text));
  await vi.waitUntil(() => spans().some(({ name }) => name === "incident"), { timeout: 300_000 });
  const own = spans().filter((span) => span.traceId === traceId);
  expect(new Set(own.map(({ name }) => name))).toEqual(new Set(["incident", "assess", "applyStep", "GET", "POST", "PATCH"]));
  const root = own.find(({ name }) => name === "incident")!;
  expect(root.parentSpanId ?? "").toBe("");
  expect(own.filter(({ name }) => name === "assess").map(({ parentSpanId }) => parentSpanId)).toContain(root.spanId);
  expect(traced.map((one) => one.text).join()).not.toMatch(/do-not-log-me|whsec_/);
});
