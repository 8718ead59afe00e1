// Events that Event Grid gives up to deliver, as Keymend reads them from the sandbox's Azure.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createEventGrid } from "../../sandbox/azure/event-grid/grid.ts";
import { createReadUndelivered } from "../../src/azure/read-undelivered.ts";
import { startSandbox } from "./sandbox-azure.ts";
import type { Sandbox } from "./sandbox-azure.ts";

const HOUR = 3_600_000;

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(() => sandbox.close());

/** What the topic of a vault has counted in the last hours. */
function counted(): ReturnType<ReturnType<typeof createReadUndelivered>> {
  const { world, clients } = sandbox;
  const topic = [...world.systemTopics.values()].find(({ source }) => source === sandbox.patient("account", "rbac").vault.id)!;
  const at = (ms: number): string => new Date(world.clock.now() + ms).toISOString();
  return createReadUndelivered(clients)(topic.id, { since: at(-3 * HOUR), until: at(0) });
}

/** One that the function refuses for good. */
async function lose(): Promise<void> {
  const { world } = sandbox;
  createEventGrid(world, async () => 400);
  const { id: source } = sandbox.patient("account", "rbac").vault;
  world.publish({
    source,
    subject: "cmk",
    eventType: "Microsoft.KeyVault.KeyExpired",
    eventTime: world.clock.iso(),
    data: {},
    dataVersion: "1",
  });
  await sandbox.pass(30);
}

test("none, one that is dropped, one that is kept", async () => {
  expect(await counted()).toEqual([]);
  await lose();
  expect(await counted()).toEqual([{ subscription: "keymend-keys", dropped: 1, kept: 0 }]);
  for (const { properties } of sandbox.world.eventSubscriptions.values())
    properties["deadLetterWithResourceIdentity"] = { deadLetterDestination: { properties: { blobContainerName: "dead-letters" } } };
  await lose();
  expect(await counted()).toEqual([{ subscription: "keymend-keys", dropped: 1, kept: 1 }]);
  await sandbox.pass(4 * 60);
  expect(await counted()).toEqual([]);
});

test("without the right to read metrics it is said to be unreadable, not none", async () => {
  for (const role of sandbox.world.roleDefinitions.values())
    for (const permission of role.permissions)
      permission.actions = permission.actions.filter((one) => one !== "Microsoft.Insights/metrics/read");
  expect(await counted()).toMatchObject({ state: "unreadable", why: "denied" });
});
