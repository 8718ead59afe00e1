import { describe, expect, test } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { addAccount, addCluster } from "../../../../sandbox/azure/documentdb/build.ts";
import { addSystemTopic } from "../../../../sandbox/azure/event-grid/build.ts";
import { addVault } from "../../../../sandbox/azure/keyvault/build.ts";
import { keyVaultRoutes } from "../../../../sandbox/azure/keyvault/routes.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import { managedIdentityRoutes } from "../../../../sandbox/azure/managed-identity/routes.ts";
import { resourceGraphRoutes } from "../../../../sandbox/azure/resource-graph/routes.ts";
import type { JsonObject, Principal, Switches } from "../../../../sandbox/azure/world.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { throughArm } from "../through-arm.ts";

const ALL = "Resources | project id, name, type, tags | order by id asc";

function setting(switches: Switches = {}) {
  const world = aWorld(switches);
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const arm = throughArm(world, [...resourceGraphRoutes, ...keyVaultRoutes, ...managedIdentityRoutes], "2024-04-01");
  const identity = addIdentity(world, { resourceGroup: "rg1", name: "id1" });
  const vault = addVault(world, { name: "kv1", resourceGroup: "rg1", location: "westus2", rbac: true });
  const account = addAccount(world, {
    name: "acc1",
    resourceGroup: "rg1",
    location: "West US 2",
    identities: [identity.id],
    keyUri: "https://kv1.vault.azure.net/keys/cmk",
  });
  addCluster(world, {
    name: "clu1",
    resourceGroup: "rg1",
    location: "westus2",
    identities: [identity.id],
    keyUrl: "https://kv1.vault.azure.net/keys/cmk",
  });
  addSystemTopic(world, { resourceGroup: "rg1", name: "kv1-events", source: vault.id });
  const ask = (query: string, options: JsonObject = {}, who: Principal = owner, more: JsonObject = {}) =>
    arm(who, "POST", "/providers/Microsoft.ResourceGraph/resources", { query, options, subscriptions: [SUBSCRIPTION], ...more });
  const rows = async (query: string, who?: Principal) => (await ask(query, {}, who)).body["data"] as JsonObject[];
  const names = async (query = ALL, who?: Principal) => (await rows(query, who)).map((r) => r["name"]);
  return { world, owner, arm, identity, vault, account, ask, rows, names };
}

describe("rows (recorded: Azure/azure-cli-extensions test_skip_token_query.yaml, 2021-04)", () => {
  test("have the type in lower case, the id as it is, what is missing as null, location and group apart", async () => {
    const { rows, account } = setting();

    const [row] = await rows("Resources | where name == 'acc1'");

    expect(Object.keys(row!)).toEqual(
      "id name type tenantId kind location resourceGroup subscriptionId managedBy sku plan properties tags identity zones extendedLocation".split(
        " ",
      ),
    );
    expect(row).toMatchObject({
      id: account.id,
      type: "microsoft.documentdb/databaseaccounts",
      kind: "GlobalDocumentDB",
      location: "westus2",
      resourceGroup: "rg1",
      subscriptionId: SUBSCRIPTION,
      managedBy: "",
      plan: null,
      zones: null,
      identity: { type: "UserAssigned" },
      properties: { keyVaultKeyUri: "https://kv1.vault.azure.net/keys/cmk", provisioningState: "Succeeded" },
    });
  });

  test("have times cut to milliseconds and padded", async () => {
    const { rows } = setting();

    const [row] = await rows("Resources | where name == 'acc1' | project at = properties.keysMetadata.primaryMasterKey.generationTime");

    expect(row!["at"]).toMatch(/T\d\d:\d\d:\d\d\.\d{3}0000Z$/);
  });

  test("are of every kind, without soft-deleted vaults", async () => {
    const { names, vault, world } = setting();

    await expect(names()).resolves.toEqual(["acc1", "clu1", "kv1-events", "kv1", "id1"]);
    const later = addVault(world, { name: "kv2", resourceGroup: "rg1", location: "westus2", rbac: true });
    later.deleted = { at: world.clock.now(), purgeAt: world.clock.now() };
    await expect(names("Resources | where type =~ 'Microsoft.KeyVault/vaults'")).resolves.toEqual([vault.name]);
  });

  test("a database is found by its key", async () => {
    const { names } = setting();
    const query = `Resources | where type =~ 'microsoft.documentdb/databaseaccounts' and isnotempty(properties.keyVaultKeyUri) | project id, name
      | union (Resources | where type =~ 'microsoft.documentdb/mongoclusters'
        and properties.encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl startswith 'https://KV1.' | project id, name) | order by id asc`;

    await expect(names(query)).resolves.toEqual(["acc1", "clu1"]);
  });

  test("are left out without a word where the caller may not read (resource-graph/overview.md, permissions)", async () => {
    const { names, ask, world, vault } = setting();
    const guest = aPerson(world, "guest", { role: ROLE.reader, scope: vault.id });
    const stranger = aPerson(world, "stranger");

    await expect(names(ALL, guest)).resolves.toEqual(["kv1"]);
    await expect(ask(ALL, {}, stranger)).resolves.toMatchObject({ status: 200, body: { totalRecords: 0, data: [] } });
    await expect(ask(ALL, {}, undefined, { subscriptions: ["00000000-0000-0000-0000-000000000000"] })).resolves.toMatchObject({
      body: { count: 0 },
    });
  });

  test("of AuthorizationResources are role assignments and definitions (supported-tables-resources.md)", async () => {
    const { ask, rows, world, identity, vault } = setting();
    const grant = assignRole(world, { principalId: identity.principalId, role: ROLE.keyVaultCryptoUser, scope: vault.id });

    const tenantWide = assignRole(world, { principalId: identity.principalId, role: ROLE.reader, scope: "/" });
    await expect(
      rows(`authorizationresources | where type =~ 'microsoft.authorization/roleassignments'
        | where properties.principalId == '${identity.principalId}' | project name, scope = tostring(properties.scope)`),
    ).resolves.toEqual([{ name: grant.name, scope: vault.id }]);
    const inherited = await ask(
      `AuthorizationResources | where name == '${tenantWide.name}'`,
      { authorizationScopeFilter: "AtScopeAboveAndBelow" },
      aPerson(world, "admin", { role: ROLE.owner, scope: "/" }),
    );
    expect(inherited.body).toMatchObject({ count: 1 });
    await expect(rows("AuthorizationResources | where type has 'roledefinitions' | summarize count()")).resolves.toEqual([
      { count_: world.roleDefinitions.size },
    ]);
  });
});

describe("answers (governance/resource-graph/concepts/work-with-data.md)", () => {
  test("have counts, resultTruncated as a text, and quota headers", async () => {
    const { ask } = setting();

    const { status, body, headers } = await ask(ALL);

    expect(status).toBe(200);
    expect(body).toMatchObject({ totalRecords: 5, count: 5, facets: [], resultTruncated: "false" });
    expect(body).not.toHaveProperty("$skipToken");
    expect(headers).toMatchObject({ "x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05" });
  });

  test("come in pages by $skipToken", async () => {
    const { ask } = setting();
    const seen: unknown[] = [];
    let token: JsonObject["x"];
    do {
      const { body } = await ask(ALL, { $top: 2, ...(token ? { $skipToken: token } : {}) });
      expect(body["resultTruncated"]).toBe("false");
      seen.push(...(body["data"] as JsonObject[]).map((r) => r["name"]));
      token = body["$skipToken"];
    } while (token);

    expect(seen).toEqual(["acc1", "clu1", "kv1-events", "kv1", "id1"]);
  });

  test("are cut without a token where the rows have no id", async () => {
    const { ask } = setting();

    const { body } = await ask("Resources | project name", { $top: 2 });

    expect(body).toMatchObject({ totalRecords: 5, count: 2, resultTruncated: "true" });
    expect(body).not.toHaveProperty("$skipToken");
  });

  test("are a table on request", async () => {
    const { ask } = setting();

    const { body } = await ask("Resources | where name == 'kv1' | project name, n = 1, yes = true, tags", { resultFormat: "table" });

    expect(body["data"]).toEqual({
      columns: [
        { name: "name", type: "string" },
        { name: "n", type: "integer" },
        { name: "yes", type: "boolean" },
        { name: "tags", type: "object" },
      ],
      rows: [["kv1", 1, true, {}]],
    });
  });

  test.each([{ $top: 1001 }, { $top: 0 }, { $skip: -1 }, { $skipToken: "bm90IG91cnM=" }])("refuse %j", async (options) => {
    const { ask } = setting();

    await expect(ask(ALL, options)).resolves.toMatchObject({ status: 400, body: { error: { code: "BadRequest" } } });
  });

  test("name what is wrong with a query", async () => {
    const { ask } = setting();

    await expect(ask("Resources | wher type ==")).resolves.toMatchObject({
      status: 400,
      body: {
        error: {
          code: "BadRequest",
          message: expect.stringMatching(/^Please provide below info when asking for support: timestamp = .*, correlationId = .*\.$/),
          details: [{ code: "InvalidQuery" }, { code: "ParserFailure", line: 1, token: "wher" }],
        },
      },
    });
  });
});

describe("quota (guidance-for-throttled-requests.md: 15 queries in 5 seconds)", () => {
  test("counts down and is full again after the window", async () => {
    const { ask, world } = setting();
    for (let n = 0; n < 14; n++) await ask("Resources | count");

    await expect(ask("Resources | count")).resolves.toMatchObject({ status: 200, headers: { "x-ms-user-quota-remaining": "0" } });
    world.clock.set(world.clock.now() + 5000);
    await expect(ask("Resources | count")).resolves.toMatchObject({ headers: { "x-ms-user-quota-remaining": "14" } });
  });

  test("refuses beyond it, unless the switch is off", async () => {
    const strict = setting();
    const lenient = setting({ graphThrottles: false });
    for (let n = 0; n < 15; n++) await Promise.all([strict.ask(ALL), lenient.ask(ALL)]);

    await expect(strict.ask(ALL)).resolves.toMatchObject({
      status: 429,
      headers: { "retry-after": "5" },
      body: { error: { code: "RateLimiting", details: [{ code: "RateLimiting" }] } },
    });
    await expect(lenient.ask(ALL)).resolves.toMatchObject({ status: 200 });
  });
});

describe("staleness (governance/resource-graph/overview.md: notifications and full scans)", () => {
  const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv1`;
  const tag = "Resources | where name == 'kv1' | project id, tag = tostring(tags.a)";

  test("a write shows some seconds later", async () => {
    const { rows, arm, owner, world } = setting({ graphLagMaxSeconds: 30 });
    await rows(tag);
    await arm(owner, "PATCH", `${VAULT}?api-version=2026-02-01`, { tags: { a: "b" } });

    await expect(rows(tag)).resolves.toEqual([{ id: VAULT, tag: "" }]);
    world.clock.set(world.clock.now() + 31_000);
    await expect(rows(tag)).resolves.toEqual([{ id: VAULT, tag: "b" }]);
  });

  test("what is deleted shows on, what is new does not yet", async () => {
    const { names, arm, owner, world, identity } = setting({ graphLagMaxSeconds: 30 });
    await names();
    await arm(owner, "DELETE", `${identity.id}?api-version=2023-01-31`);
    await arm(owner, "PUT", `${identity.id.replace("id1", "id2")}?api-version=2023-01-31`, { location: "westus2" });

    await expect(names()).resolves.toEqual(["acc1", "clu1", "kv1-events", "kv1", "id1"]);
    world.clock.set(world.clock.now() + 31_000);
    await expect(names()).resolves.toEqual(["acc1", "clu1", "kv1-events", "kv1", "id2"]);
  });

  test("what changes without a write waits for the full scan", async () => {
    const { rows, account, world } = setting();
    const state = "Resources | where name == 'acc1' | project id, default = tostring(properties.defaultIdentity)";
    const before = await rows(state);
    account.defaultIdentity = "Undefined";

    await expect(rows(state)).resolves.toEqual(before);
    world.clock.set(world.clock.now() + 16 * 60_000);
    await expect(rows(state)).resolves.toMatchObject([{ default: "Undefined" }]);
  });

  test("while a provider works on a resource it is followed", async () => {
    const { rows, account } = setting();
    const state = "Resources | where name == 'acc1' | project id, state = tostring(properties.provisioningState)";
    account.provisioningState = "Updating";
    await rows(state);
    account.provisioningState = "Succeeded";

    await expect(rows(state)).resolves.toMatchObject([{ state: "Succeeded" }]);
  });
});
