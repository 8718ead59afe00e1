/**
 * Microsoft.Insights: the activity log, newest first. Shapes: azure-rest-api-specs activityLogs_API.json and its examples, 2015-04-01.
 * Refusals have `Code` and `Message` with capitals and no `error` around them (recorded: Azure/azure-cli
 * test_activity_log_list_scenario.yaml, 2019-06).
 */
import type { Call, Reply, Route } from "../routes.ts";
import { switchOf } from "../switches.ts";
import type { JsonObject } from "../world.ts";
import { shownEvent, visibleAt } from "./activity-log.ts";
import { readActivityFilter } from "./activity-log-filter.ts";

/** activity-log.md, "Retention period". */
const KEPT_MS = 90 * 86_400_000;

export const monitorRoutes: Route[] = [
  {
    method: "GET",
    pattern: "/subscriptions/{subscriptionId}/providers/Microsoft.Insights/eventtypes/management/values",
    action: "Microsoft.Insights/eventtypes/values/read",
    scopeOf: (call) => `/subscriptions/${call.params["subscriptionId"]}`,
    handle: list,
  },
];

const refused = (Message: string): Reply => ({ status: 400, body: { Code: "BadRequest", Message } });

function list(call: Call): Reply {
  const { world, url } = call;
  const now = world.clock.now();
  const filter = readActivityFilter(url.searchParams.get("$filter") ?? "", now);
  if (typeof filter === "string") return refused(filter);
  if (filter.from < now - KEPT_MS) return refused("The start time cannot be more than 90 days in the past.");
  const entries = world.activityLog
    .filter(({ at, event }) => at >= filter.from && at <= filter.to && filter.fits(event))
    .filter((entry) => visibleAt(world, entry) <= now)
    .sort((a, b) => Number(b.ticks - a.ticks));
  const start = startOf(url);
  if (start === undefined) return refused("The skip token is not valid.");
  const size = switchOf(world, "activityLogPageSize");
  const names = namesOf(url.searchParams.get("$select"));
  const value = entries.slice(start, start + size).map((entry) => selected(shownEvent(world, entry), names));
  return {
    status: 200,
    body: { value, ...(start + size < entries.length ? { nextLink: next(url, start + size) } : {}) },
  };
}

/** What is new by then comes first: a page may show again what the one before has shown. */
function startOf(url: URL): number | undefined {
  const token = url.searchParams.get("$skiptoken");
  if (token === null) return 0;
  const text = Buffer.from(token, "base64url").toString();
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function next(url: URL, start: number): string {
  const to = new URL(url);
  to.searchParams.set("$skiptoken", Buffer.from(String(start)).toString("base64url"));
  return to.href;
}

const namesOf = (select: string | null): string[] =>
  (select ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** A name that an entry doesn't have is left out. */
const selected = (event: JsonObject, names: string[]): JsonObject =>
  names.length === 0 ? event : Object.fromEntries(names.filter((name) => name in event).map((name) => [name, event[name]]));
