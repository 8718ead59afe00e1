/** A database as it would be with another key: of that one its service has said nothing yet. */
import type { TargetFacts } from "../facts.ts";

export const movedTo = (target: TargetFacts, keyUri: string): TargetFacts => ({
  ...target,
  keyUri,
  versionInUse: null,
  service: { healthy: null, code: null, text: null, clusterStatus: null, provisioningState: target.service.provisioningState },
});
