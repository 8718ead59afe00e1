import { describe, expect, test } from "vitest";
import { assignRole } from "../../../../sandbox/azure/authorization/build.ts";
import { ROLE } from "../../../../sandbox/azure/authorization/builtin-roles.ts";
import { createEventGrid } from "../../../../sandbox/azure/event-grid/grid.ts";
import { eventGridRoutes } from "../../../../sandbox/azure/event-grid/routes.ts";
import type { JsonObject } from "../../../../sandbox/azure/world.ts";
import { addIdentity } from "../../../../sandbox/azure/managed-identity/build.ts";
import { aPerson, aWorld, GROUP, SUBSCRIPTION } from "../pipeline.ts";
import { pass, throughArm } from "../through-arm.ts";
import { FUNCTION, keyExpired, VAULT } from "./support.ts";

const TOPICS = `${GROUP}/providers/Microsoft.EventGrid/systemTopics`;
const TOPIC = `${TOPICS}/kv1-events`;
const EVENTS = `${TOPIC}/eventSubscriptions/to-keymend`;
const RECORDED = "?api-version=2021-10-15-preview";

function setting() {
  const world = aWorld();
  const delivered: string[] = [];
  createEventGrid(world, async ({ functionName }) => {
    delivered.push(functionName);
    return 200;
  });
  const owner = aPerson(world, "owner", { role: ROLE.owner });
  const arm = throughArm(world, eventGridRoutes, "2025-02-15");
  const topic = { location: "eastus2", properties: { source: VAULT, topicType: "microsoft.keyvault.vaults" } };
  const makeTopic = (body: JsonObject = topic, path = TOPIC) => arm(owner, "PUT", path, body);
  return { world, delivered, owner, arm, makeTopic, topic };
}

const toFunction = { destination: { endpointType: "AzureFunction", properties: { resourceId: FUNCTION } } };
const toWebhook = {
  destination: {
    endpointType: "WebHook",
    properties: { endpointUrl: "https://app/runtime/webhooks/EventGrid?functionName=f&code=secret" },
  },
  filter: { isSubjectCaseSensitive: false },
};

describe("system topics (recorded: Azure/azure-cli test_create_system_topic.yaml, 2022-07)", () => {
  test("PUT is synchronous, 200 also for a new one, properties first, casing as sent, nulls at that version", async () => {
    const { arm, owner, topic } = setting();

    const { status, body } = await arm(owner, "PUT", `${TOPIC}${RECORDED}`, topic);

    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["properties", "systemData", "location", "tags", "id", "name", "type"]);
    expect(body).toEqual({
      properties: {
        provisioningState: "Succeeded",
        source: VAULT,
        topicType: "microsoft.keyvault.vaults",
        metricResourceId: expect.any(String),
      },
      systemData: null,
      location: "eastus2",
      tags: null,
      id: TOPIC,
      name: "kv1-events",
      type: "Microsoft.EventGrid/systemTopics",
    });
  });

  test("PATCH sets tags; lists ignore a filter by name; DELETE takes the event subscriptions along", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });

    await expect(arm(owner, "PATCH", TOPIC, { tags: { Dept: "IT" } })).resolves.toMatchObject({
      status: 200,
      body: { tags: { Dept: "IT" } },
    });
    await expect(arm(owner, "GET", `${TOPICS}?$filter=name%20eq%20%27x%27`)).resolves.toMatchObject({
      body: { value: [{ name: "kv1-events" }] },
    });
    await expect(arm(owner, "GET", `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.EventGrid/systemTopics`)).resolves.toMatchObject({
      body: { value: [{ id: TOPIC }] },
    });
    await expect(arm(owner, "DELETE", TOPIC)).resolves.toMatchObject({ status: 200 });
    await expect(arm(owner, "DELETE", TOPIC)).resolves.toMatchObject({ status: 204 });
    expect(world.eventSubscriptions.size).toBe(0);
    await expect(arm(owner, "GET", TOPIC)).resolves.toMatchObject({ status: 404, body: { error: { code: "ResourceNotFound" } } });
  });

  test("one a source (event-grid/system-topics.md)", async () => {
    const { makeTopic, topic } = setting();
    await makeTopic();

    await expect(makeTopic(topic, `${TOPICS}/second`)).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "InvalidRequest", message: expect.stringContaining("Only one system topic is allowed per source.") } },
    });
    await expect(makeTopic()).resolves.toMatchObject({ status: 200 });
  });

  test("asks for the right to subscribe at the source (event-grid/security-authorization.md)", async () => {
    const { arm, world, topic } = setting();
    const contributor = aPerson(world, "events", { role: ROLE.eventGridContributor, scope: `${GROUP}/providers/Microsoft.EventGrid` });

    await expect(arm(contributor, "PUT", TOPIC, topic)).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "InvalidRequest" } },
    });
    assignRole(world, { principalId: contributor.oid, role: ROLE.keyVaultCryptoServiceEncryptionUser, scope: VAULT });
    await expect(arm(contributor, "PUT", TOPIC, topic)).resolves.toMatchObject({ status: 200 });
  });

  test("has identities, of whoever may hand them on, and an event subscription names none that it has not", async () => {
    const { arm, owner, world, topic, makeTopic } = setting();
    const { id } = addIdentity(world, { resourceGroup: "rg1", name: "id-events" });
    const withIdentity = { ...topic, identity: { type: "UserAssigned", userAssignedIdentities: { [id]: {} } } };
    const properties = {
      ...toFunction,
      deadLetterWithResourceIdentity: { identity: { type: "UserAssigned", userAssignedIdentity: id.toUpperCase() } },
    };
    const contributor = aPerson(world, "events", { role: ROLE.eventGridContributor, scope: GROUP });

    await makeTopic();
    await expect(arm(owner, "PUT", EVENTS, { properties })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "InvalidRequest" } },
    });
    await expect(arm(contributor, "PUT", TOPIC, withIdentity)).resolves.toMatchObject({
      status: 403,
      body: { error: { code: "LinkedAuthorizationFailed" } },
    });
    await expect(makeTopic(withIdentity)).resolves.toMatchObject({
      status: 200,
      body: { identity: { userAssignedIdentities: { [id]: {} } } },
    });
    await expect(arm(owner, "PUT", EVENTS, { properties })).resolves.toMatchObject({ status: 201 });
    // A PUT replaces: what is not said of it is gone.
    expect((await makeTopic()).body).not.toHaveProperty("identity");
  });

  test("wants a source, a type and a location", async () => {
    const { makeTopic } = setting();

    await expect(makeTopic({ location: "eastus2", properties: {} })).resolves.toMatchObject({ status: 400 });
  });
});

describe("event subscriptions (recorded: Azure/azure-cli test_create_system_topic.yaml, 2022-07)", () => {
  test("PUT answers 201, poorer than GET, with an operation that ends some seconds later", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();

    const { status, body, headers } = await arm(owner, "PUT", `${EVENTS}${RECORDED}`, { properties: toWebhook });

    expect(status).toBe(201);
    expect(body).toEqual({
      properties: {
        topic: TOPIC,
        provisioningState: "Creating",
        destination: {
          properties: { endpointUrl: null, endpointBaseUrl: "https://app/runtime/webhooks/EventGrid" },
          endpointType: "WebHook",
        },
        filter: {
          includedEventTypes: expect.arrayContaining(["Microsoft.KeyVault.KeyExpired", "Microsoft.KeyVault.VaultAccessPolicyChanged"]),
        },
        labels: null,
        retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      },
      systemData: null,
      id: EVENTS,
      name: "to-keymend",
      type: "Microsoft.EventGrid/systemTopics/eventSubscriptions",
    });
    const poll = new URL(headers["azure-asyncoperation"]!);
    expect(headers["azure-asyncoperation"]).toMatch(
      /^https:\/\/management\.azure\.com:443\/subscriptions\/.*\/providers\/Microsoft\.EventGrid\/locations\/eastus2\/operationsStatus\/[0-9A-F-]{36}\?/,
    );
    const ask = () => arm(owner, "GET", `${poll.pathname}${poll.search}`);
    await expect(ask()).resolves.toMatchObject({ status: 200, body: { status: "InProgress" } });
    await pass(world, 10_000);
    const { body: done } = await ask();
    expect(done).toMatchObject({ status: "Succeeded", name: poll.pathname.split("/").at(-1)!.toLowerCase() });
    expect(done["id"]).toContain(poll.pathname);
    await expect(arm(owner, "GET", EVENTS)).resolves.toMatchObject({
      body: {
        properties: {
          provisioningState: "Succeeded",
          eventDeliverySchema: "EventGridSchema",
          filter: { subjectBeginsWith: "", subjectEndsWith: "" },
          destination: { properties: { maxEventsPerBatch: 1, preferredBatchSizeInKilobytes: 64 } },
        },
      },
    });
  });

  test("an update answers 201 too; PATCH names its members at the top", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    await pass(world, 10_000);

    await expect(arm(owner, "PUT", EVENTS, { properties: { ...toFunction, labels: ["l"] } })).resolves.toMatchObject({
      status: 201,
      body: { properties: { provisioningState: "Updating", labels: ["l"] } },
    });
    await expect(arm(owner, "PATCH", EVENTS, { filter: { subjectBeginsWith: "cmk" } })).resolves.toMatchObject({ status: 201 });
    await pass(world, 10_000);
    await expect(arm(owner, "GET", EVENTS)).resolves.toMatchObject({
      body: { properties: { filter: { subjectBeginsWith: "cmk" }, labels: ["l"], destination: { endpointType: "AzureFunction" } } },
    });
  });

  test("the query of a webhook's URL is shown by getFullUrl only", async () => {
    const { arm, owner, makeTopic } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toWebhook });

    const { body } = await arm(owner, "GET", EVENTS);
    expect(JSON.stringify(body)).not.toContain("secret");
    await expect(arm(owner, "POST", `${EVENTS}/getFullUrl`)).resolves.toMatchObject({
      status: 200,
      body: { endpointUrl: toWebhook.destination.properties.endpointUrl },
    });
  });

  test("gets events once it is ready", async () => {
    const { arm, owner, makeTopic, world, delivered } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    world.publish(keyExpired());
    await pass(world, 10_000);
    expect(delivered).toEqual([]);

    world.publish(keyExpired());
    await pass(world, 10_000);
    expect(delivered).toEqual(["onKeyVaultEvent"]);
  });

  test("DELETE answers 202 with a Location; it is gone some seconds later (recorded: cloud-custodian, 2019-05)", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    await pass(world, 10_000);

    const { status, headers } = await arm(owner, "DELETE", EVENTS);

    expect(status).toBe(202);
    const result = new URL(headers["location"]!);
    await expect(arm(owner, "GET", `${result.pathname}${result.search}`)).resolves.toMatchObject({ status: 202 });
    await pass(world, 5000);
    await expect(arm(owner, "GET", `${result.pathname}${result.search}`)).resolves.toMatchObject({ status: 200 });
    await expect(arm(owner, "GET", `${TOPIC}/eventSubscriptions`)).resolves.toMatchObject({ body: { value: [] } });
    await expect(arm(owner, "GET", EVENTS)).resolves.toMatchObject({ status: 404 });
    await expect(arm(owner, "DELETE", EVENTS)).resolves.toMatchObject({ status: 204 });
  });

  test("made again while it goes, it stays", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    await pass(world, 10_000);
    await arm(owner, "DELETE", EVENTS);
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    await pass(world, 20_000);

    await expect(arm(owner, "GET", EVENTS)).resolves.toMatchObject({ body: { properties: { provisioningState: "Succeeded" } } });
  });

  test("what a GET showed can be put again; what is read-only in it does not count", async () => {
    const { arm, owner, makeTopic, world } = setting();
    await makeTopic();
    await arm(owner, "PUT", EVENTS, { properties: toFunction });
    await pass(world, 10_000);
    const { body } = await arm(owner, "GET", EVENTS);
    await arm(owner, "DELETE", EVENTS);
    await pass(world, 10_000);

    const again = await arm(owner, "PUT", EVENTS, { properties: body["properties"]! });

    expect(again).toMatchObject({ status: 201, body: { properties: { provisioningState: "Creating" } } });
    await pass(world, 10_000);
    expect((await arm(owner, "GET", EVENTS)).body).toEqual(body);
  });

  test("wants a destination and a topic", async () => {
    const { arm, owner, makeTopic } = setting();

    await expect(arm(owner, "PUT", EVENTS, { properties: toFunction })).resolves.toMatchObject({ status: 404 });
    await makeTopic();
    await expect(arm(owner, "PUT", EVENTS, { properties: {} })).resolves.toMatchObject({
      status: 400,
      body: { error: { code: "InvalidRequest" } },
    });
  });

  test("under the switch asks for the right to write to the handler", async () => {
    const { arm, world, owner, makeTopic } = setting();
    await makeTopic();
    Object.assign(world.switches, { eventGridHandlerAction: "Microsoft.Web/sites/functions/write" });
    const person = aPerson(world, "events", { role: ROLE.eventGridContributor });

    await expect(arm(person, "PUT", EVENTS, { properties: toFunction })).resolves.toMatchObject({ status: 400 });
    await expect(arm(owner, "PUT", EVENTS, { properties: toFunction })).resolves.toMatchObject({ status: 201 });
  });
});

test("subscriptions are found by their source, by the region of its topic, and nowhere else", async () => {
  const { arm, owner, makeTopic } = setting();
  await makeTopic();
  await arm(owner, "PUT", EVENTS, { properties: toFunction });
  const topic = (await arm(owner, "GET", EVENTS.split("/eventSubscriptions")[0]!)).body as {
    location: string;
    properties: { source: string };
  };
  const found = async (at: string): Promise<unknown> => (await arm(owner, "GET", `${at}/eventSubscriptions`)).body["value"];
  const provider = "providers/Microsoft.EventGrid";

  await expect(found(`${topic.properties.source}/${provider}`)).resolves.toMatchObject([{ id: EVENTS }]);
  await expect(found(`${GROUP}/providers/Microsoft.KeyVault/vaults/another/${provider}`)).resolves.toEqual([]);
  await expect(found(`/subscriptions/${SUBSCRIPTION}/${provider}/locations/${topic.location}`)).resolves.toMatchObject([{ id: EVENTS }]);
  await expect(found(`/subscriptions/${SUBSCRIPTION}/${provider}/locations/nowhere`)).resolves.toEqual([]);
  await expect(found(`/subscriptions/${SUBSCRIPTION}/${provider}`)).resolves.toEqual([]);
});

test("an operation that never was: 404", async () => {
  const { arm, owner } = setting();
  const path = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.EventGrid/locations/eastus2/operationsStatus/00000000-0000-0000-0000-000000000000`;

  await expect(arm(owner, "GET", path)).resolves.toMatchObject({ status: 404 });
});
