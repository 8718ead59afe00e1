import { describe, expect, test } from "vitest";
import { addEventSubscription, addSystemTopic, removeEventSubscriptionsOf } from "../../../../sandbox/azure/event-grid/build.ts";
import type { Disturbance } from "../../../../sandbox/azure/event-grid/disturb.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { GROUP, START, SUBSCRIPTION } from "../pipeline.ts";
import { pass } from "../through-arm.ts";
import { aGrid, FUNCTION, keyExpired, roleRemoved, VAULT } from "./support.ts";

const HOUR = 3_600_000;

describe("a delivery (event-grid/event-schema.md, cloud-event-schema.md, handler-webhooks.md)", () => {
  test("is one event in an array, some seconds later, with its headers", async () => {
    const { world, got, grid } = aGrid();
    world.publish(keyExpired());
    expect(got).toEqual([]);

    await pass(world, 10_000);

    expect(got).toHaveLength(1);
    expect(got[0]!.at - START).toBeGreaterThanOrEqual(1000);
    expect(got[0]).toMatchObject({
      functionName: "onKeyVaultEvent",
      body: {
        topic: VAULT,
        subject: "cmk",
        eventType: "Microsoft.KeyVault.KeyExpired",
        metadataVersion: "1",
        data: { EXP: 2 },
      },
      headers: {
        "content-type": "application/json; charset=utf-8",
        "aeg-event-type": "Notification",
        "aeg-subscription-name": "TO-KEYMEND",
        "aeg-delivery-count": "0",
        "aeg-data-version": "1",
        "aeg-metadata-version": "1",
      },
    });
    expect(grid.deliveries).toEqual([
      {
        at: new Date(got[0]!.at).toISOString(),
        eventId: got[0]!.body["id"],
        eventType: "Microsoft.KeyVault.KeyExpired",
        subject: "cmk",
        subscription: "to-keymend",
        functionName: "onKeyVaultEvent",
        attempt: 1,
        status: 200,
      },
    ]);
  });

  test("is a CloudEvent where the subscription wants that: not in an array", async () => {
    const { world, got } = aGrid({ eventDeliverySchema: "CloudEventSchemaV1_0" });
    world.publish(keyExpired());
    await pass(world, 10_000);

    expect(got[0]!.headers["content-type"]).toContain("application/cloudevents+json");
    expect(Object.keys(got[0]!.body).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "data",
      "id",
      "source",
      "specversion",
      "subject",
      "time",
      "type",
    ]);
    expect(got[0]!.body).toMatchObject({ source: VAULT, type: "Microsoft.KeyVault.KeyExpired", specversion: "1.0" });
  });

  test("goes to every subscription of the source's topic, found in any casing, and to no other", async () => {
    const { world, got, topic } = aGrid();
    addEventSubscription(world, { topic, name: "second", functionId: FUNCTION.replace("onKeyVaultEvent", "second") });
    const other = addSystemTopic(world, { resourceGroup: "rg1", name: "kv2-events", source: `${VAULT}2` });
    addEventSubscription(world, { topic: other, name: "third", functionId: FUNCTION });
    world.publish(keyExpired({ source: VAULT.toLowerCase() }));
    await pass(world, 10_000);

    expect(got.map((g) => g.functionName).toSorted((a, b) => a.localeCompare(b))).toEqual(["onKeyVaultEvent", "second"]);
    expect(new Set(got.map((g) => g.body["id"])).size).toBe(1);
  });

  test("reaches a webhook of the Functions host by its query", async () => {
    const { world, got, subscription } = aGrid();
    const endpointUrl = "https://keymend.azurewebsites.net/runtime/webhooks/EventGrid?functionName=hooked&code=secret";
    subscription.properties["destination"] = { endpointType: "WebHook", properties: { endpointUrl } };
    world.publish(keyExpired());
    await pass(world, 10_000);

    expect(got[0]!.functionName).toBe("hooked");
  });

  test("of another kind is none of ours", async () => {
    const { world, got, subscription } = aGrid();
    subscription.properties["destination"] = { endpointType: "StorageQueue", properties: { queueName: "q" } };
    world.publish(keyExpired());
    await pass(world, 10_000);

    expect(got).toEqual([]);
  });
});

describe("filters (event-grid/event-filtering.md)", () => {
  const operation = (operatorType: string, more: JsonObject) => ({
    advancedFilters: [{ operatorType, key: "data.operationName", ...more }],
  });
  const removal = "microsoft.authorization/ROLEASSIGNMENTS/delete";

  test.each<[string, JsonObject, boolean]>([
    ["event types", { includedEventTypes: ["microsoft.resources.resourcedeletesuccess"] }, true],
    ["other event types", { includedEventTypes: ["Microsoft.Resources.ResourceWriteSuccess"] }, false],
    ["All", { includedEventTypes: ["All"] }, true],
    ["the subject's beginning", { subjectBeginsWith: VAULT.toUpperCase() }, true],
    ["the subject's beginning by case", { subjectBeginsWith: VAULT.toUpperCase(), isSubjectCaseSensitive: true }, false],
    ["the subject's end", { subjectEndsWith: "/vaults/kv1" }, false],
    ["StringIn without case", operation("StringIn", { values: ["x", removal] }), true],
    ["StringIn something else", operation("StringIn", { values: ["Microsoft.KeyVault/vaults/write"] }), false],
    ["StringContains", operation("StringContains", { values: ["roleAssignments"] }), true],
    ["StringBeginsWith", operation("StringBeginsWith", { values: ["Microsoft.KeyVault/", "Microsoft.Authorization/"] }), true],
    ["StringEndsWith", operation("StringEndsWith", { values: ["/write"] }), false],
    ["StringNotIn", operation("StringNotIn", { values: [removal] }), false],
    [
      "StringNotContains of a key that is not there",
      { advancedFilters: [{ operatorType: "StringNotContains", key: "data.x", values: ["y"] }] },
      true,
    ],
    ["a key that is not there", { advancedFilters: [{ operatorType: "StringIn", key: "data.OperationName", values: [removal] }] }, false],
    ["the envelope", { advancedFilters: [{ operatorType: "StringContains", key: "Subject", values: ["roleassignments"] }] }, true],
    ["nested data", { advancedFilters: [{ operatorType: "StringIn", key: "data.authorization.action", values: [removal] }] }, true],
    ["IsNotNull", { advancedFilters: [{ operatorType: "IsNotNull", key: "data.claims" }] }, true],
    ["an operator of no meaning", operation("StringSounds", { values: [removal] }), false],
    ["numbers", { advancedFilters: [{ operatorType: "NumberGreaterThan", key: "data.count", value: 2 }] }, true],
    ["NumberIn", { advancedFilters: [{ operatorType: "NumberIn", key: "data.count", values: [2, 3] }] }, true],
    ["NumberNotIn", { advancedFilters: [{ operatorType: "NumberNotIn", key: "data.count", values: [2, 3] }] }, false],
    ["NumberLessThan", { advancedFilters: [{ operatorType: "NumberLessThan", key: "data.count", value: 3 }] }, false],
    ["NumberLessThanOrEquals", { advancedFilters: [{ operatorType: "NumberLessThanOrEquals", key: "data.count", value: 3 }] }, true],
    ["NumberGreaterThanOrEquals", { advancedFilters: [{ operatorType: "NumberGreaterThanOrEquals", key: "data.count", value: 4 }] }, false],
    ["IsNullOrUndefined", { advancedFilters: [{ operatorType: "IsNullOrUndefined", key: "data.nothing" }] }, true],
    ["StringNotBeginsWith", operation("StringNotBeginsWith", { values: ["Microsoft.KeyVault/"] }), true],
    ["number ranges", { advancedFilters: [{ operatorType: "NumberInRange", key: "data.count", values: [[4, 5]] }] }, false],
    ["booleans", { advancedFilters: [{ operatorType: "BoolEquals", key: "data.flag", value: true }] }, true],
    [
      "lists, when asked",
      { enableAdvancedFilteringOnArrays: true, advancedFilters: [{ operatorType: "StringIn", key: "data.tags", values: ["b"] }] },
      true,
    ],
    ["all filters must pass", { ...operation("StringIn", { values: [removal] }), subjectEndsWith: "x" }, false],
  ])("%s", async (_, filter, passes) => {
    const { world, got, topic } = aGrid();
    topic.source = `/subscriptions/${SUBSCRIPTION}`;
    for (const subscription of world.eventSubscriptions.values()) subscription.properties["filter"] = filter;
    world.publish(roleRemoved({ count: 3, flag: true, tags: ["a", "b"] }));
    await pass(world, 10_000);

    expect(got).toHaveLength(passes ? 1 : 0);
  });
});

describe("retries (event-grid/delivery-and-retry.md)", () => {
  async function attempts(status: number | "nobody", options: Parameters<typeof aGrid>[0] = {}) {
    const made = aGrid(options);
    made.answer.with = async () => {
      if (status === "nobody") throw new Error("connection refused");
      return status;
    };
    made.world.publish(keyExpired());
    await pass(made.world, 30 * HOUR);
    return { ...made, waits: made.got.slice(1).map((g, n) => (g.at - made.got[n]!.at) / 1000) };
  }

  test("come after 10 s, 30 s, 1, 5, 10, 30 min, 1, 3, 6, 12 h with a small randomization, for 24 hours", async () => {
    const { waits, grid } = await attempts(500);

    const documented = [10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600];
    expect(waits).toHaveLength(documented.length);
    for (const [n, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(documented[n]!);
      expect(wait).toBeLessThanOrEqual(documented[n]! * 1.1);
    }
    expect(grid.deliveries.map((d) => [d.attempt, d.status])).toEqual([...documented, 0].map((_, n) => [n + 1, 500]));
  });

  test("count in the header", async () => {
    const { got } = await attempts(500);

    expect(got.slice(0, 3).map((g) => g.headers["aeg-delivery-count"])).toEqual(["0", "1", "2"]);
  });

  test("wait longer where the endpoint is not found or busy", async () => {
    expect((await attempts(404)).waits[0]).toBeGreaterThanOrEqual(300);
    expect((await attempts(503)).waits[0]).toBeGreaterThanOrEqual(30);
  });

  test("follow when nobody answers, and end with success", async () => {
    const { world, got, answer, grid } = aGrid();
    answer.with = async (n) => (n < 3 ? Promise.reject(new Error("down")) : 204);
    world.publish(keyExpired());
    await pass(world, HOUR);

    expect(got).toHaveLength(3);
    expect(grid.deliveries.map((d) => d.status)).toEqual([null, null, 204]);
    expect(grid.deadLetters).toEqual([]);
  });

  test.each([400, 403, 413])("never follow %i", async (status) => {
    expect((await attempts(status)).got).toHaveLength(1);
  });

  test("follow 401 of a function, not of a webhook", async () => {
    const toFunction = await attempts(401);
    expect(toFunction.got.length).toBeGreaterThan(1);
    const { world, got, answer, subscription } = aGrid();
    answer.with = async () => 401;
    subscription.properties["destination"] = { endpointType: "WebHook", properties: { endpointUrl: "https://x/?functionName=f" } };
    world.publish(keyExpired());
    await pass(world, HOUR);
    expect(got).toHaveLength(1);
  });

  test("end after the policy's attempts or time to live", async () => {
    const few = { retryPolicy: { maxDeliveryAttempts: 3, eventTimeToLiveInMinutes: 1440 } };
    const short = { retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1 } };

    expect((await attempts(500, few)).got).toHaveLength(3);
    expect((await attempts(500, short)).got).toHaveLength(3);
  });

  test("end when the subscription is gone: deleting a vault deletes its event subscriptions (key-vault/general/soft-delete-overview.md)", async () => {
    const { world, got, answer, subscription, topic } = aGrid();
    answer.with = async () => 500;
    world.publish(keyExpired());
    await pass(world, 6000);
    expect(removeEventSubscriptionsOf(world, VAULT.toUpperCase())).toEqual([subscription]);
    await pass(world, HOUR);
    world.publish(keyExpired());
    await pass(world, HOUR);

    expect(got).toHaveLength(1);
    expect([...world.systemTopics.values()]).toEqual([topic]);
  });
});

describe("dead letters (event-grid/manage-event-delivery.md)", () => {
  const deadLetterContainer = { storageId: `${GROUP}/providers/Microsoft.Storage/storageAccounts/st1`, container: "dead" };

  test("are stored five minutes after the last attempt, with the reason, under the name in upper case", async () => {
    const { world, answer, grid } = aGrid({ deadLetterContainer });
    answer.with = async () => 400;
    world.publish(keyExpired());
    await pass(world, 10_000);
    expect(grid.deadLetters).toEqual([]);
    await pass(world, 300_000);

    expect(grid.deadLetters).toMatchObject([
      {
        subscription: "to-keymend",
        blob: { container: "dead", name: expect.stringMatching(/^TO-KEYMEND\/2026\/11\/2\/8\/[0-9a-f-]{36}\.json$/) },
        event: {
          eventType: "Microsoft.KeyVault.KeyExpired",
          deadLetterReason: "UndeliverableDueToHttpBadRequest",
          deliveryAttempts: 1,
          lastDeliveryOutcome: "BadRequest",
          publishTime: "2026-11-02T08:00:00.000Z",
        },
      },
    ]);
  });

  test("of CloudEvents say so in lower case", async () => {
    const { world, answer, grid } = aGrid({
      deadLetterContainer,
      eventDeliverySchema: "CloudEventSchemaV1_0",
      retryPolicy: { maxDeliveryAttempts: 1, eventTimeToLiveInMinutes: 1440 },
    });
    answer.with = async () => 404;
    world.publish(keyExpired());
    await pass(world, HOUR);

    expect(grid.deadLetters[0]!.event).toMatchObject({
      deadletterreason: "MaxDeliveryAttemptsExceeded",
      deliveryattempts: 1,
      lastdeliveryoutcome: "NotFound",
    });
  });

  test("are lost without a container", async () => {
    const { world, answer, grid } = aGrid();
    answer.with = async () => 413;
    world.publish(keyExpired());
    await pass(world, HOUR);

    expect(grid.deadLetters).toMatchObject([{ blob: null }]);
  });
});

describe("trouble on order", () => {
  async function after(disturbances: Disturbance[], count = 3) {
    const { world, grid, got } = aGrid();
    for (const disturbance of disturbances) grid.disturb(disturbance);
    for (let n = 1; n <= count; n++) {
      world.publish(keyExpired({ subject: `key${n}` }));
      await pass(world, 10_000);
    }
    await pass(world, HOUR);
    return got;
  }
  const subjects = (got: { body: JsonObject }[]): unknown[] => got.map((g) => g.body["subject"]);

  test("drops what matches, as often as asked", async () => {
    expect(subjects(await after([{ kind: "drop" }]))).toEqual(["key2", "key3"]);
    expect(
      subjects(await after([{ kind: "drop", times: 2, match: { subject: "KEY", eventType: "expired", subscription: "to-" } }])),
    ).toEqual(["key3"]);
    expect(subjects(await after([{ kind: "drop", match: { subscription: "other" } }]))).toEqual(["key1", "key2", "key3"]);
  });

  test("duplicates: the same id again", async () => {
    const got = await after([{ kind: "duplicate", copies: 2 }], 1);

    expect(got).toHaveLength(3);
    expect(new Set(got.map((g) => g.body["id"])).size).toBe(1);
  });

  test("delays", async () => {
    expect(subjects(await after([{ kind: "delay", ms: 600_000, match: { subject: "key1" } }]))).toEqual(["key2", "key3", "key1"]);
  });

  test("reorders, and lets go of a lone one", async () => {
    expect(subjects(await after([{ kind: "reorder" }]))).toEqual(["key2", "key1", "key3"]);
    expect(subjects(await after([{ kind: "reorder", times: 9 }], 1))).toEqual(["key1"]);
  });

  test("sends Key Vault data with other names and blanks (MicrosoftDocs/azure-docs issue 78126, event-schema-key-vault.md)", async () => {
    const [camel] = await after([{ kind: "irregular", style: { camelCaseData: true } }], 1);
    const [stray] = await after([{ kind: "irregular", style: { strayBlanks: true } }], 1);

    expect(Object.keys(camel!.body["data"] as JsonObject)).toEqual([
      "Id",
      "vaultName",
      "objectType",
      "objectName",
      "version",
      "nbf",
      "exp",
    ]);
    expect(stray!.body["data"]).toMatchObject({ "ObjectName ": "cmk", Version: " 0123456789abcdef0123456789abcdef" });
  });

  test("sends members as texts and ids in the other casing (event-schema-resource-groups.md, 2017; event-schema-subscriptions.md)", async () => {
    const { world, grid, got, topic } = aGrid();
    topic.source = `/subscriptions/${SUBSCRIPTION}`;
    for (const s of world.eventSubscriptions.values()) s.properties["filter"] = {};
    grid.disturb({ kind: "irregular", style: { stringMembers: true, lowerResourceGroups: true } });
    world.publish(roleRemoved());
    await pass(world, 10_000);

    const { data, subject, dataVersion } = got[0]!.body;
    expect(dataVersion).toBe("");
    expect(subject).toContain("/resourcegroups/");
    expect(data).toMatchObject({ resourceUri: expect.stringContaining("/resourcegroups/"), claims: '{"appid":"a"}' });
  });

  test("sends a CloudEvent to who asked for the other schema", async () => {
    const [cloud] = await after([{ kind: "irregular", style: { cloudEvents: true } }], 1);

    expect(cloud!.body).toMatchObject({ specversion: "1.0" });
  });
});
