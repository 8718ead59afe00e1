/** The part of host.json that changes what the local host does. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Which instances a host runs, by the version they were started with. */
export type VersionMatchStrategy = "None" | "Strict" | "CurrentOrOlder";

export type HostJson = {
  routePrefix: string;
  hubName: string;
  defaultVersion: string | null;
  versionMatchStrategy: VersionMatchStrategy;
  /** Whether an instance that this host does not run fails, instead of waiting for another. */
  failsOtherVersions: boolean;
  anyStateOverridable: boolean;
  maxConcurrentActivities: number;
  partitionCount: number;
};

type Written = {
  version?: string;
  extensions?: {
    http?: { routePrefix?: string };
    durableTask?: {
      hubName?: string;
      defaultVersion?: string;
      versionMatchStrategy?: VersionMatchStrategy;
      versionFailureStrategy?: "Reject" | "Fail";
      overridableExistingInstanceStates?: string;
      maxConcurrentActivityFunctions?: number;
      storageProvider?: { partitionCount?: number };
    };
  };
};

/** As it is written. Looks beside the bundle and upwards, as the app's root is where host.json is. */
export function hostJsonOf(bundle: string): Written {
  const file = find(dirname(bundle));
  return file ? JSON.parse(readFileSync(file, "utf8")) : {};
}

export function readHostJson(bundle: string): HostJson {
  const written = hostJsonOf(bundle);
  const durable = written.extensions?.durableTask ?? {};
  return {
    routePrefix: written.extensions?.http?.routePrefix ?? "api",
    hubName: durable.hubName ?? "TestHubName",
    defaultVersion: durable.defaultVersion ?? null,
    versionMatchStrategy: durable.versionMatchStrategy ?? "CurrentOrOlder",
    failsOtherVersions: durable.versionFailureStrategy === "Fail",
    // Source: Azure/azure-functions-durable-extension DurableTaskOptions.cs, NonRunningStates unless said.
    anyStateOverridable: durable.overridableExistingInstanceStates === "AnyState",
    maxConcurrentActivities: durable.maxConcurrentActivityFunctions ?? 10,
    partitionCount: durable.storageProvider?.partitionCount ?? 4,
  };
}

function find(directory: string): string | undefined {
  const file = join(directory, "host.json");
  if (existsSync(file)) return file;
  const parent = dirname(directory);
  return parent === directory ? undefined : find(parent);
}
