import { describe, expect, test } from "vitest";
import { readDelivery, readEvent } from "../../src/domain/signal.ts";

const principals = { observe: "99999999-0000-4000-8000-000000000001", keys: "99999999-0000-4000-8000-00000000000a" };
const own = { principals, subscriptionIds: ["S"] };
const now = "2026-07-26T00:00:00.000Z";
const vault = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-orders";
const objectId = "http://schemas.microsoft.com/identity/claims/objectidentifier";

/** As documented: Microsoft Learn, "Azure Key Vault as Event Grid source". */
const keyVaultEvent = (change: Record<string, unknown> = {}) => ({
  id: "00eccf70-95a7-4e7c-8299-2eb17ee9ad64",
  topic: vault,
  subject: "cmk",
  eventType: "Microsoft.KeyVault.KeyNearExpiry",
  eventTime: "2026-07-25T01:08:33.1036736Z",
  data: {
    Id: "https://kv-orders.vault.azure.net/keys/cmk/ee05",
    VaultName: "kv-orders",
    ObjectType: "Key",
    ObjectName: "cmk",
    Version: "ee05",
    NBF: 1559081980,
    EXP: 1559082102,
  },
  dataVersion: "1",
  metadataVersion: "1",
  ...change,
});

/** As documented: Microsoft Learn, "Azure subscription as an Event Grid source". */
const resourceEvent = (
  operationName: string,
  resourceUri: string,
  data: Record<string, unknown> = {},
  change: Record<string, unknown> = {},
) => ({
  subject: resourceUri,
  eventType: "Microsoft.Resources.ResourceDeleteSuccess",
  eventTime: "2026-07-19T19:24:12.763881Z",
  id: "19a69642-1aad-4a96-a5ab-8d05494513ce",
  data: {
    authorization: { scope: resourceUri, action: operationName, evidence: { role: "Owner", principalId: "not-the-caller" } },
    claims: { appid: "app", [objectId]: "11111111-0000-4000-8000-000000000001", name: "Ada" },
    resourceUri,
    operationName,
    status: "Succeeded",
    ...data,
  },
  dataVersion: "2",
  metadataVersion: "1",
  topic: "/subscriptions/s",
  ...change,
});

const signalOf = (raw: unknown) => {
  const read = readEvent(raw, own, now);
  if (read.kind !== "signal") throw new Error(`no signal: ${JSON.stringify(read)}`);
  return read.signal;
};

describe("a Key Vault event", () => {
  test.each(["KeyNearExpiry", "KeyExpired", "KeyNewVersionCreated", "VaultAccessPolicyChanged"])("%s points at its vault", (type) => {
    expect(signalOf(keyVaultEvent({ eventType: `Microsoft.KeyVault.${type}` }))).toEqual({
      id: "00eccf70-95a7-4e7c-8299-2eb17ee9ad64",
      source: "event",
      what: `Microsoft.KeyVault.${type}`,
      at: "2026-07-25T01:08:33.103Z",
      scope: { kind: "vault", id: vault },
      caller: null,
    });
  });

  test("in CloudEvents form says the same", () => {
    const { topic, eventType, eventTime, dataVersion, metadataVersion, ...rest } = keyVaultEvent();
    expect(signalOf({ ...rest, source: topic, type: eventType, time: eventTime, specversion: "1.0" })).toEqual(signalOf(keyVaultEvent()));
  });

  test.each([
    ["string dates", { NBF: "1559081980", EXP: "1559082102" }],
    [
      "camelCase keys and stray spaces (MicrosoftDocs/azure-docs issue 78126)",
      { id: "x", "objectName ": "cmk", version: " ee05", exp: null },
    ],
    ["no data at all", undefined],
    ["data that is null", null],
  ])("with %s is read all the same", (_, data) => {
    expect(signalOf(keyVaultEvent({ data })).scope).toEqual({ kind: "vault", id: vault });
  });

  test("with wrong-cased ids keeps what it was given: ids compare without case elsewhere", () => {
    expect(signalOf(keyVaultEvent({ topic: vault.toUpperCase() })).scope).toEqual({ kind: "vault", id: vault.toUpperCase() });
  });

  test("whose source is no vault is invalid", () => {
    expect(readEvent(keyVaultEvent({ topic: "/subscriptions/s" }), own, now)).toMatchObject({ kind: "invalid" });
  });

  test("without a readable time counts as now; without an id it is known by what it says", () => {
    const signal = signalOf(keyVaultEvent({ id: undefined, eventTime: "soon" }));
    expect(signal.at).toBe(now);
    expect(signal.id).toBe(`Microsoft.KeyVault.KeyNearExpiry|${vault}|cmk|soon`);
  });

  test("of another type is not ours", () => {
    expect(readEvent(keyVaultEvent({ eventType: "Microsoft.KeyVault.SecretExpired" }), own, now)).toMatchObject({ kind: "ignored" });
  });
});

describe("a resource event", () => {
  const guid = "/providers/Microsoft.Authorization/roleAssignments/3f6c";
  const group = "/subscriptions/s/resourcegroups/rg";
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-orders`;
  const account = `${group}/providers/Microsoft.DocumentDB/databaseAccounts/orders`;
  const cluster = `${group}/providers/Microsoft.DocumentDB/mongoClusters/carts`;

  const purged = "/subscriptions/s/providers/Microsoft.KeyVault/locations/westus2/deletedVaults/KV-orders";

  test.each([
    [
      "roleAssignments/delete at a vault",
      "Microsoft.Authorization/roleAssignments/delete",
      vault + guid,
      { kind: "vault", id: vault, assignment: "3f6c" },
    ],
    [
      "roleAssignments/delete at a key",
      "Microsoft.Authorization/roleAssignments/delete",
      `${vault}/keys/cmk${guid}`,
      { kind: "vault", id: vault, assignment: "3f6c" },
    ],
    [
      "roleAssignments/write at a group",
      "Microsoft.Authorization/roleAssignments/write",
      group + guid,
      { kind: "under", scope: group, assignment: "3f6c" },
    ],
    [
      "roleAssignments/delete at the subscription",
      "Microsoft.Authorization/roleAssignments/delete",
      `/subscriptions/s${guid}`,
      { kind: "under", scope: "/subscriptions/s", assignment: "3f6c" },
    ],
    [
      "roleAssignments/delete at the root",
      "Microsoft.Authorization/roleAssignments/delete",
      guid,
      { kind: "under", scope: "/", assignment: "3f6c" },
    ],
    ["vaults/write", "Microsoft.KeyVault/vaults/write", vault, { kind: "vault", id: vault }],
    ["vaults/delete", "MICROSOFT.KEYVAULT/VAULTS/DELETE", vault, { kind: "vault", id: vault }],
    ["accessPolicies/write", "Microsoft.KeyVault/vaults/accessPolicies/write", `${vault}/accessPolicies/add`, { kind: "vault", id: vault }],
    ["identities/delete", "Microsoft.ManagedIdentity/userAssignedIdentities/delete", identity, { kind: "identity", id: identity }],
    ["accounts/write", "Microsoft.DocumentDB/databaseAccounts/write", account, { kind: "database", id: account }],
    ["clusters/write", "Microsoft.DocumentDB/mongoClusters/write", `${cluster}/`, { kind: "database", id: cluster }],
    ["resourceGroups/delete", "Microsoft.Resources/subscriptions/resourceGroups/delete", group, { kind: "group", id: group }],
    ["a move", "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", group, { kind: "group", id: group }],
    ["identities/write", "Microsoft.ManagedIdentity/userAssignedIdentities/write", identity, { kind: "identity", id: identity }],
    [
      "denyAssignments/write at a group",
      "Microsoft.Authorization/denyAssignments/write",
      `${group}/providers/Microsoft.Authorization/denyAssignments/3f6c`,
      { kind: "under", scope: group, assignment: "3f6c" },
    ],
    [
      "denyAssignments/delete at a vault",
      "Microsoft.Authorization/denyAssignments/delete",
      `${vault}/providers/Microsoft.Authorization/denyAssignments/3f6c`,
      { kind: "vault", id: vault, assignment: "3f6c" },
    ],
    ...[purged, `${purged}/purge`].map((id): [string, string, string, object] => [
      "a purge",
      "Microsoft.KeyVault/locations/deletedVaults/purge/action",
      id,
      { kind: "vault", id: "https://kv-orders.vault.azure.net" },
    ]),
    [
      "a perimeter's association",
      "Microsoft.Network/networkSecurityPerimeters/resourceAssociations/write",
      `${group}/providers/Microsoft.Network/networkSecurityPerimeters/p/resourceAssociations/a`,
      { kind: "under", scope: "/subscriptions/s" },
    ],
  ])("%s points at what it touches", (_, operation, resource, scope) => {
    expect(signalOf(resourceEvent(operation, resource)).scope).toEqual(scope);
  });

  test.each([
    ["roleAssignments/delete", vault],
    ["roleAssignments/write", vault],
  ])("%s on what is no role assignment is invalid", (operation, resource) => {
    expect(readEvent(resourceEvent(`Microsoft.Authorization/${operation}`, resource), own, now)).toMatchObject({ kind: "invalid" });
  });

  test.each([
    ["Microsoft.KeyVault/vaults/write", account],
    ["Microsoft.ManagedIdentity/userAssignedIdentities/delete", vault],
    ["Microsoft.DocumentDB/databaseAccounts/write", vault],
    ["Microsoft.Resources/subscriptions/resourceGroups/delete", vault],
    ["Microsoft.Resources/subscriptions/resourceGroups/moveResources/action", vault],
    ["Microsoft.KeyVault/locations/deletedVaults/purge/action", vault],
    ["Microsoft.KeyVault/locations/deletedVaults/purge/action", "no id"],
    ["Microsoft.Network/networkSecurityPerimeters/resourceAssociations/delete", vault],
    ["Microsoft.Network/networkSecurityPerimeters/resourceAssociations/delete", "no id"],
  ])("%s on a resource of another kind is invalid", (operation, resource) => {
    expect(readEvent(resourceEvent(operation, resource), own, now)).toMatchObject({ kind: "invalid" });
  });

  test("names its caller by the objectidentifier claim, never by the evidence, which is the caller's own grant", () => {
    expect(signalOf(resourceEvent("Microsoft.KeyVault/vaults/write", vault)).caller).toEqual({
      objectId: "11111111-0000-4000-8000-000000000001",
      name: "Ada",
    });
  });

  test.each([
    ["a JSON string (2017 sample of the documentation)", JSON.stringify({ [objectId]: "o" }), { objectId: "o", name: null }],
    ["only oid and appid", { oid: "o", appid: "a" }, { objectId: "o", name: "a" }],
    ["a string that is no JSON", "{", null],
    ["a JSON string that is no object", "[]", null],
    ["a number", 7, null],
    ["nobody", {}, null],
  ])("with claims as %s", (_, claims, caller) => {
    expect(signalOf(resourceEvent("Microsoft.KeyVault/vaults/write", vault, { claims })).caller).toEqual(caller);
  });

  test("takes the operation from the authorization where operationName is missing, and the resource from the subject", () => {
    const event = resourceEvent("Microsoft.KeyVault/vaults/write", vault, { operationName: undefined, resourceUri: undefined });
    expect(signalOf(event)).toMatchObject({ what: "Microsoft.KeyVault/vaults/write", scope: { kind: "vault", id: vault } });
  });

  test.each<[string, Record<string, unknown>, "foreign" | "signal"]>([
    ["of another subscription", { topic: "/subscriptions/t" }, "foreign"],
    ["of another subscription whose id only begins alike", { topic: "/subscriptions/ss" }, "foreign"],
    ["in the CloudEvents form", { topic: undefined, source: "/subscriptions/t" }, "foreign"],
    ["of a group in another subscription", { topic: "/subscriptions/t/resourceGroups/rg" }, "foreign"],
    ["of ours, in another casing and with a slash", { topic: "/SUBSCRIPTIONS/s/" }, "signal"],
    ["that says nothing of where it is", { topic: "" }, "signal"],
  ])("whose topic is %s", (_, change, kind) => {
    const event = resourceEvent("Microsoft.KeyVault/vaults/delete", vault, {}, change);
    expect(readEvent(event, own, now)).toMatchObject({ kind });
  });

  test("caused by any of Keymend's own identities is ignored, in any casing of the id", () => {
    for (const id of Object.values(principals)) {
      const event = resourceEvent("Microsoft.KeyVault/vaults/write", vault, { claims: { [objectId]: id.toUpperCase() } });
      expect(readEvent(event, own, now)).toMatchObject({ kind: "ignored", why: "it is Keymend's own write" });
      expect(readEvent(event, { ...own, principals: { observe: "other" } }, now).kind).toBe("signal");
    }
  });

  test.each([
    ["an operation that can't take a key away", resourceEvent("Microsoft.Storage/storageAccounts/write", "/x")],
    ...["constructor", "toString", "__proto__", "hasOwnProperty"].map((name): [string, unknown] => [
      `an operation called ${name}`,
      resourceEvent(name, vault),
    ]),
    [
      "a write that failed",
      resourceEvent("Microsoft.KeyVault/vaults/write", vault, {}, { eventType: "Microsoft.Resources.ResourceWriteFailure" }),
    ],
  ])("with %s is ignored", (_, event) => {
    expect(readEvent(event, own, now)).toMatchObject({ kind: "ignored" });
  });
});

describe("what is no event", () => {
  test.each([null, undefined, "", {}])("a resource event whose data is %j names no operation, and says so", (data) => {
    expect(readEvent({ ...resourceEvent("x", vault), data }, own, now)).toMatchObject({
      kind: "invalid",
      why: "Microsoft.Resources.ResourceDeleteSuccess names no operation",
    });
  });

  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["broken JSON", "{nope"],
    ["an empty object", {}],
    ["an object without a type", { id: "1" }],
    ["a JSON string of an array", '"[]"'],
  ])("%s is invalid, not an error", (_, raw) => {
    expect(readEvent(raw, own, now)).toMatchObject({ kind: "invalid" });
  });

  test("an event as JSON text is read", () => {
    expect(signalOf(JSON.stringify(keyVaultEvent())).scope.kind).toBe("vault");
  });
});

describe("a delivery", () => {
  test.each([
    ["one event", keyVaultEvent(), 1],
    ["an array", [keyVaultEvent(), keyVaultEvent({ eventType: "Other" })], 2],
    ["an array as text", JSON.stringify([keyVaultEvent()]), 1],
    ["a broken array", "[{", 1],
  ])("of %s is read one by one", (_, raw, count) => {
    expect(readDelivery(raw, own, now)).toHaveLength(count);
  });
});
