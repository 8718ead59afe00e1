/** Makes an attached identity the one an account uses towards its vault, in a write of its own. Never one without access. */
import type { DefaultIdentity, Facts, TargetFacts } from "../facts.ts";
import { grantStateOf } from "../access/key-access.ts";
import { principalOf } from "../databases/index.ts";
import { azUpdateAccount } from "./az.ts";
import { besideOnDatabase, DEFAULT_IDENTITY } from "./beside.ts";
import { isSameDefault, readDefaultIdentity } from "../databases/default-identity.ts";
import { actions, findTarget, isStale, onId, type Precondition, shownTarget, stale, type StepSpec, touchesDatabase } from "./spec.ts";

function checkAttached(target: TargetFacts, wanted: DefaultIdentity, facts: Facts): Precondition {
  const principalId = principalOf({ ...target, defaultIdentity: wanted }, facts.identities, facts.firstPartyPrincipalId);
  return principalId === undefined ? stale(`the identity to use is not attached to ${target.name}, or not known`) : "todo";
}

/** `settling`: the grant is there and may not have reached the vault; waiting costs less than an account that loses access. */
export function checkSwitch(target: TargetFacts, wanted: DefaultIdentity, facts: Facts): Precondition {
  const attached = checkAttached(target, wanted, facts);
  if (attached !== "todo") return attached;
  const principalId = principalOf({ ...target, defaultIdentity: wanted }, facts.identities, facts.firstPartyPrincipalId)!;
  const state = grantStateOf(facts, target, principalId);
  if (state === "none") return stale(`the identity to use on ${target.name} has no access to the key`);
  return state === "settling" ? stale(`the grant of the identity to use on ${target.name} may not have reached the vault yet`) : "todo";
}

export const setDefaultIdentity: StepSpec<"SetDefaultIdentity"> = {
  capability: "databases",
  permission: () => actions("Microsoft.DocumentDB/databaseAccounts/write"),
  undo: () => "set the default identity back to what the audit shows, if that identity still exists and is attached",
  az: ({ targetId, defaultIdentity }) => [azUpdateAccount(targetId, "--default-identity", defaultIdentity)],
  on: ({ targetId }) => targetId,
  touches: touchesDatabase,
  about: null,
  tells: null,
  key: ({ targetId }) => onId(targetId),
  sets: ({ defaultIdentity }) => [defaultIdentity.toLowerCase()],
  precondition: ({ targetId, defaultIdentity, keyless }, facts) => {
    const target = findTarget(facts, targetId);
    if (isStale(target)) return target;
    const wanted = readDefaultIdentity(defaultIdentity);
    if (!wanted) return stale(`'${defaultIdentity}' is no default identity`);
    if (isSameDefault(target.defaultIdentity, wanted)) return "done";
    // One that has no key yet has no access to lose.
    return keyless && target.keyUri === null ? checkAttached(target, wanted, facts) : checkSwitch(target, wanted, facts);
  },
  shows: ({ targetId }, facts) => shownTarget(facts, targetId)?.defaultIdentity,
  beside: ({ targetId }, facts) => besideOnDatabase(facts, targetId, DEFAULT_IDENTITY),
  takenBackBy: null,
  merge: null,
  forbids: null,
  grants: null,
  widens: false,
  isUndo: false,
  switchesIdentity: true,
  counts: null,
};
