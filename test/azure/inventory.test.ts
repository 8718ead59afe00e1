import { expect, test } from "vitest";
import { createInventory } from "../../src/azure/inventory.ts";
import { createReadEventSubscriptions, createTopicsOf } from "../../src/azure/read-event-subscriptions.ts";
import { TransientError } from "../../src/domain/errors.ts";
import { ACCOUNT_ID, byPath, CLUSTER_ID, fakeAzure, IDENTITY_ID, RG, SUB, VAULT_ID } from "../support/fake-azure.ts";

const GRAPH = "POST /providers/Microsoft.ResourceGraph/resources";
const page = (data: unknown[], skipToken?: string) => ({
  body: {
    totalRecords: 2,
    count: data.length,
    data,
    facets: [],
    resultTruncated: "false",
    ...(skipToken ? { $skipToken: skipToken } : {}),
  },
});
const accountRow = {
  id: ACCOUNT_ID,
  type: "microsoft.documentdb/databaseaccounts",
  tags: { team: "orders" },
  identity: { type: "UserAssigned", userAssignedIdentities: { "/other": {} } },
  accountKey: "https://v1.vault.azure.net/keys/k1",
  accountIdentity: `UserAssignedIdentity=${IDENTITY_ID}`,
  clusterKey: "",
  clusterIdentity: "",
};
const clusterRow = {
  id: CLUSTER_ID,
  type: "microsoft.documentdb/mongoclusters",
  tags: null,
  identity: null,
  accountKey: "",
  accountIdentity: "",
  clusterKey: "https://v1.vault.azure.net/keys/k2",
  clusterIdentity: IDENTITY_ID,
};

test("follows the skip token although nothing is said to be truncated", async () => {
  const { clients, sent } = fakeAzure(byPath({ [GRAPH]: [page([accountRow], "next"), page([clusterRow])] }));
  expect(
    await createInventory(
      clients,
      () => new Date(0),
      () => undefined,
    ).listDatabases(),
  ).toEqual([
    {
      kind: "account",
      id: ACCOUNT_ID,
      keyUri: "https://v1.vault.azure.net/keys/k1",
      tags: { team: "orders" },
      identityIds: ["/other", IDENTITY_ID],
    },
    { kind: "cluster", id: CLUSTER_ID, keyUri: "https://v1.vault.azure.net/keys/k2", tags: {}, identityIds: [IDENTITY_ID] },
  ]);
  expect(sent.map(({ body }) => body)).toMatchObject([
    { subscriptions: [SUB], options: { $top: 1000 } },
    { options: { $skipToken: "next" } },
  ]);
});

test("asks once for many who ask within seconds, and again later", async () => {
  let now = 0;
  const { clients, sent } = fakeAzure(byPath({ [GRAPH]: page([accountRow]) }));
  const inventory = createInventory(
    clients,
    () => new Date(now),
    () => undefined,
  );
  await Promise.all([inventory.listDatabases(), inventory.listDatabases()]);
  now = 19_000;
  await inventory.listDatabases();
  expect(sent).toHaveLength(1);
  now = 21_000;
  await inventory.listDatabases();
  expect(sent).toHaveLength(2);
});

test("a refusal is never an empty inventory, and is not kept", async () => {
  const denied = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } };
  const { clients } = fakeAzure(byPath({ [GRAPH]: [denied, page([accountRow])] }));
  const inventory = createInventory(
    clients,
    () => new Date(0),
    () => undefined,
  );
  await expect(inventory.listDatabases()).rejects.toBeInstanceOf(TransientError);
  expect(await inventory.listDatabases()).toHaveLength(1);
});

test("an answer that is cut off is no inventory", async () => {
  const { clients } = fakeAzure(byPath({ [GRAPH]: { body: { totalRecords: 9, count: 1, data: [accountRow], resultTruncated: "true" } } }));
  await expect(
    createInventory(
      clients,
      () => new Date(0),
      () => undefined,
    ).listDatabases(),
  ).rejects.toThrow("cut off");
});

test("finds a vault by its name, live or deleted", async () => {
  const deleted = { name: "V2", properties: { vaultId: `${RG}/providers/Microsoft.KeyVault/vaults/V2`, location: "eastus" } };
  const { clients } = fakeAzure(
    byPath({
      [GRAPH]: page([{ id: VAULT_ID, name: "v1" }]),
      [`GET /subscriptions/${SUB}/providers/Microsoft.KeyVault/deletedVaults`]: { body: { value: [deleted] } },
    }),
  );
  const { findVault } = createInventory(
    clients,
    () => new Date(0),
    () => undefined,
  );
  expect(await findVault("V1")).toBe(VAULT_ID);
  expect(await findVault("v2")).toBe(`${RG}/providers/Microsoft.KeyVault/vaults/V2`);
  expect(await findVault("v3")).toBeUndefined();
});

const TOPICS = `GET /subscriptions/${SUB}/providers/Microsoft.EventGrid/systemTopics`;
const TOPIC_ID = `${RG}/providers/Microsoft.EventGrid/systemTopics/t1`;
const topic = (source: string) => ({
  properties: { provisioningState: "Succeeded", source, topicType: "microsoft.keyvault.vaults", metricResourceId: "m" },
  systemData: null,
  location: "eastus",
  tags: null,
  id: TOPIC_ID,
  name: "t1",
  type: "Microsoft.EventGrid/systemTopics",
});

test("reads the event subscriptions of a vault's topic as they would be put back", async () => {
  const subscription = {
    properties: {
      topic: VAULT_ID,
      provisioningState: "Succeeded",
      labels: null,
      destination: { endpointType: "AzureFunction", properties: { resourceId: "/f" } },
      filter: { includedEventTypes: ["Microsoft.KeyVault.KeyNearExpiry"] },
      eventDeliverySchema: "EventGridSchema",
    },
    id: `${TOPIC_ID}/eventSubscriptions/e1`,
    name: "e1",
    type: "Microsoft.EventGrid/systemTopics/eventSubscriptions",
  };
  const { clients } = fakeAzure(
    byPath({
      [TOPICS]: {
        body: {
          value: [
            { ...topic(VAULT_ID.toLowerCase()), identity: { userAssignedIdentities: { "/id-events": {} } } },
            { ...topic("/other"), id: "/other" },
          ],
        },
      },
      [`GET ${TOPIC_ID}/eventSubscriptions`]: { body: { value: [subscription] } },
    }),
  );
  const read = await createReadEventSubscriptions(clients)(VAULT_ID);
  expect(read).toMatchObject({ topic: { id: TOPIC_ID, name: "t1", location: "eastus", identityIds: ["/id-events"] } });
  expect("state" in read ? [] : read.subscriptions).toEqual([
    {
      id: `${TOPIC_ID}/eventSubscriptions/e1`,
      name: "e1",
      topicId: TOPIC_ID,
      topicName: "t1",
      topicLocation: "eastus",
      properties: {
        destination: { endpointType: "AzureFunction", properties: { resourceId: "/f" } },
        filter: { includedEventTypes: ["Microsoft.KeyVault.KeyNearExpiry"] },
        eventDeliverySchema: "EventGridSchema",
      },
    },
  ]);
});

test("lists the topics once for many vaults", async () => {
  const { clients, sent } = fakeAzure(byPath({ [TOPICS]: { body: { value: [] } } }));
  const NOTHING = { topic: null, subscriptions: [] };
  const read = createReadEventSubscriptions(
    clients,
    createTopicsOf(clients, () => new Date(0)),
  );
  expect(await Promise.all([read(VAULT_ID), read(VAULT_ID.replace("v1", "v2"))])).toEqual([NOTHING, NOTHING]);
  expect(sent).toHaveLength(1);
});

test("event subscriptions that may not be read are no empty list", async () => {
  const { clients } = fakeAzure(() => ({ status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } }));
  expect(await createReadEventSubscriptions(clients)(VAULT_ID)).toMatchObject({ state: "unreadable", why: "denied" });
});

test("a row that makes no sense is set aside with a word, and keeps nobody from being seen", async () => {
  const { clients } = fakeAzure(byPath({ [GRAPH]: page([{ ...accountRow, id: null }, clusterRow]) }));
  const words: string[] = [];
  const inventory = createInventory(
    clients,
    () => new Date(0),
    (what) => words.push(what),
  );
  expect((await inventory.listDatabases()).map(({ id }) => id)).toEqual([CLUSTER_ID]);
  expect(words).toEqual([expect.stringContaining("a row of Resource Graph is set aside")]);
});
