/**
 * How an event looks on the wire: Event Grid schema in an array of one, or CloudEvents 1.0; and the irregular forms seen in the field.
 * Source: MicrosoftDocs/azure-docs articles/event-grid/{event-schema,event-schema-key-vault,event-schema-subscriptions,cloud-event-schema}.md.
 */
import { isObject, textAt } from "../json.ts";
import type { JsonObject, SourceEvent } from "../world.ts";

/** Deviations from the documented form; each was seen or is documented for some events. */
export type Style = {
  /** Key Vault data with `version`, `exp`, `vaultName` ... (MicrosoftDocs/azure-docs issue 78126). */
  camelCaseData?: boolean;
  /** `claims`, `authorization`, `httpRequest` as JSON strings, dataVersion "" (event-schema-resource-groups.md, 2017 sample). */
  stringMembers?: boolean;
  /** `/resourcegroups/` in ids (event-schema-subscriptions.md shows both casings on one page). */
  lowerResourceGroups?: boolean;
  /** A blank after `ObjectName` and before Version (event-schema-key-vault.md, sample). */
  strayBlanks?: boolean;
  /** CloudEvents although the subscription says otherwise. */
  cloudEvents?: boolean;
};

export type Envelope = { event: JsonObject; body: string; contentType: string };

export function envelope(topic: string, event: SourceEvent, id: string, options: { cloudEvents: boolean; style: Style }): Envelope {
  const { style } = options;
  const data = dataOf(event.data, style);
  const place = (value: string): string => (style.lowerResourceGroups ? value.replaceAll("/resourceGroups/", "/resourcegroups/") : value);
  const common = { id, subject: place(event.subject) };
  if (options.cloudEvents || style.cloudEvents) {
    const cloud = { ...common, source: place(topic), type: event.eventType, time: event.eventTime, data, specversion: "1.0" };
    return { event: cloud, body: JSON.stringify(cloud), contentType: "application/cloudevents+json; charset=utf-8" };
  }
  const grid = {
    ...common,
    topic: place(topic),
    eventType: event.eventType,
    eventTime: event.eventTime,
    data,
    dataVersion: style.stringMembers ? "" : event.dataVersion,
    metadataVersion: "1",
  };
  return { event: grid, body: JSON.stringify([grid]), contentType: "application/json; charset=utf-8" };
}

function dataOf(data: JsonObject, style: Style): JsonObject {
  let members = Object.entries(data);
  if (style.stringMembers) members = members.map(([k, v]) => [k, isObject(v) ? JSON.stringify(v) : v]);
  if (style.strayBlanks) members = members.map(([k, v]) => [k === "ObjectName" ? "ObjectName " : k, k === "Version" ? ` ${textAt(v)}` : v]);
  // "Id" keeps its capital in the sample that shows the others without.
  if (style.camelCaseData) members = members.map(([k, v]) => [k === "Id" ? k : camelCase(k), v]);
  if (style.lowerResourceGroups && typeof data["resourceUri"] === "string") {
    members = members.map(([k, v]) => [k, k === "resourceUri" ? textAt(v).replaceAll("/resourceGroups/", "/resourcegroups/") : v]);
  }
  return Object.fromEntries(members);
}

function camelCase(name: string): string {
  return name === name.toUpperCase() ? name.toLowerCase() : name.charAt(0).toLowerCase() + name.slice(1);
}
