import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost } from "./host-process.ts";

let host: HostProcess;

beforeAll(async () => {
  host = await startHost();
});
beforeEach(() => {
  host.logs.length = 0;
});
afterAll(async () => {
  await host.stop();
  removeStateDirectories();
});

/** Logs come on another way than the answer: after settling, all are there. */
async function deliver(body: unknown, type = "Notification", name = "onEvent"): Promise<Response> {
  const response = await fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(type ? { "aeg-event-type": type } : {}) },
    body: JSON.stringify(body),
  });
  await host.untilIdle();
  return response;
}

const event = { id: "1", eventType: "Microsoft.KeyVault.KeyExpired", data: { Id: "https://v", VaultName: "v", EXP: 1 } };

test("answers the validation handshake with its code and 200", async () => {
  const response = await deliver(
    [{ eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", data: { validationCode: "abc" } }],
    "SubscriptionValidation",
  );
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ validationResponse: "abc" });
});

test("invokes once an event of an array, and leaves the wire's names in its data", async () => {
  expect((await deliver([event, { ...event, id: "2" }])).status).toBe(202);
  const got = host.events("onEvent");
  expect(got).toHaveLength(2);
  expect(got[0]).toEqual({ event: "onEvent", got: event, metadata: { data: { id: "https://v", vaultName: "v", eXP: 1 } } });
});

test("takes a CloudEvent, which comes alone", async () => {
  const cloud = { id: "1", specversion: "1.0", type: "Microsoft.KeyVault.KeyExpired", source: "/x", data: { Id: "k" } };
  expect((await deliver(cloud)).status).toBe(202);
  expect(host.events("onEvent")).toMatchObject([{ got: cloud }]);
});

test("answers 500 when one of the events fails, having run all", async () => {
  expect((await deliver([event, { ...event, id: "2", data: { fail: true } }])).status).toBe(500);
  expect(host.events("onEvent")).toHaveLength(1);
});

test("knows only Event Grid functions, and only Event Grid's own requests", async () => {
  expect((await deliver([event], "Notification", "nobody")).status).toBe(404);
  expect((await deliver([event], "Notification", "echo")).status).toBe(404);
  expect((await deliver([event], "")).status).toBe(400);
});

test("allows the CloudEvents handshake by OPTIONS", async () => {
  const response = await fetch(`${host.url}/runtime/webhooks/EventGrid?functionName=onEvent`, {
    method: "OPTIONS",
    headers: { "webhook-request-origin": "eventgrid.azure.net" },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("webhook-allowed-origin")).toBe("eventgrid.azure.net");
});
