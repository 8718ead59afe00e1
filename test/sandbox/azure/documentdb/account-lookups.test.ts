// What Microsoft's guides have people look up: cosmos-db.json and restorable.json of the specification.
import { expect, test } from "vitest";
import { lookupRoutes } from "../../../../sandbox/azure/documentdb/account-lookups.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { textAt } from "../../../../sandbox/azure/json.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const ACCOUNT = `${GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/orders`;

function aTenant() {
  const world = aWorld();
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const properties = { backupPolicy: { type: "Continuous" } };
  addAccount(world, { name: "orders", resourceGroup: "rg1", location: "West US 2", properties });
  addAccount(world, { name: "periodic", resourceGroup: "rg1", location: "West US 2" });
  return { world, owner, arm: throughArm(world, lookupRoutes, "2026-03-15") };
}

test("keys come by an action, which a reader doesn't have and a read-only lock forbids", async () => {
  const { world, owner, arm } = aTenant();
  const { body } = await arm(owner, "POST", `${ACCOUNT}/listKeys`);
  expect(Object.values(body).map((key) => Buffer.from(textAt(key), "base64").length)).toEqual([64, 64, 64, 64]);
  expect(new Set(Object.values(body)).size).toBe(4);
  const strings = (await arm(owner, "POST", `${ACCOUNT}/listConnectionStrings`)).body;
  expect(JSON.stringify(strings)).toContain(`AccountKey=${JSON.stringify(body["primaryMasterKey"]).slice(1, -1)};`);
  await expect(arm(aPerson(world, "reader", { role: ROLE.reader }), "POST", `${ACCOUNT}/readonlykeys`)).resolves.toMatchObject({
    status: 403,
  });
  world.locks.set("l", { id: "l", name: "l", scope: ACCOUNT, level: "ReadOnly", notes: "" });
  await expect(arm(owner, "POST", `${ACCOUNT}/listKeys`)).resolves.toMatchObject({ status: 409, body: { error: { code: "ScopeLocked" } } });
});

test("accounts with continuous backup can be restored; regions are listed", async () => {
  const { owner, arm } = aTenant();
  const at = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB`;
  await expect(arm(owner, "GET", `${at}/restorableDatabaseAccounts`)).resolves.toMatchObject({
    status: 200,
    body: { value: [{ location: "West US 2", properties: { accountName: "orders", apiType: "Sql" } }] },
  });
  const { body } = await arm(owner, "GET", `${at}/locations`);
  expect(body["value"]).toContainEqual(expect.objectContaining({ name: "West US 2", type: "Microsoft.DocumentDB/locations" }));
});
