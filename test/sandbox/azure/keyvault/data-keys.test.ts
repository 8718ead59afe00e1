import { describe, expect, test } from "vitest";
import { addEventSubscription, addSystemTopic } from "../../../../sandbox/azure/event-grid/build.ts";
import { addKey, addKeyVersion, addVault, type KeySpec } from "../../../../sandbox/azure/keyvault/build.ts";
import type { Json, Key, Vault } from "../../../../sandbox/azure/world.ts";
import { at, aWorld, data, DAY, GROUP, now, pass, refusal, type Setting } from "./support.ts";

const URI = "https://kv1.vault.azure.net";

type Keys = Setting & { vault: Vault; key: Key; call: (method: string, path: string, body?: Json) => ReturnType<typeof data> };

function setting(spec: Partial<KeySpec> = {}, switches = {}): Keys {
  const found = aWorld(switches);
  const vault = addVault(found.world, { name: "kv1", resourceGroup: "rg-keys", purgeProtection: false });
  const key = addKey(found.world, vault, { name: "k1", ...spec });
  const call: Keys["call"] = (method, path, body) =>
    data(found.world, vault, method, path, { as: found.owner, ...(body === undefined ? {} : { body }) });
  return { ...found, vault, key, call };
}

describe("get", () => {
  test("a bundle has the members and types recorded in test_keyvault_key.yaml", async () => {
    const { key, call } = setting({ exp: now + DAY, keySize: 2048 });
    const { body } = await call("GET", "/keys/k1/");
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      key: {
        kid: `${URI}/keys/k1/${key.versions[0]!.version}`,
        kty: "RSA",
        key_ops: ["wrapKey", "unwrapKey"],
        n: expect.any(String),
        e: "AQAB",
      },
      attributes: {
        enabled: true,
        exp: now + DAY,
        created: now - 90 * DAY,
        updated: now - 90 * DAY,
        recoveryLevel: "Recoverable+Purgeable",
        recoverableDays: 90,
        exportable: false,
        hsmPlatform: "0",
      },
      tags: {},
    });
    expect(Buffer.from(at(body, "key", "n") as string, "base64url")).toHaveLength(256);
  });

  test.each(["/keys/k1", "/keys/k1/"])("%s is the newest version by creation, disabled or not: 200", async (path) => {
    const { world, vault, call } = setting();
    const newest = addKeyVersion(world, vault, "k1", { enabled: false });
    addKeyVersion(world, vault, "k1", { created: now - DAY });
    const { status, body } = await call("GET", path);
    expect(status).toBe(200);
    expect(at(body, "key", "kid")).toBe(`${URI}/keys/k1/${newest.version}`);
    expect(at(body, "attributes", "enabled")).toBe(false);
  });

  test("an older version is read by its id", async () => {
    const { world, vault, key, call } = setting();
    const [old] = key.versions;
    addKeyVersion(world, vault, "k1");
    expect(at((await call("GET", `/keys/k1/${old!.version}`)).body, "key", "kid")).toContain(old!.version);
  });

  test.each(["/keys/k2", "/keys/k1/0123456789abcdef0123456789abcdef"])("%s is not there, in the recorded words", async (path) => {
    const { call } = setting();
    const error = await refusal(call("GET", path));
    expect(error).toMatchObject({ status: 404, code: "KeyNotFound" });
    expect(error.message).toBe(
      `A key with (name/id) ${path.slice("/keys/".length)} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
    );
  });

  test("an EC key shows its curve and point", async () => {
    const { call } = setting({ kty: "EC", keySize: 256 });
    expect(at((await call("GET", "/keys/k1")).body, "key")).toMatchObject({
      kty: "EC",
      crv: "P-256",
      x: expect.any(String),
      y: expect.any(String),
    });
  });
});

describe("lists", () => {
  test("keys come without version, with the current version's attributes; nextLink is null, not absent", async () => {
    const { world, vault, call } = setting();
    addKeyVersion(world, vault, "k1", { enabled: false });
    const { body } = await call("GET", "/keys");
    expect(body).toMatchObject({ value: [{ kid: `${URI}/keys/k1`, attributes: { enabled: false } }], nextLink: null });
  });

  test("versions come by id, not by time, in pages whose link names the port and the next id in upper case", async () => {
    const { world, vault, key, call } = setting();
    for (let i = 0; i < 4; i++) addKeyVersion(world, vault, "k1");
    const found: string[] = [];
    const links: string[] = [];
    for (let path = "/keys/k1/versions?maxresults=2"; path;) {
      const { body } = await call("GET", path);
      found.push(...(at(body, "value") as { kid: string }[]).map((v) => v.kid.split("/").at(-1)!));
      path = (at(body, "nextLink") as string | null) ?? "";
      if (path) links.push(path);
    }
    expect(found).toEqual(key.versions.map((v) => v.version).sort());
    expect(links).toHaveLength(2);
    expect(links[0]).toMatch(
      /^https:\/\/kv1\.vault\.azure\.net:443\/keys\/k1\/versions\?api-version=2025-07-01&\$skiptoken=[\w-]+&maxresults=2$/,
    );
    const token = new URL(links[0]!).searchParams.get("$skiptoken")!;
    expect(Buffer.from(token, "base64url").toString()).toBe(found[2]!.toUpperCase());
  });

  test.each(["0", "26", "x"])("maxresults=%s is refused", async (maxresults) => {
    const { call } = setting();
    expect(await refusal(call("GET", `/keys?maxresults=${maxresults}`))).toMatchObject({ status: 400, code: "BadParameter" });
  });
});

describe("update", () => {
  test("what is not sent stays, also on a disabled key, and an exp in the past is taken (can_update_a_disabled_key)", async () => {
    const { world, key, call } = setting({ enabled: false, nbf: now - DAY, tags: { a: "1" } });
    await pass(world, 60_000);
    const { body } = await call("PATCH", "/keys/k1/", { attributes: { exp: 1_546_300_800 } });
    expect(at(body, "attributes")).toMatchObject({
      enabled: false,
      nbf: now - DAY,
      exp: 1_546_300_800,
      created: now - 90 * DAY,
      updated: now + 60,
    });
    expect(key.versions[0]).toMatchObject({ tags: { a: "1" }, keyOps: ["wrapKey", "unwrapKey"] });
  });

  test("only the version that is named changes; key_ops and tags are replaced as a whole", async () => {
    const { world, vault, key, call } = setting({ tags: { a: "1" } });
    const newer = addKeyVersion(world, vault, "k1");
    await call("PATCH", `/keys/k1/${key.versions[0]!.version}`, { key_ops: ["sign"], tags: { b: "2" } });
    expect(key.versions[0]).toMatchObject({ keyOps: ["sign"] });
    expect(key.versions[0]!.tags).toEqual({ b: "2" });
    expect(newer.keyOps).toEqual(["wrapKey", "unwrapKey"]);
  });

  test("a time that is no whole number is refused", async () => {
    const { call } = setting();
    expect(await refusal(call("PATCH", "/keys/k1/", { attributes: { exp: "soon" } }))).toMatchObject({ status: 400, code: "BadParameter" });
  });
});

describe("create and rotate", () => {
  test("create on an existing name makes a new version", async () => {
    const { key, call } = setting();
    const { status, body } = await call("POST", "/keys/k1/create", { kty: "RSA", key_size: 3072 });
    expect(status).toBe(200);
    expect(key.versions).toHaveLength(2);
    expect(at(body, "key", "key_ops")).toHaveLength(6);
    expect(Buffer.from(at(body, "key", "n") as string, "base64url")).toHaveLength(384);
  });

  test("create takes another type and curve than the version before", async () => {
    const { call } = setting();
    const { body } = await call("POST", "/keys/k1/create", { kty: "EC", crv: "P-384" });
    expect(at(body, "key")).toMatchObject({ kty: "EC", crv: "P-384", key_ops: ["sign", "verify"] });
    expect(Buffer.from(at(body, "key", "x") as string, "base64url")).toHaveLength(48);
  });

  test.each([[{ kty: "RSA", key_size: 1024 }], [{ kty: "EC", crv: "P-1" }], [{ kty: "DES" }], [{}]])(
    "create with %j is refused",
    async (body) => {
      const { call } = setting();
      expect(await refusal(call("POST", "/keys/k9/create", body))).toMatchObject({ status: 400, code: "BadParameter" });
    },
  );

  test("rotate makes an enabled version of the same kind; the policy's expiryTime sets its exp to the second (test_keyvault_key_rotation.yaml)", async () => {
    const { key, call } = setting({ enabled: false });
    await call("PUT", "/keys/k1/rotationpolicy", {
      lifetimeActions: [{ trigger: { timeBeforeExpiry: "P7D" }, action: { type: "notify" } }],
      attributes: { expiryTime: "P30D" },
    });
    expect(key.versions[0]!.exp).toBeUndefined();
    const { body } = await call("POST", "/keys/k1/rotate");
    expect(at(body, "attributes")).toMatchObject({ enabled: true, exp: now + 30 * DAY });
    expect(key.versions[1]).toMatchObject({ kty: "RSA", keySize: 4096, keyOps: ["wrapKey", "unwrapKey"] });
  });
});

describe("rotation policy", () => {
  test("one that was never set reads as a default without id", async () => {
    const { call } = setting({ rotationPolicy: null });
    expect((await call("GET", "/keys/k1/rotationpolicy")).body).toEqual({
      lifetimeActions: [{ trigger: { timeBeforeExpiry: "P30D" }, action: { type: "Notify" } }],
      attributes: null,
    });
  });

  test("one that was set has its id and keeps its creation time", async () => {
    const { world, call } = setting({ rotationPolicy: null });
    const policy = {
      lifetimeActions: [{ trigger: { timeAfterCreate: "P15D" }, action: { type: "Rotate" } }],
      attributes: { expiryTime: "P2Y" },
    };
    await call("PUT", "/keys/k1/rotationpolicy", policy);
    await pass(world, 1000);
    await call("PUT", "/keys/k1/rotationpolicy", policy);
    expect((await call("GET", "/keys/k1/rotationpolicy")).body).toEqual({
      id: `${URI}/keys/k1/rotationpolicy`,
      lifetimeActions: policy.lifetimeActions,
      attributes: { expiryTime: "P2Y", created: now, updated: now + 1 },
    });
  });

  test.each([
    { attributes: { expiryTime: "2 years" } },
    { lifetimeActions: [{ trigger: { timeAfterCreate: "soon" }, action: { type: "Rotate" } }] },
    { lifetimeActions: [{ trigger: {}, action: { type: "Delete" } }] },
  ])("%j is refused", async (policy) => {
    const { call } = setting();
    expect(await refusal(call("PUT", "/keys/k1/rotationpolicy", policy))).toMatchObject({ status: 400, code: "BadParameter" });
  });
});

describe("soft delete of keys", () => {
  test("DELETE answers with the deletion and the key; the deleted key shows only 14 s later (keys_client recordings)", async () => {
    const { world, call } = setting({ enabled: false });
    const { body } = await call("DELETE", "/keys/k1");
    expect(body).toMatchObject({
      recoveryId: `${URI}/deletedkeys/k1`,
      deletedDate: now,
      scheduledPurgeDate: now + 90 * DAY,
      key: { kty: "RSA" },
      attributes: { enabled: false },
    });
    expect(await refusal(call("GET", "/keys/k1/"))).toMatchObject({ status: 404, code: "KeyNotFound" });
    const early = await refusal(call("GET", "/deletedkeys/k1"));
    expect(early).toMatchObject({ status: 404, code: "KeyNotFound", message: "Deleted Key not found: k1" });
    expect(at((await call("GET", "/deletedkeys")).body, "value")).toEqual([]);
    await pass(world, 14_000);
    expect((await call("GET", "/deletedkeys/k1")).body).toEqual(body);
    expect(at((await call("GET", "/deletedkeys")).body, "value", 0)).toMatchObject({ kid: `${URI}/keys/k1`, deletedDate: now });
    expect(at((await call("GET", "/deletedkeys")).body, "value", 0)).not.toHaveProperty("key");
    expect(at((await call("GET", "/keys")).body, "value")).toEqual([]);
  });

  test("recover answers the old bundle at once, and the key is readable some seconds later", async () => {
    const { world, key, call } = setting({ exp: now + DAY, enabled: false });
    const before = structuredClone(key.versions);
    await call("DELETE", "/keys/k1");
    await pass(world, 14_000);
    const { body } = await call("POST", "/deletedkeys/k1/recover");
    expect(at(body, "attributes")).toMatchObject({ enabled: false, exp: now + DAY, updated: now - 90 * DAY });
    expect(key.versions).toEqual(before);
    expect(await refusal(call("GET", "/keys/k1/"))).toMatchObject({ status: 404 });
    expect(await refusal(call("GET", "/deletedkeys/k1"))).toMatchObject({ status: 404 });
    await pass(world, 7000);
    expect((await call("GET", "/keys/k1/")).body).toEqual(body);
  });

  test.each([
    [0, "ObjectIsBeingDeleted"],
    [14_000, "ObjectIsDeletedButRecoverable"],
  ])("%d ms after DELETE the name can't be used: %s", async (ms, code) => {
    const { world, call } = setting();
    await call("DELETE", "/keys/k1");
    await pass(world, ms);
    expect(await refusal(call("POST", "/keys/k1/create", { kty: "RSA" }))).toMatchObject({
      status: 409,
      code: "Conflict",
      extra: { innererror: { code } },
    });
  });

  test("purge is 204 and final; with purge protection it is refused", async () => {
    const { world, vault, call } = setting();
    addKey(world, vault, { name: "k2" });
    await call("DELETE", "/keys/k1");
    await call("DELETE", "/keys/k2");
    expect(await refusal(call("DELETE", "/deletedkeys/k1"))).toMatchObject({ status: 404 });
    await pass(world, 14_000);
    expect(await call("DELETE", "/deletedkeys/k1")).toEqual({ status: 204 });
    expect(await refusal(call("GET", "/deletedkeys/k1"))).toMatchObject({ status: 404 });
    vault.enablePurgeProtection = true;
    const error = await refusal(call("DELETE", "/deletedkeys/k2"));
    expect(error).toMatchObject({ status: 403, code: "Forbidden" });
    expect(error.message).toMatch(/^Operation "purge" is not allowed because purge protection is enabled for this vault\./);
  });

  test("after the retention the key is gone by itself", async () => {
    const { world, call } = setting();
    await call("DELETE", "/keys/k1");
    await pass(world, 90 * DAY * 1000);
    expect(await refusal(call("POST", "/deletedkeys/k1/recover"))).toMatchObject({ status: 404, message: "Deleted Key not found: k1" });
    expect((await call("POST", "/keys/k1/create", { kty: "RSA" })).status).toBe(200);
  });

  test.each([
    [90, undefined, "Recoverable+Purgeable"],
    [7, undefined, "CustomizedRecoverable+Purgeable"],
    [90, true, "Recoverable"],
    [7, true, "CustomizedRecoverable"],
  ])("%d days, purge protection %s: %s", async (days, protection, level) => {
    const { vault, call } = setting();
    Object.assign(vault, { softDeleteRetentionInDays: days, enablePurgeProtection: protection });
    expect(at((await call("GET", "/keys/k1")).body, "attributes", "recoveryLevel")).toBe(level);
  });
});

describe("wrap and unwrap", () => {
  const use = (call: Keys["call"], operation: string, value = "c2VjcmV0", version = ""): ReturnType<typeof data> =>
    call("POST", `/keys/k1/${version}/${operation}`, { alg: "RSA-OAEP-256", value });

  test("what a version wraps only that version unwraps", async () => {
    const { world, vault, key, call } = setting();
    const old = key.versions[0]!.version;
    const { body } = await use(call, "wrapkey", "c2VjcmV0", old);
    addKeyVersion(world, vault, "k1");
    const wrapped = at(body, "value") as string;
    expect(wrapped).not.toBe("c2VjcmV0");
    expect((await use(call, "unwrapkey", wrapped, old)).body).toEqual({ kid: `${URI}/keys/k1/${old}`, value: "c2VjcmV0" });
    expect(await refusal(use(call, "unwrapkey", wrapped))).toMatchObject({ status: 400, code: "BadParameter" });
  });

  const wrappedBy = (key: Key): string => Buffer.from(`k1/${key.versions[0]!.version}.c2VjcmV0`).toString("base64url");

  test("a disabled key does nothing", async () => {
    const { key, call } = setting({ enabled: false });
    for (const operation of ["wrapkey", "unwrapkey"]) {
      expect(await refusal(use(call, operation, wrappedBy(key)))).toMatchObject({
        status: 403,
        code: "Forbidden",
        extra: { innererror: { code: "KeyDisabled" } },
      });
    }
  });

  test.each([
    ["expired", { exp: now }, "KeyExpired"],
    ["not yet valid", { nbf: now + 1 }, "KeyNotYetValid"],
  ])("a key that is %s does not wrap, yet still unwraps (about-keys-details.md)", async (_, spec, code) => {
    const { key, call } = setting(spec);
    expect(await refusal(use(call, "wrapkey"))).toMatchObject({ status: 403, code: "Forbidden", extra: { innererror: { code } } });
    expect(at((await use(call, "unwrapkey", wrappedBy(key))).body, "value")).toBe("c2VjcmV0");
  });

  test("key_ops says what is allowed at all (azure-sdk-for-net issue 11518)", async () => {
    const { call } = setting({ keyOps: ["unwrapKey"] });
    const error = await refusal(use(call, "wrapkey"));
    expect(error).toMatchObject({ status: 403, extra: { innererror: { code: "KeyOperationForbidden" } } });
    expect(error.message).toBe("Operation wrapKey is not permitted on this key.");
  });

  test("an unknown algorithm and an EC key are refused", async () => {
    const { call } = setting({ kty: "EC" });
    expect(await refusal(use(call, "wrapkey"))).toMatchObject({ status: 400 });
    const rsa = setting();
    expect(await refusal(rsa.call("POST", "/keys/k1//wrapkey", { alg: "ROT13", value: "YQ" }))).toMatchObject({ status: 400 });
  });
});

test("a version made while nobody subscribes to the vault's events is marked as one that raises none", async () => {
  const { world, key, call } = setting();
  await call("POST", "/keys/k1/create", { kty: "RSA" });
  const topic = addSystemTopic(world, { resourceGroup: "rg-keys", name: "t1", source: `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1` });
  addEventSubscription(world, { topic, name: "s1", functionId: `${GROUP}/providers/Microsoft.Web/sites/f/functions/f` });
  await call("POST", "/keys/k1/rotate");
  expect(key.versions.map((v) => v.notifies)).toEqual([true, false, true]);
});
