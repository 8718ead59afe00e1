/**
 * `$filter` of the activity log. "Very restricted": a time range, which must have a start, and at most one of resource group, resource,
 * resource provider and correlation id; no other syntax. Sources: azure-rest-api-specs Microsoft.Insights activityLogs_API.json,
 * 2015-04-01, ActivityLogs_List; eventChannels there for the tenant; caller and status as Azure/azure-cli's monitor module sends them.
 */
import { objectAt, textAt } from "../json.ts";
import { same } from "../routes.ts";
import type { JsonObject } from "../world.ts";

type Test = (event: JsonObject) => boolean;

/** Milliseconds. */
export type ActivityFilter = { from: number; to: number; fits: Test };

const valueAt = (event: JsonObject, name: string): string => textAt(objectAt(event[name])["value"]);

/** By name in lower case. `resourceId` is what az says for resourceUri. */
const PROPERTIES: Record<string, { alone: boolean; read: (event: JsonObject) => string }> = {
  resourcegroupname: { alone: true, read: (event) => textAt(event["resourceGroupName"]) },
  resourceuri: { alone: true, read: (event) => textAt(event["resourceId"]) },
  resourceid: { alone: true, read: (event) => textAt(event["resourceId"]) },
  resourceprovider: { alone: true, read: (event) => valueAt(event, "resourceProviderName") },
  correlationid: { alone: true, read: (event) => textAt(event["correlationId"]) },
  caller: { alone: false, read: (event) => textAt(event["caller"]) },
  status: { alone: false, read: (event) => valueAt(event, "status") },
};

type Part = { bound: "ge" | "le"; time: number } | { test: Test; alone: boolean } | { ignored: true };

/** A text: what is wrong with it. */
function readPart(part: string): Part | string {
  const [, name = "", operator = "", quoted, bare = ""] = /^\s*(\w+)\s+(eq|ge|le)\s+(?:'([^']*)'|([^\s']+))\s*$/i.exec(part) ?? [];
  const value = quoted ?? bare;
  const asked = `${name} ${operator}`.toLowerCase();
  if (asked === "eventtimestamp ge") return boundOf("ge", value);
  if (asked === "eventtimestamp le") return boundOf("le", value);
  if (asked === "eventchannels eq") return { ignored: true };
  const known = operator.toLowerCase() === "eq" ? PROPERTIES[name.toLowerCase()] : undefined;
  if (!known || value === "") return `The filter '${part.trim()}' is not supported.`;
  return { alone: known.alone, test: (event) => same(known.read(event), value) };
}

/** A time without a zone is UTC: az sends such ones. */
function boundOf(bound: "ge" | "le", value: string): Part | string {
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`);
  return Number.isNaN(time) ? `The time '${value}' in the filter is not valid.` : { bound, time };
}

/** A text: what is wrong with it. */
export function readActivityFilter(filter: string, now: number): ActivityFilter | string {
  const parts = filter.split(/\s+and\s+/i).map((part) => readPart(part));
  const wrong = parts.find((part) => typeof part === "string");
  if (filter.trim() !== "" && wrong !== undefined) return wrong;
  const read = parts.filter((part) => typeof part !== "string");
  const times = read.filter((part) => "bound" in part);
  const bound = (which: "ge" | "le"): number | undefined => times.findLast((part) => part.bound === which)?.time;
  const tests = read.filter((part) => "test" in part);
  const from = bound("ge");
  if (from === undefined) return "The filter needs a start time: eventTimestamp ge '<time>'.";
  if (tests.filter(({ alone }) => alone).length > 1) {
    return "The filter takes one of resourceGroupName, resourceUri, resourceProvider and correlationId.";
  }
  return { from, to: bound("le") ?? now, fits: (event) => tests.every(({ test }) => test(event)) };
}
