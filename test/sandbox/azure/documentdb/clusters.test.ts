import { expect, test } from "vitest";
import { addCluster } from "../../../../sandbox/azure/documentdb/build.ts";
import { checkKey } from "../../../../sandbox/azure/documentdb/key-checks.ts";
import { setOperationFault } from "../../../../sandbox/azure/documentdb/state.ts";
import { addKey, keyUriOf } from "../../../../sandbox/azure/keyvault/build.ts";
import type { Json, JsonObject } from "../../../../sandbox/azure/world.ts";
import { anIdentity, aSetting, at, bodyOf, HOUR, MINUTE, pass, refusal, send, SUBSCRIPTION } from "./support.ts";
import type { Setting } from "./support.ts";

const apiVersion = "2026-06-01";

const patch = (setting: Setting, body: Json): ReturnType<typeof send> => send(setting, "PATCH", setting.cluster.id, { body, apiVersion });

const get = async (setting: Setting): Promise<Json> => bodyOf(await send(setting, "GET", setting.cluster.id, { apiVersion }));

const encryption = (identityId: string, keyEncryptionKeyUrl: string): JsonObject => ({
  customerManagedKeyEncryption: {
    keyEncryptionKeyIdentity: { identityType: "UserAssignedIdentity", userAssignedIdentityResourceId: identityId },
    keyEncryptionKeyUrl,
  },
});

/** As the guide wants it: identity and key named together. */
const switchTo = (identityId: string, keyUrl: string): JsonObject => ({
  identity: { type: "UserAssigned", userAssignedIdentities: { [identityId]: {} } },
  properties: { encryption: encryption(identityId, keyUrl) },
});

test("bodies are printed with two spaces, empty arrays over three lines, and parse to the recorded order", async () => {
  const setting = aSetting();
  const reply = await send(setting, "GET", setting.cluster.id);
  expect(reply.headers?.["content-type"]).toBe("application/json; charset=utf-8");
  expect(reply.text).toContain(`{\n  "id": "${setting.cluster.id}",\n  "name": "carts",`);
  expect(reply.text).toContain(`"privateEndpointConnections": [\n\n    ],`);
  expect(reply.text).toContain(`"tags": {\n  },`);
  const body = bodyOf(reply) as JsonObject;
  expect(Object.keys(body)).toEqual(["id", "name", "type", "tags", "location", "systemData", "properties", "identity"]);
  expect(body["location"]).toBe("eastus2");
  expect(Object.keys(body["systemData"] as JsonObject)).toHaveLength(6);
});

test("a cluster shows its encryption, and neither createMode nor an identity block without an identity", async () => {
  const setting = aSetting();
  const properties = at(await get(setting), "properties") as JsonObject;
  expect(properties["encryption"]).toEqual(encryption(setting.identity.id, setting.keyUri));
  expect(properties).not.toHaveProperty("createMode");
  const bare = addCluster(setting.world, { name: "bare", resourceGroup: "rg-data" });
  expect(await get({ ...setting, cluster: bare })).not.toHaveProperty("identity");
});

test("a PATCH answers 202 without a body; the new values show at once, Updating until it ends", async () => {
  const setting = aSetting();
  const reply = await patch(setting, { tags: { team: "shop" } });
  expect(reply).toMatchObject({ status: 202, headers: { "retry-after": "15" } });
  expect([reply.body, reply.text]).toEqual([undefined, undefined]);
  const meanwhile = await get(setting);
  expect(at(meanwhile, "tags")).toEqual({ team: "shop" });
  expect(at(meanwhile, "properties")).toMatchObject({ provisioningState: "Updating", clusterStatus: "Updating" });
  await pass(setting.world, 3 * MINUTE);
  expect(at(await get(setting), "properties")).toMatchObject({ provisioningState: "Succeeded", clusterStatus: "Ready" });
});

test("every poll names both addresses again, freshly signed", async () => {
  const setting = aSetting();
  const { headers = {} } = await patch(setting, { tags: {} });
  const url = headers["azure-asyncoperation"]!;
  await pass(setting.world, MINUTE);
  const poll = await send(setting, "GET", url);
  const id = new URL(url).pathname.split("/").at(-1)!;
  expect(bodyOf(poll)).toEqual({
    id: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/locations/eastus2/mongoClusterAzureAsyncOperation/${id}`,
    name: id,
    status: "InProgress",
    startTime: "2026-11-02T08:00:00.000Z",
  });
  expect(poll.headers?.["azure-asyncoperation"]).not.toBe(url);
  expect(new URL(poll.headers!["location"]!).pathname).toBe(
    `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/locations/eastus2/mongoClusterOperationResults/${id}`,
  );
  expect((await send(setting, "GET", headers["location"]!)).status).toBe(202);
  await pass(setting.world, 2 * MINUTE);
  expect(at(bodyOf(await send(setting, "GET", poll.headers!["azure-asyncoperation"]!)), "status")).toBe("Succeeded");
  expect(at(bodyOf(await send(setting, "GET", headers["location"]!)), "id")).toBe(setting.cluster.id);
});

test("startTime as recorded is not ISO", async () => {
  const setting = aSetting({ "documentdb.clusterStartTime": "recorded" });
  const { headers = {} } = await patch(setting, { tags: {} });
  expect(at(bodyOf(await send(setting, "GET", headers["azure-asyncoperation"]!)), "startTime")).toBe("2026-11-02 08:00:00 +0000");
});

test("PUT answers 201, for an update too, and never gives a password back", async () => {
  const setting = aSetting();
  const path = setting.cluster.id.replace("carts", "fresh");
  const administrator = { userName: "admin", password: "a-password" };
  const made = await send(setting, "PUT", path, { body: { location: "eastus2", properties: { administrator } }, apiVersion });
  expect(made.status).toBe(201);
  expect(at(bodyOf(made), "properties")).toMatchObject({ provisioningState: "InProgress", clusterStatus: "Provisioning" });
  expect(at(bodyOf(made), "properties", "administrator")).toEqual({ userName: "admin" });
  expect(at(bodyOf(made), "properties", "connectionString")).toBeUndefined();
  await pass(setting.world, 16 * MINUTE);
  const changed = await send(setting, "PUT", path, { body: { location: "eastus2", tags: { a: "b" }, properties: {} }, apiVersion });
  expect(changed.status).toBe(201);
  expect(at(bodyOf(changed), "properties")).toMatchObject({ provisioningState: "Updating", clusterStatus: "Updating" });
  expect(at(bodyOf(changed), "tags")).toEqual({ a: "b" });
});

test("provisioning with a key out of reach ends Failed, in clusterStatus too (how-to-database-encryption-troubleshoot)", async () => {
  const setting = aSetting();
  const stranger = anIdentity(setting.world, "id-stranger");
  const path = setting.cluster.id.replace("carts", "fresh");
  const reply = await send(setting, "PUT", path, { body: { location: "eastus2", ...switchTo(stranger.id, setting.keyUri) }, apiVersion });
  await pass(setting.world, 16 * MINUTE);
  const status = bodyOf(await send(setting, "GET", reply.headers!["azure-asyncoperation"]!));
  expect(at(status, "status")).toBe("Failed");
  expect(at(status, "error", "message")).toMatch(/^Couldn't get access to the key\./);
  expect(at(bodyOf(await send(setting, "GET", path)), "properties")).toMatchObject({
    provisioningState: "Failed",
    clusterStatus: "Failed",
  });
});

test("identity and key must come together, even to change one (how-to-data-encryption)", async () => {
  const setting = aSetting();
  const { identity, keyUri } = setting;
  const alone = [
    { properties: { encryption: encryption(identity.id, keyUri) } },
    { ...switchTo(identity.id, keyUri), properties: { encryption: { customerManagedKeyEncryption: { keyEncryptionKeyUrl: keyUri } } } },
  ];
  for (const body of alone) {
    const refused = await refusal(patch(setting, body));
    expect(refused).toMatchObject({ status: 400, extra: {} });
    expect(refused.message).toContain("need to be provided together");
  }
});

test("naming what is there already is an update that changes nothing", async () => {
  const setting = aSetting();
  const before = await get(setting);
  await patch(setting, switchTo(setting.identity.id, setting.keyUri));
  await pass(setting.world, 3 * MINUTE);
  const after = await get(setting);
  expect(at(after, "properties", "encryption")).toEqual(at(before, "properties", "encryption"));
  expect(at(after, "identity")).toEqual(at(before, "identity"));
});

test("an inaccessible cluster takes another identity, not another key, and is back only after a check", async () => {
  const setting = aSetting();
  const { world, cluster, keyUri, vault } = setting;
  world.identities.delete(setting.identity.id.toLowerCase());
  checkKey(world, cluster);
  expect(cluster.clusterStatus).toBe("Inaccessible");
  const other = anIdentity(world, "id-other", vault);
  addKey(world, vault, { name: "cmk-next" });
  const key = await refusal(patch(setting, switchTo(other.id, keyUriOf(vault, "cmk-next"))));
  expect(key).toMatchObject({ status: 409, code: "cluster_not_ready" });
  await patch(setting, switchTo(other.id, keyUri));
  await pass(world, 3 * MINUTE);
  expect(cluster).toMatchObject({ keyEncryptionIdentityId: other.id, clusterStatus: "Inaccessible", provisioningState: "Succeeded" });
  // What is left out of the map stays attached.
  expect(cluster.identity.userAssigned.size).toBe(2);
  checkKey(world, cluster);
  expect(cluster.clusterStatus).toBe("Ready");
});

test("null detaches the stale identity", async () => {
  const setting = aSetting();
  const { world, cluster, identity, vault, keyUri } = setting;
  const other = anIdentity(world, "id-other", vault);
  await patch(setting, switchTo(other.id, keyUri));
  await pass(world, 3 * MINUTE);
  world.identities.delete(identity.id.toLowerCase());
  await patch(setting, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity.id]: null } } });
  expect([...cluster.identity.userAssigned.keys()]).toEqual([other.id]);
});

test("a pinned URL changed to the versionless form brings the latest version into use", async () => {
  const setting = aSetting();
  const { world, cluster, identity, keyUri, key } = setting;
  const [first] = key.versions;
  key.versions.push({ ...first!, version: "f".repeat(32), created: first!.created + 60 });
  Object.assign(cluster, { keyEncryptionKeyUrl: `${keyUri}/${first!.version}`, versionInUse: first!.version });
  await patch(setting, switchTo(identity.id, keyUri));
  await pass(world, 3 * MINUTE);
  expect(cluster).toMatchObject({ keyEncryptionKeyUrl: keyUri, versionInUse: "f".repeat(32) });
});

test("a key that can't be reached fails the operation: the reference goes back, the identity stays", async () => {
  const setting = aSetting();
  const { world, cluster, identity, keyUri, vault } = setting;
  const other = anIdentity(world, "id-other");
  const reply = await patch(setting, switchTo(other.id, keyUriOf(vault, "nothing")));
  await pass(world, 3 * MINUTE);
  expect(at(bodyOf(await send(setting, "GET", reply.headers!["azure-asyncoperation"]!)), "status")).toBe("Failed");
  expect(cluster).toMatchObject({ keyEncryptionKeyUrl: keyUri, keyEncryptionIdentityId: identity.id, clusterStatus: "Ready" });
  expect(cluster.identity.userAssigned.size).toBe(2);
});

test("a cluster made without an identity answers 500 to its first one (azure-rest-api-specs issue 38811)", async () => {
  const setting = aSetting();
  const bare = { ...setting, cluster: addCluster(setting.world, { name: "bare", resourceGroup: "rg-data" }) };
  const identity = { type: "UserAssigned", userAssignedIdentities: { [setting.identity.id]: {} } };
  expect(await refusal(patch(bare, { identity }))).toMatchObject({ status: 500, code: "internal_server_error" });
});

test("service-managed and customer-managed keys can't be exchanged after creation; nor are system identities taken", async () => {
  const setting = aSetting();
  const cluster = addCluster(setting.world, { name: "bare", resourceGroup: "rg-data", identities: [setting.identity.id] });
  expect(await refusal(patch({ ...setting, cluster }, switchTo(setting.identity.id, setting.keyUri)))).toMatchObject({ status: 400 });
  expect(await refusal(patch(setting, { identity: { type: "SystemAssigned" } }))).toMatchObject({ status: 400, code: "invalid_identity" });
  expect(await refusal(patch(setting, switchTo(setting.identity.id, "https://example.com/k")))).toMatchObject({ code: "invalid_key_url" });
});

test("the wrapping identity must be among the attached", async () => {
  const setting = aSetting();
  const other = anIdentity(setting.world, "id-other", setting.vault);
  const identity = { type: "UserAssigned", userAssignedIdentities: { [setting.identity.id]: {} } };
  const body = { identity, properties: { encryption: encryption(other.id, setting.keyUri) } };
  expect(await refusal(patch(setting, body))).toMatchObject({ status: 400, code: "invalid_identity" });
});

test("one operation at a time; DELETE drops for ten minutes, and its results are an empty object", async () => {
  const setting = aSetting();
  const reply = await send(setting, "DELETE", setting.cluster.id, { apiVersion });
  expect(reply.status).toBe(202);
  expect(at(await get(setting), "properties")).toMatchObject({ provisioningState: "Dropping", clusterStatus: "Dropping" });
  expect(await refusal(patch(setting, { tags: {} }))).toMatchObject({ status: 409 });
  await pass(setting.world, HOUR);
  expect((await send(setting, "GET", reply.headers!["location"]!)).text).toBe("{\n}");
  expect(await refusal(get(setting))).toMatchObject({ status: 404, code: "ResourceNotFound" });
  expect((await send(setting, "DELETE", setting.cluster.id)).status).toBe(204);
});

test("lists by subscription and by group", async () => {
  const setting = aSetting();
  addCluster(setting.world, { name: "elsewhere", resourceGroup: "rg-other" });
  const names = async (path: string): Promise<unknown> =>
    (at(bodyOf(await send(setting, "GET", path)), "value") as JsonObject[]).map((c) => c["name"]);
  expect(await names(`/subscriptions/${SUBSCRIPTION}/providers/Microsoft.DocumentDB/mongoClusters`)).toEqual(["carts", "elsewhere"]);
  expect(await names(`/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-other/providers/Microsoft.DocumentDB/mongoClusters`)).toEqual([
    "elsewhere",
  ]);
});

test.each([
  ["never", "cmk-nothing", "Succeeded"],
  ["onKeyChange", "cmk-orders", "Succeeded"],
  ["always", "cmk-orders", "Failed"],
])("an identity without access, key checks on update '%s', key %s: %s", async (when, keyName, outcome) => {
  const setting = aSetting({ "documentdb.clusterUpdateChecksKey": when });
  const stranger = anIdentity(setting.world, "id-stranger");
  const reply = await patch(setting, switchTo(stranger.id, keyUriOf(setting.vault, keyName)));
  await pass(setting.world, 3 * MINUTE);
  expect(at(bodyOf(await send(setting, "GET", reply.headers!["azure-asyncoperation"]!)), "status")).toBe(outcome);
});

test("a fault makes an update end Failed", async () => {
  const setting = aSetting();
  setOperationFault(setting.world, () => ({ code: "internal_server_error", message: "Internal server error." }));
  const reply = await patch(setting, { tags: {} });
  await pass(setting.world, 3 * MINUTE);
  expect(await refusal(send(setting, "GET", reply.headers!["location"]!))).toMatchObject({ status: 400, code: "internal_server_error" });
  expect(setting.cluster).toMatchObject({ provisioningState: "Succeeded", clusterStatus: "Ready" });
});
