import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost } from "./host-process.ts";

let host: HostProcess;

beforeAll(async () => {
  host = await startHost();
});
afterAll(async () => {
  await host.stop();
  removeStateDirectories();
});

const call = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${host.url}${path}`, init);

test("serves a route with its parameters, query, headers and body", async () => {
  const response = await call("/api/Echo/a%20b?x=1&y=two", { method: "POST", headers: { "x-in": "seen" }, body: "text" });
  expect(response.status).toBe(201);
  expect(response.headers.get("x-echo")).toBe("seen");
  expect(await response.json()).toEqual({
    method: "POST",
    url: `${host.url}/api/Echo/a%20b?x=1&y=two`,
    id: "a b",
    query: { x: "1", y: "two" },
    body: "text",
    function: "echo",
    triggerMetadata: "absent",
  });
});

test("leaves an escaped slash escaped in a parameter", async () => {
  const response = await call("/api/echo/%2Fsubscriptions%2Fs");
  expect(await response.json()).toMatchObject({ id: "%2Fsubscriptions%2Fs" });
});

test("prefers the literal route to the parameter", async () => {
  expect(await (await call("/api/echo/new")).json()).toEqual({ literal: true });
});

test("gives a wildcard the rest of the path, or nothing", async () => {
  expect(await (await call("/api/rest/a/b%20c/d")).text()).toBe("a/b c/d");
  expect(await (await call("/api/rest")).text()).toBe("none");
});

test("knows optional and constrained parameters", async () => {
  expect(await (await call("/api/optional/12")).text()).toBe("12");
  expect(await (await call("/api/optional")).text()).toBe("none");
  expect((await call("/api/optional/twelve")).status).toBe(404);
});

test("answers 404 for an unknown path, and for a known one with the wrong method", async () => {
  expect((await call("/api/nowhere")).status).toBe(404);
  expect((await call("/echo/1")).status).toBe(404);
  expect((await call("/api/echo/1", { method: "DELETE" })).status).toBe(404);
});

test("answers 204 for a function that returns nothing, and 500 without a word for one that throws", async () => {
  expect((await call("/api/nothing")).status).toBe(204);
  const thrown = await call("/api/throws");
  expect(thrown.status).toBe(500);
  expect(await thrown.text()).toBe("");
  await host.untilIdle();
  expect(host.logs.some((log) => log.function === "throws" && log.message.includes("secret detail"))).toBe(true);
});

test("passes bytes through unharmed", async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const response = await call("/api/bytes", { method: "POST", body: bytes });
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
});

test("tells its status when it serves", async () => {
  expect(await (await call("/admin/host/status")).json()).toMatchObject({ state: "Running" });
});

test("shifts Date in the app, from before it loads, and nothing else", async () => {
  expect(await (await call("/api/now")).json()).toEqual({
    now: Date.parse("2026-03-01T00:00:00.000Z"),
    date: "2026-03-01T00:00:00.000Z",
    loaded: "2026-03-01T00:00:00.000Z",
  });
});

test("names its functions by trigger", () => {
  expect(host.functions).toContainEqual({ name: "echo", type: "httpTrigger" });
  expect(host.functions).toContainEqual({ name: "tick", type: "timerTrigger" });
  expect(host.functions).toContainEqual({ name: "hello", type: "orchestrationTrigger" });
  expect(host.functions).toContainEqual({ name: "greet", type: "activityTrigger" });
});

test("answers 500 with the reason to a request that it can't read, and serves on", async () => {
  const broken = await call("/runtime/webhooks/durabletask/instances/%E0%A4%A");
  expect(broken.status).toBe(500);
  expect(await broken.text()).toBe("URI malformed");
  expect((await call("/api/echo/new")).status).toBe(200);
});
