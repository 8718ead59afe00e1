/** The management API as the shipped DurableClient calls it, through rpcBaseUrl and by the management links. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HostProcess, removeStateDirectories, startHost } from "./host-process.ts";

let host: HostProcess;

beforeAll(async () => {
  host = await startHost();
  for (const id of ["c1", "c2"]) await host.start("hello", id, {});
  await host.start("waiter", "c3");
  await host.untilIdle();
});
afterAll(async () => {
  await host.stop();
  removeStateDirectories();
});

const links = async (): Promise<Record<string, string>> => {
  const { result } = await host.client("createHttpManagementPayload", "c3");
  return JSON.parse(JSON.stringify(result));
};

test("reads one status, and says so when there is none", async () => {
  const { result } = await host.client("getStatus", "c1");
  expect(result).toMatchObject({ name: "hello", instanceId: "c1", runtimeStatus: "Completed", createdTime: "2026-03-01T00:00:00.000Z" });
  expect((await host.client("getStatus", "nobody"))["error"]).toMatch(/HTTP 404/);
});

test("lists by status, page by page", async () => {
  const { result } = await host.client("getStatusBy", { runtimeStatus: ["Running"] });
  expect(result).toMatchObject([{ instanceId: "c3", input: "" }]);
  const all = await host.client("getStatusAll");
  expect(all["result"]).toContainEqual(expect.objectContaining({ instanceId: "c2" }));
  const first = `${host.url}/runtime/webhooks/durabletask/instances?instanceIdPrefix=c&top=2`;
  const page = await fetch(first);
  expect(await page.json()).toHaveLength(2);
  const token = page.headers.get("x-ms-continuation-token")!;
  const rest = await fetch(first, { headers: { "x-ms-continuation-token": token } });
  expect(await rest.json()).toHaveLength(1);
  expect(rest.headers.get("x-ms-continuation-token")).toBeNull();
});

test("raises events, also for one who waits on nothing; not for one that is not there or over", async () => {
  expect(await host.client("raiseEvent", "c3", "other", { a: 1 })).toEqual({ result: null });
  expect((await host.client("raiseEvent", "nobody", "signal", 1))["error"]).toMatch(/No instance with ID 'nobody' found/);
  // 410 is no error to the client.
  expect(await host.client("raiseEvent", "c1", "signal", 1)).toEqual({ result: null });
  expect(await host.raise("c1", "signal")).toBe(410);
});

test("takes events as JSON only", async () => {
  const path = `${host.url}/runtime/webhooks/durabletask/instances/c3/raiseEvent/other`;
  expect((await fetch(path, { method: "POST", body: "x", headers: { "content-type": "text/plain" } })).status).toBe(400);
  expect((await fetch(path, { method: "POST", body: "{", headers: { "content-type": "application/json" } })).status).toBe(400);
});

test("does not play rewinding, and says so", async () => {
  expect((await host.client("rewind", "c1", "again"))["error"]).toMatch(/rewind operation is not supported/);
});

test("gives links that work from outside", async () => {
  // Without WEBSITE_HOSTNAME the client rewrites them to the port that `func start` uses.
  const payload = await links();
  expect(payload["id"]).toBe("c3");
  const status = await fetch(payload["statusQueryGetUri"]!.replace("http://localhost:7071", host.url));
  expect(status.status).toBe(202);
  expect(status.headers.get("location")).toContain("/instances/c3");
  expect(await status.json()).toMatchObject({ runtimeStatus: "Running" });
});

test("purges one, and many by time and end state", async () => {
  await host.start("hello", "p1", {});
  await host.start("fails", "p2");
  await host.untilIdle();
  expect(await host.client("purgeInstanceHistory", "p1")).toEqual({ result: { instancesDeleted: 1 } });
  expect(await host.client("purgeInstanceHistory", "p1")).toEqual({ result: { instancesDeleted: 0 } });
  await expect(host.status("p1")).rejects.toThrow("no instance p1");
  const filter = { createdTimeFrom: "2026-01-01T00:00:00.000Z", runtimeStatus: ["Failed"] };
  expect(await host.client("purgeInstanceHistoryBy", filter)).toEqual({ result: { instancesDeleted: 1 } });
  expect((await host.status("c1")).runtimeStatus).toBe("Completed");
  expect((await host.client("purgeInstanceHistoryBy", {}))["error"]).toMatch(/status code: 400/);
});

test("shows the history when asked", async () => {
  const shown = await host.status("c3", "showHistory=true");
  const types = shown.historyEvents?.map((event) => Reflect.get(Object(event), "EventType"));
  expect(types?.slice(0, 2)).toEqual(["ExecutionStarted", "TimerCreated"]);
});
