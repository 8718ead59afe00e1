/** What differs between the two kinds of database, as one shape. */
import type { KeyOperation } from "../access/access.ts";
import type { ServiceStatus, TargetFacts } from "../facts.ts";

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
