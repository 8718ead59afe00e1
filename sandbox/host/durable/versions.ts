/**
 * Whether a host runs an instance, by the versions of both; one that it does not run waits for another host, and says nothing.
 * Source: Microsoft Learn, "Orchestration versioning in Durable Functions" (matching, and how versions are compared).
 */
import type { HostJson } from "../host-json.ts";

export function isRunHere(version: string | null, { defaultVersion, versionMatchStrategy }: HostJson): boolean {
  if (versionMatchStrategy === "None" || defaultVersion === null) return true;
  const order = compare(version, defaultVersion);
  return versionMatchStrategy === "Strict" ? order === 0 : order <= 0;
}

/** None is older than any. Numbers count where both are numbers with dots, else the letters do. */
function compare(a: string | null, b: string): number {
  if (a === null || a === "") return -1;
  const [left, right] = [numbers(a), numbers(b)];
  if (!left || !right) return a.localeCompare(b, "en", { sensitivity: "base" });
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 ? left.length - right.length : left[at]! - (right[at] ?? -1);
}

function numbers(version: string): number[] | undefined {
  return /^\d+(\.\d+){1,3}$/.test(version) ? version.split(".").map(Number) : undefined;
}
