/** By which identity a database reaches its key, and whether that may use it: of each kind of identity, as the account guide and the vCore guide have them. */
import type { Facts, TargetFacts } from "../facts.ts";
import type { Requirement } from "../wish.ts";
import { say } from "../steps/az.ts";
import { grantRequirement, identityRequirements } from "./requirements.ts";
import { requirement } from "./rows.ts";

/** target: as it is to be. location: where it is or is to be; null where that is not known. */
export function reachRequirements(facts: Facts, target: TargetFacts, location: string | null): Requirement[] {
  const { defaultIdentity: uses } = target;
  if (uses.form === "user") return identityRequirements(facts, target, uses.id, location);
  const principalId = uses.form === "system" ? target.systemPrincipalId : uses.form === "firstParty" ? facts.firstPartyPrincipalId : null;
  if (principalId !== null) return [grantRequirement(facts, target, principalId)];
  const detail = "which identity it uses is not known, so no grant can be checked";
  return [requirement("identity", "unknown", detail, say("name a user-assigned one as identityId"))];
}
