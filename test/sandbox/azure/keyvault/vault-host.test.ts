import { describe, expect, test } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { createFaults } from "../../../../sandbox/azure/faults.ts";
import { resolveHost } from "../../../../sandbox/azure/hosts.ts";
import { addKey, addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { createTokens } from "../../../../sandbox/azure/entra/tokens.ts";
import { createVaultHost } from "../../../../sandbox/azure/keyvault/vault-host.ts";
import type { Json, Principal } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, TENANT } from "../pipeline.ts";

const HOST = "https://kv1.vault.azure.net";
const AUDIENCE = "https://vault.azure.net";

function aVaultHost() {
  const world = aWorld();
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg1", location: "westus2", rbac: true });
  addKey(world, vault, { name: "k1" });
  const officer = aPerson(world, "officer");
  const grant = assignRole(world, { principalId: officer.oid, role: ROLE.keyVaultCryptoOfficer, scope: vault.id });
  const tokens = createTokens(world);
  const faults = createFaults();
  const host = createVaultHost(world, tokens, faults);
  const raw = async (method: string, url: string, headers: Record<string, string> = {}, body = "") => {
    const reply = await host.handle({ method, url: new URL(url), headers, body });
    return "fault" in reply ? reply : { ...reply, body: reply.body === "" ? null : (JSON.parse(reply.body) as Json) };
  };
  const as = async (who: Principal, method: string, path: string, body?: Json, audience = AUDIENCE) => {
    const authorization = `Bearer ${await tokens.issue(who, audience)}`;
    const reply = await raw(method, `${HOST}${path}?api-version=7.5`, { authorization }, body === undefined ? "" : JSON.stringify(body));
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return reply;
  };
  return { world, vault, officer, grant, tokens, faults, raw, as };
}

describe("the challenge (recorded: Azure/azure-cli test_keyvault_key_delete, 2022)", () => {
  test.each(["GET", "PATCH"])("answers a %s without a token and names authority and resource", async (method) => {
    const reply = await aVaultHost().raw(method, `${HOST}/keys/k1/?api-version=7.5`);

    expect(reply).toMatchObject({
      status: 401,
      headers: {
        "www-authenticate": `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://vault.azure.net"`,
      },
      body: { error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer or PoP token." } },
    });
  });

  test("refuses ARM's token and names both audiences: AKV10022", async () => {
    const { as, officer } = aVaultHost();

    const reply = await as(officer, "GET", "/keys", undefined, "https://management.azure.com");

    expect(reply).toMatchObject({
      status: 401,
      body: { error: { message: "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://management.azure.com." } },
    });
    expect(reply.headers["www-authenticate"]).toContain("Bearer authorization=");
  });
});

describe("every answer", () => {
  test("carries region, version, network info and a request id", async () => {
    const { as, officer } = aVaultHost();

    const { headers } = await as(officer, "GET", "/keys");

    expect(headers).toMatchObject({
      "x-ms-keyvault-region": "westus2",
      "x-ms-keyvault-service-version": expect.stringMatching(/^1\.9\./),
      "x-ms-keyvault-network-info": "conn_type=Ipv4;addr=203.0.113.5;act_addr_fam=InterNetwork;",
      "x-ms-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "strict-transport-security": "max-age=31536000;includeSubDomains",
    });
  });

  test("names the role assignment that allowed it, without dashes", async () => {
    const { as, officer, grant } = aVaultHost();

    const { headers } = await as(officer, "GET", "/keys/k1");

    expect(headers["x-ms-keyvault-rbac-assignment-id"]).toBe(grant.name.replaceAll("-", ""));
  });
});

describe("paths as SDKs send them", () => {
  test.each(["/keys/k1", "/keys/k1/", "//keys/k1/", "/KEYS/k1"])("%s is the current version of the key", async (path) => {
    const { as, officer } = aVaultHost();

    await expect(as(officer, "GET", path)).resolves.toMatchObject({ status: 200, body: { attributes: { enabled: true } } });
  });

  test("an empty version inside a path is the current one", async () => {
    const { as, officer, world, vault } = aVaultHost();
    assignRole(world, { principalId: officer.oid, role: ROLE.keyVaultCryptoUser, scope: vault.id });

    await expect(as(officer, "POST", "/keys/k1//wrapkey", { alg: "RSA-OAEP", value: "AAAA" })).resolves.toMatchObject({ status: 200 });
  });

  test("need an api-version, a known place and a body that is JSON", async () => {
    const { as, officer, raw, tokens } = aVaultHost();
    const authorization = `Bearer ${await tokens.issue(officer, AUDIENCE)}`;

    await expect(raw("GET", `${HOST}/keys`, { authorization })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "BadParameter" } },
    });
    await expect(as(officer, "GET", "/certificates")).resolves.toMatchObject({ status: 404 });
    await expect(as(officer, "PUT", "/keys")).resolves.toMatchObject({ status: 405 });
    await expect(raw("PATCH", `${HOST}/keys/k1?api-version=7.5`, { authorization }, "{")).resolves.toMatchObject({ status: 400 });
  });
});

describe("who may", () => {
  test("refuses as RBAC vaults do: Forbidden, ForbiddenByRbac", async () => {
    const { as, world } = aVaultHost();

    const reply = await as(aPerson(world, "nobody"), "GET", "/keys/k1");

    expect(reply).toMatchObject({ status: 403, body: { error: { code: "Forbidden", innererror: { code: "ForbiddenByRbac" } } } });
  });

  test("records writes, also refused ones, and no reads", async () => {
    const { as, officer, world } = aVaultHost();
    await as(officer, "PATCH", "/keys/k1/", { attributes: { enabled: false } });
    await as(aPerson(world, "nobody"), "DELETE", "/keys/k1");
    await as(officer, "GET", "/keys/k1");

    expect(world.writes).toMatchObject([
      {
        caller: "officer",
        method: "PATCH",
        action: "Microsoft.KeyVault/vaults/keys/update/action",
        status: 200,
        body: { attributes: { enabled: false } },
      },
      { caller: "nobody", method: "DELETE", action: "Microsoft.KeyVault/vaults/keys/delete", status: 403, body: null },
    ]);
  });

  test("lets an armed fault refuse, not the challenge before it", async () => {
    const { as, officer, faults, raw } = aVaultHost();
    faults.arm({ match: { host: "kv1.vault.azure.net" }, fault: { kind: "status", status: 429, retryAfter: 2 } });

    await expect(raw("GET", `${HOST}/keys/k1?api-version=7.5`)).resolves.toMatchObject({ status: 401 });
    await expect(as(officer, "GET", "/keys/k1")).resolves.toMatchObject({ status: 429, headers: { "retry-after": "2" } });
  });
});

describe("names (Key Vault soft-delete overview: the DNS record is retained)", () => {
  test("resolve for a live vault in any casing, not for one that never was", () => {
    const { world } = aVaultHost();

    expect(resolveHost(world, "KV1.vault.azure.net")).toBe("found");
    expect(resolveHost(world, "kv2.vault.azure.net")).toBe("unknown");
  });

  test("still resolve for a soft-deleted vault, behind which nobody answers for it, until it is purged", async () => {
    const { world, vault, raw } = aVaultHost();
    const now = world.clock.now();
    vault.deleted = { at: now, purgeAt: now + 1000 };

    expect(resolveHost(world, "kv1.vault.azure.net")).toBe("found");
    await expect(raw("GET", `${HOST}/keys?api-version=7.5`)).resolves.toMatchObject({
      status: 404,
      body: { error: { code: "VaultNotFound" } },
    });

    world.clock.set(now + 1000);
    expect(resolveHost(world, "kv1.vault.azure.net")).toBe("unknown");
    await expect(raw("GET", `${HOST}/keys?api-version=7.5`)).resolves.toEqual({ fault: "reset" });
  });

  test("of other services are no vaults, and other hosts are nobody's", () => {
    const { world } = aVaultHost();

    expect(resolveHost(world, "management.azure.com")).toBe("found");
    expect(resolveHost(world, "vault.azure.net")).toBeUndefined();
    expect(resolveHost(world, "example.com")).toBeUndefined();
  });
});
