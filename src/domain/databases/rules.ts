/** What differs between the two kinds of database, as one shape. */
import type { ServiceStatus, TargetFacts } from "../facts.ts";
import { HOUR, MINUTE } from "../time.ts";

/** What a database does with its key; in the words of each permission model: access/access.ts. */
export type KeyOperation = "read" | "wrap" | "unwrap" | "list";

/**
 * One full check cycle of the service, and a little: after that, a status that never turned bad is proof. It checks its key about once an
 * hour (Microsoft Learn, "Troubleshooting Revocation Scenarios for your Customer-Managed Keys Configured Azure Cosmos DB account").
 */
export const REVALIDATION_WINDOW_MS = HOUR + 5 * MINUTE;

/** `lost` and `healthy` are the service's word; `silent` it says nothing; `unclear` it says something that Keymend does not know. */
export type ServiceVerdict = "healthy" | "lost" | "silent" | "unclear";

export type TargetRules = {
  /** What the service must be able to do with the key. */
  operations: readonly KeyOperation[];
  /** May its key URI name a version. */
  mayPinVersion: boolean;
  verdict: (target: TargetFacts) => ServiceVerdict;
  /** Ordered, and not there yet. */
  isBeingCreated: (service: ServiceStatus) => boolean;
};
