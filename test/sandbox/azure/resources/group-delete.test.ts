// DELETE of a resource group: what it takes along, in which order, and what is told of it.
import { expect, test } from "vitest";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { createAzure } from "../../../../sandbox/azure/azure.ts";
import { addAccount } from "../../../../sandbox/azure/documentdb/build.ts";
import { textAt } from "../../../../sandbox/azure/json.ts";
import { addKey, addVault, keyUriOf } from "../../../../sandbox/azure/keyvault/build.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { pass } from "../through-arm.ts";

const MINUTE = 60_000;

function aFullGroup() {
  const world = aWorld();
  const azure = createAzure(world, { deliver: async () => 200 });
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const vault = addVault(world, { name: "kv-orders", resourceGroup: "rg1" });
  const key = addKey(world, vault, { name: "cmk" });
  const identity = addIdentity(world, { resourceGroup: "rg1", name: "id-orders" });
  assignRole(world, { principalId: identity.principalId, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: vault.id });
  const account = addAccount(world, {
    name: "orders",
    resourceGroup: "rg1",
    location: "West US 2",
    identities: [identity.id],
    keyUri: keyUriOf(vault, key.name),
  });
  const elsewhere = addVault(world, { name: "kv-else", resourceGroup: "rg10" });
  const events: string[] = [];
  world.publish = ({ eventType, subject, data }) => {
    if (eventType.includes("Delete"))
      events.push(`${eventType.split(".").at(-1)} ${subject.split("/").at(-1)} ${textAt(data["correlationId"])}`);
  };
  const send = async (method: string, path: string, body = "") => {
    const url = new URL(`https://management.azure.com${path}${path.includes("?") ? "" : "?api-version=2021-04-01"}`);
    const headers = {
      authorization: `Bearer ${await azure.tokens.issue(owner, "https://management.azure.com")}`,
      "x-ms-correlation-request-id": "c1",
    };
    const reply = await azure.handle({ method, url, headers, body });
    if ("fault" in reply) throw new Error(reply.fault);
    return { ...reply, body: reply.body === "" ? {} : (JSON.parse(reply.body) as JsonObject) };
  };
  return { world, send, vault, identity, account, elsewhere, events };
}

test("all in it goes, the database before the vault and the identity, and the group last; vaults stay recoverable", async () => {
  const { world, send, vault, identity, account, elsewhere, events } = aFullGroup();
  const accepted = await send("DELETE", GROUP);
  expect(accepted).toMatchObject({ status: 202, headers: { "retry-after": "15" } });
  const location = new URL(accepted.headers["location"]!);
  expect(location.pathname).toMatch(new RegExp(`^/subscriptions/${SUBSCRIPTION}/operationresults/`));
  const poll = () => send("GET", `${location.pathname}${location.search}`);

  await pass(world, MINUTE);
  expect((await poll()).status).toBe(202);
  expect((await send("GET", GROUP)).body).toMatchObject({ properties: { provisioningState: "Deleting" } });
  expect(account.provisioningState).toBe("Deleting");
  expect(vault.deleted).toBeUndefined();
  await expect(send("PUT", `${identity.id}-2`, '{"location":"westus2"}')).resolves.toMatchObject({
    status: 409,
    body: { error: { code: "ResourceGroupBeingDeleted" } },
  });

  await pass(world, 10 * MINUTE);
  expect((await poll()).status).toBe(200);
  expect((await send("GET", GROUP)).status).toBe(404);
  expect([world.accounts.size, world.identities.size, vault.deleted !== undefined, elsewhere.deleted]).toEqual([0, 0, true, undefined]);
  const names = events.map((event) => event.split(" ").slice(0, 2).join(" "));
  expect(names).toEqual(["orders", "kv-orders", "id-orders", "rg1"].map((name) => `ResourceDeleteSuccess ${name}`));
  expect(new Set(events.map((event) => event.split(" ")[2]))).toEqual(new Set(["c1"]));
});

test("a lock on anything in it refuses, and nothing goes", async () => {
  const { world, send, vault } = aFullGroup();
  world.locks.set("l1", { id: "l1", name: "keep", scope: vault.id, level: "CanNotDelete", notes: "" });
  await expect(send("DELETE", GROUP)).resolves.toMatchObject({ status: 409, body: { error: { code: "ScopeLocked" } } });
  await pass(world, 10 * MINUTE);
  expect([world.accounts.size, vault.deleted]).toEqual([1, undefined]);
});

test("a group that is not there is 404", async () => {
  await expect(aFullGroup().send("DELETE", `${GROUP}-not`)).resolves.toMatchObject({
    status: 404,
    body: { error: { code: "ResourceGroupNotFound" } },
  });
});

test("names that are taken and lists of what is not here are answers", async () => {
  const { send, vault } = aFullGroup();
  const at = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.KeyVault`;
  await expect(send("POST", `${at}/checkNameAvailability`, JSON.stringify({ name: vault.name.toUpperCase() }))).resolves.toMatchObject({
    status: 200,
    body: { nameAvailable: false, reason: "AlreadyExists" },
  });
  await expect(send("POST", `${at}/checkNameAvailability`, '{"name":"kv-free"}')).resolves.toMatchObject({ body: { nameAvailable: true } });
  await expect(send("POST", `${at}/checkMhsmNameAvailability`, '{"name":"h"}')).resolves.toMatchObject({ body: { nameAvailable: true } });
  for (const list of [`${at}/managedHSMs`, `${at}/deletedManagedHSMs`, `${GROUP}/providers/Microsoft.KeyVault/managedHSMs`]) {
    await expect(send("GET", list)).resolves.toMatchObject({ status: 200, body: { value: [] } });
  }
  const names = "/providers/Microsoft.DocumentDB/databaseAccountNames";
  expect([(await send("HEAD", `${names}/ORDERS`)).status, (await send("HEAD", `${names}/free`)).status]).toEqual([200, 404]);
});
