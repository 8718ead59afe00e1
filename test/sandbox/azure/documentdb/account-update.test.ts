import { expect, test } from "vitest";
import { setOperationFault } from "../../../../sandbox/azure/documentdb/state.ts";
import type { Reply } from "../../../../sandbox/azure/routes.ts";
import type { Json } from "../../../../sandbox/azure/world.ts";
import { aSetting, at, bodyOf, MINUTE, pass, patch, refusal, send } from "./support.ts";
import type { Setting } from "./support.ts";

const poll = async (setting: Setting, reply: Reply): Promise<Json> =>
  bodyOf(await send(setting, "GET", String(reply.headers?.["azure-asyncoperation"])));

test("a PATCH answers 200 with the old values and Updating; the new ones show once the operation has succeeded", async () => {
  const setting = aSetting();
  const reply = await patch(setting, { tags: { team: "billing" } });
  expect(reply.status).toBe(200);
  expect(at(bodyOf(reply), "tags")).toEqual({ team: "shop" });
  expect(at(bodyOf(reply), "properties", "provisioningState")).toBe("Updating");
  expect(await poll(setting, reply)).toEqual({ status: "Dequeued" });
  await pass(setting.world, 50_000);
  expect(at(bodyOf(await send(setting, "GET", setting.account.id)), "tags")).toEqual({ team: "shop" });
  await pass(setting.world, 20_000);
  expect(await poll(setting, reply)).toEqual({ status: "Succeeded" });
  const after = bodyOf(await send(setting, "GET", setting.account.id));
  expect(at(after, "tags")).toEqual({ team: "billing" });
  expect(at(after, "properties", "provisioningState")).toBe("Succeeded");
});

test("its addresses are regional status, results under the account, and the operation's GUID is the request id", async () => {
  const setting = aSetting();
  const { headers = {} } = await patch(setting, { tags: {} });
  const id = headers["x-ms-request-id"];
  expect(new URL(headers["azure-asyncoperation"]!).pathname).toBe(
    `/subscriptions/${setting.world.subscriptionId}/providers/Microsoft.DocumentDB/locations/eastus2/operationsStatus/${id}`,
  );
  expect(new URL(headers["location"]!).pathname).toBe(`${setting.account.id}/operationResults/${id}`);
  expect(headers).not.toHaveProperty("retry-after");
});

test("addresses are signed, about 3 KB long, and refused when changed", async () => {
  const setting = aSetting();
  const { headers = {} } = await patch(setting, { tags: {} });
  const url = headers["azure-asyncoperation"]!;
  expect(url.length).toBeGreaterThan(3_000);
  const { searchParams } = new URL(url);
  expect(["t", "s", "h"].map((name) => searchParams.get(name)?.length)).toEqual([18, 342, 43]);
  expect(await refusal(send(setting, "GET", url.replace(/&s=[^&]+/, "")))).toMatchObject({ status: 403 });
  expect(await refusal(send(setting, "GET", url.replace("2026-03-15", "2025-10-15")))).toMatchObject({ status: 403 });
});

test("results answer 202 while it runs and the account afterwards", async () => {
  const setting = aSetting();
  const { headers = {} } = await patch(setting, { tags: { a: "b" } });
  expect((await send(setting, "GET", headers["location"]!)).status).toBe(202);
  await pass(setting.world, 2 * MINUTE);
  const done = await send(setting, "GET", headers["location"]!);
  expect(done.status).toBe(200);
  expect(at(bodyOf(done), "tags")).toEqual({ a: "b" });
});

test("while an operation runs every other write is 412, unwrapped, with an ActivityId behind", async () => {
  const setting = aSetting();
  await patch(setting, { tags: {} });
  const refused = await refusal(patch(setting, { tags: {} }));
  expect(refused).toMatchObject({ status: 412, code: "PreconditionFailed", extra: { unwrapped: true } });
  expect(refused.message).toMatch(
    /^There is already an operation in progress which requires exclusive lock on this service orders\. Please retry the operation after sometime\.\r\nActivityId: [0-9a-f-]{36}, Microsoft\.Azure\.Documents\.Common\/2\.14\.0$/,
  );
  expect(await refusal(send(setting, "DELETE", setting.account.id))).toMatchObject({ status: 412 });
});

test("a fault makes the operation end Failed and change nothing", async () => {
  const setting = aSetting();
  const faults = [{ code: "InternalServerError", message: "It broke." }];
  setOperationFault(setting.world, () => faults.shift());
  const reply = await patch(setting, { tags: { team: "billing" } });
  await pass(setting.world, 2 * MINUTE);
  expect(await poll(setting, reply)).toEqual({ status: "Failed", error: { code: "InternalServerError", message: "It broke." } });
  expect(await refusal(send(setting, "GET", reply.headers!["location"]!))).toMatchObject({ status: 400, code: "InternalServerError" });
  expect(setting.account).toMatchObject({ provisioningState: "Succeeded", tags: { team: "shop" }, operation: undefined });
});

test("what az sends along, an object whose members are all null, is no change: not kept, not shown, no hindrance", async () => {
  const setting = aSetting();
  const along = { apiProperties: { ServerVersion: null } };
  expect((await patch(setting, { properties: { keyVaultKeyUri: setting.keyUri, ...along } })).status).toBe(200);
  await pass(setting.world, 2 * MINUTE);
  setting.account.check.revoked = true;
  const guide = { properties: { defaultIdentity: `UserAssignedIdentity=${setting.identity.id}`, ...along } };
  expect((await patch(setting, guide)).status).toBe(200);
  await pass(setting.world, 10 * MINUTE);
  expect(setting.account.properties).not.toHaveProperty("apiProperties");
  expect(at(bodyOf(await send(setting, "GET", setting.account.id)), "properties")).not.toHaveProperty("apiProperties");
});

test("an object with a value in it is a change, whatever else of it is null", async () => {
  const setting = aSetting();
  await patch(setting, { properties: { apiProperties: { serverVersion: "4.2", other: null } } });
  await pass(setting.world, 2 * MINUTE);
  expect(setting.account.properties).toMatchObject({ apiProperties: { serverVersion: "4.2" } });
});

test("plain properties are replaced one by one, the others stay", async () => {
  const setting = aSetting();
  await patch(setting, { properties: { publicNetworkAccess: "Disabled", ipRules: [{ ipAddressOrRange: "203.0.113.5" }] } });
  await pass(setting.world, 2 * MINUTE);
  expect(setting.account.properties).toMatchObject({ publicNetworkAccess: "Disabled", networkAclBypass: "None" });
  expect(setting.account.properties["ipRules"]).toEqual([{ ipAddressOrRange: "203.0.113.5" }]);
});

test("an unknown operation is 404", async () => {
  const setting = aSetting();
  const { headers = {} } = await patch(setting, { tags: {} });
  const cluster = headers["azure-asyncoperation"]!.replace("operationsStatus", "mongoClusterAzureAsyncOperation");
  // Signed for another address: the signature is looked at first.
  expect(await refusal(send(setting, "GET", cluster))).toMatchObject({ status: 403 });
});

test("DELETE answers 202 Enqueued with results under the subscription, shows Deleting meanwhile, then is gone", async () => {
  const setting = aSetting();
  const reply = await send(setting, "DELETE", setting.account.id);
  expect(reply).toMatchObject({ status: 202, body: { status: "Enqueued" } });
  const location = reply.headers!["location"]!;
  expect(new URL(location).pathname).toMatch(
    /^\/subscriptions\/[^/]+\/providers\/Microsoft\.DocumentDB\/locations\/eastus2\/operationResults\//,
  );
  expect(at(bodyOf(await send(setting, "GET", setting.account.id)), "properties", "provisioningState")).toBe("Deleting");
  await pass(setting.world, 5 * MINUTE);
  expect((await send(setting, "GET", location)).status).toBe(202);
  await pass(setting.world, 3 * MINUTE);
  const done = await send(setting, "GET", location, { headers: { "x-ms-client-request-id": "mine" } });
  expect(done).toEqual({ status: 200, headers: { "x-ms-activity-id": "mine" } });
  expect(await refusal(send(setting, "GET", setting.account.id))).toMatchObject({ status: 404 });
  expect((await send(setting, "DELETE", setting.account.id)).status).toBe(204);
});
