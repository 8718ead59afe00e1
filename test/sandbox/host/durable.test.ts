import { afterAll, afterEach, expect, test } from "vitest";
import { type HostProcess, begin, removeStateDirectories, startHost } from "./host-process.ts";

let host: HostProcess | undefined;

async function run(options: Parameters<typeof startHost>[0] = {}): Promise<HostProcess> {
  host = await startHost(options);
  return host;
}

afterEach(async () => {
  await host?.stop();
  host = undefined;
});
afterAll(removeStateDirectories);

test("runs an orchestration with activities, through the client binding", async () => {
  const it = await run();
  const started = await it.start("hello", "h1", { name: "Bob" });
  expect(started.status).toBe(202);
  expect(started.headers.get("location")).toBe(`${it.url}/runtime/webhooks/durabletask/instances/h1?taskHub=FixtureHub&connection=Storage`);
  await it.settle();
  expect(await it.status("h1")).toMatchObject({ runtimeStatus: "Completed", output: ["hello Ada", "hello Bob"], input: { name: "Bob" } });
});
