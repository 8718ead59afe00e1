/** The part of host.json that changes what the local host does. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export type HostJson = {
  routePrefix: string;
  hubName: string;
  defaultVersion: string | null;
  anyStateOverridable: boolean;
  maxConcurrentActivities: number;
};

type Written = {
  version?: string;
  extensions?: {
    http?: { routePrefix?: string };
    durableTask?: {
      hubName?: string;
      defaultVersion?: string;
      overridableExistingInstanceStates?: string;
      maxConcurrentActivityFunctions?: number;
    };
  };
};

/** Looks beside the bundle and upwards, as the app's root is where host.json is. */
export function readHostJson(bundle: string): HostJson {
  const file = find(dirname(bundle));
  const written: Written = file ? JSON.parse(readFileSync(file, "utf8")) : {};
  const durable = written.extensions?.durableTask ?? {};
  return {
    routePrefix: written.extensions?.http?.routePrefix ?? "api",
    hubName: durable.hubName ?? "TestHubName",
    defaultVersion: durable.defaultVersion ?? null,
    // Source: Azure/azure-functions-durable-extension DurableTaskOptions.cs, NonRunningStates unless said.
    anyStateOverridable: durable.overridableExistingInstanceStates === "AnyState",
    maxConcurrentActivities: durable.maxConcurrentActivityFunctions ?? 10,
  };
}

function find(directory: string): string | undefined {
  const file = join(directory, "host.json");
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : find(parent);
}
