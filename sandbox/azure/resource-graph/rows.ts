/**
 * ARM bodies as Resource Graph shows them: type in lower case, what is missing as null, times cut to milliseconds and padded.
 * Recorded: Azure/azure-cli-extensions resource-graph test_skip_token_query.yaml (2021-04), cloud-custodian ResourceGraphSource.
 */
import { accountBody } from "../documentdb/account-body.ts";
import { clusterBody } from "../documentdb/cluster-body.ts";
import { renderSystemTopic } from "../event-grid/topics.ts";
import { isObject, objectAt, textAt } from "../json.ts";
import { vaultBody } from "../keyvault/vault-body.ts";
import { renderIdentity } from "../managed-identity/identity-body.ts";
import { type Json, type JsonObject, type World, tenantOf } from "../world.ts";
import type { Row } from "../kql/expressions.ts";

export const COLUMNS =
  "id name type tenantId kind location resourceGroup subscriptionId managedBy sku plan properties tags identity zones extendedLocation".split(
    " ",
  );

/** Something that has a row; its body is made only when the row is looked at anew. */
export type Source = { id: string; body: () => JsonObject };

/** Which api-version Resource Graph takes its bodies from is not documented; recent stable ones here. */
const IDENTITY_API = "2023-01-31";
const TOPIC_API = "2025-02-15";

export function* liveResources(world: World): Generator<Source> {
  for (const account of world.accounts.values()) yield { id: account.id, body: () => accountBody(world, account) };
  for (const cluster of world.clusters.values()) yield { id: cluster.id, body: () => clusterBody(cluster) };
  // Soft-deleted vaults are nowhere in Resource Graph.
  for (const vault of world.vaults.values()) if (!vault.deleted) yield { id: vault.id, body: () => vaultBody(world, vault) };
  for (const identity of world.identities.values()) yield { id: identity.id, body: () => renderIdentity(world, identity, IDENTITY_API) };
  for (const topic of world.systemTopics.values()) yield { id: topic.id, body: () => renderSystemTopic(topic, TOPIC_API) };
}

export function rowOf(world: World, body: JsonObject): Row {
  const id = textAt(body["id"]);
  const [, , subscriptionId = "", word = "", group = ""] = id.split("/");
  return {
    id,
    name: textAt(body["name"]),
    type: textAt(body["type"]).toLowerCase(),
    tenantId: tenantOf(world, id),
    kind: textAt(body["kind"]),
    location: textAt(body["location"]).replaceAll(" ", "").toLowerCase(),
    resourceGroup: word.toLowerCase() === "resourcegroups" ? group : "",
    subscriptionId,
    managedBy: "",
    sku: null,
    plan: null,
    properties: plain(objectAt(body["properties"])),
    tags: isObject(body["tags"]) ? plain(body["tags"]) : null,
    identity: isObject(body["identity"]) ? plain(body["identity"]) : null,
    zones: null,
    extendedLocation: null,
  };
}

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)$/;

/** A copy that later changes of the resource do not reach. */
function plain(value: Json): Json {
  if (typeof value === "string")
    return value.replace(TIME, (_, whole: string, part = "") => `${whole}.${String(part).slice(0, 3).padEnd(3, "0")}0000Z`);
  if (Array.isArray(value)) return value.map((item) => plain(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, plain(v)]])));
}
