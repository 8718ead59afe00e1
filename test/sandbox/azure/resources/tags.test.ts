// Microsoft.Resources/tags (resources.json 2021-04-01; Azure Resource Manager, "Use tags to organize your Azure resources").
import { describe, expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { textAt } from "../../../../sandbox/azure/json.ts";
import { addKey, addVault, keyUriOf } from "../../../../sandbox/azure/keyvault/build.ts";
import { tagRoutes } from "../../../../sandbox/azure/resources/tags.ts";
import type { Json, World } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

function aTenant(switches: World["switches"] = {}) {
  const world = aWorld(switches);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const arm = throughArm(world, tagRoutes, "2021-04-01");
  const vault = addVault(world, { name: "kv-orders", resourceGroup: "rg1", tags: { Team: "shop", stage: "test" } });
  const key = addKey(world, vault, { name: "cmk" });
  const account = addAccount(world, {
    name: "orders",
    resourceGroup: "rg1",
    location: "West US 2",
    identities: [],
    keyUri: keyUriOf(vault, key.name),
    tags: { a: "b" },
  });
  const send = (method: string, scope: string, body?: Json, who = owner) =>
    arm(who, method, `${scope}/providers/Microsoft.Resources/tags/default`, body);
  const patch = (scope: string, operation: string, tags: Json) => send("PATCH", scope, { operation, properties: { tags } });
  return { world, owner, arm, vault, account, send, patch };
}

describe("tags of a resource", () => {
  test.each([
    ["Merge", { TEAM: "billing", "keymend:mode": "observe" }, { stage: "test", TEAM: "billing", "keymend:mode": "observe" }],
    ["Replace", { only: "this" }, { only: "this" }],
    ["Delete", { team: "" }, { stage: "test" }],
    ["Delete", { team: "shop", stage: "prod" }, { stage: "test" }],
  ])("%s of %j", async (operation, tags, after) => {
    const { vault, patch, send } = aTenant();
    await expect(patch(vault.id, operation, tags)).resolves.toMatchObject({
      status: 200,
      body: { id: `${vault.id}/providers/Microsoft.Resources/tags/default`, name: "default", type: "Microsoft.Resources/tags" },
    });
    expect(vault.tags).toEqual(after);
    await expect(send("GET", vault.id.toUpperCase())).resolves.toMatchObject({ status: 200, body: { properties: { tags: after } } });
  });

  test("PUT replaces all, DELETE leaves none; of a group and of the subscription too", async () => {
    const { world, send } = aTenant();
    for (const scope of [GROUP, `/subscriptions/${SUBSCRIPTION}`]) {
      await send("PUT", scope, { properties: { tags: { a: "1" } } });
      await expect(send("GET", scope)).resolves.toMatchObject({ body: { properties: { tags: { a: "1" } } } });
    }
    expect(world.resourceGroups.get(GROUP.toLowerCase())?.tags).toEqual({ a: "1" });
    await expect(send("DELETE", GROUP)).resolves.toMatchObject({ status: 200 });
    expect(world.resourceGroups.get(GROUP.toLowerCase())?.tags).toEqual({});
  });

  test("refuses another operation, a resource that is not there, and whoever may not write tags", async () => {
    const { world, vault, patch, send } = aTenant();
    await expect(patch(vault.id, "Add", { a: "b" })).resolves.toMatchObject({ status: 400 });
    await expect(send("PUT", vault.id, { properties: {} })).resolves.toMatchObject({ status: 400 });
    await expect(send("GET", `${vault.id}-not`)).resolves.toMatchObject({ status: 404, body: { error: { code: "ResourceNotFound" } } });
    const reader = aPerson(world, "reader", { role: ROLE.reader });
    await expect(send("GET", vault.id, undefined, reader)).resolves.toMatchObject({ status: 200 });
    await expect(send("PUT", vault.id, { properties: { tags: {} } }, reader)).resolves.toMatchObject({ status: 403 });
  });

  test("a write is an event about the tags of that resource", async () => {
    const { world, vault, patch } = aTenant();
    const events: string[] = [];
    world.publish = ({ eventType, subject, data }) => events.push([eventType, subject, textAt(data["operationName"])].join(" "));
    await patch(vault.id, "Merge", { a: "b" });
    expect(events).toEqual([
      `Microsoft.Resources.ResourceWriteSuccess ${vault.id}/providers/Microsoft.Resources/tags/default Microsoft.Resources/tags/write`,
    ]);
  });

  test("a revoked account takes them no more than by PATCH, unless the switch says so", async () => {
    for (const [switches, status] of [
      [{}, 400],
      [{ "documentdb.tagsApiWhileRevoked": true }, 200],
    ] as const) {
      const { account, patch } = aTenant(switches);
      account.check.revoked = true;
      await expect(patch(account.id, "Merge", { c: "d" })).resolves.toMatchObject({ status });
      expect(account.tags).toEqual(status === 200 ? { a: "b", c: "d" } : { a: "b" });
    }
  });
});

test("the names in use are listed with their values and how often each is there", async () => {
  const { owner, arm, patch } = aTenant();
  await patch(GROUP, "Replace", { stage: "test" });
  const { body } = await arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/tagNames`);
  expect(body["value"]).toContainEqual({
    id: `/subscriptions/${SUBSCRIPTION}/tagNames/stage`,
    tagName: "stage",
    count: { type: "Total", value: 2 },
    values: [{ id: `/subscriptions/${SUBSCRIPTION}/tagNames/stage/tagValues/test`, tagValue: "test", count: { type: "Total", value: 2 } }],
  });
});
