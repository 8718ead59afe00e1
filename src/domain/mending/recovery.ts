/**
 * What a vault had around it when it was last healthy, and what of that a recovery does not bring back: role assignments at the vault and at
 * its keys, and event subscriptions (Microsoft Learn, "Azure Key Vault soft-delete overview": they go with the vault, and have to be made
 * again; access policies are the vault's own and come back with it).
 */
import { isUnder, keyScopeOf, nameOf, sameId, sameText } from "../arm-id.ts";
import { isOwn, type Principals } from "../capability.ts";
import { roleGuid } from "../access/access.ts";
import { principalIn, uriOf } from "../databases/key-path.ts";
import type { Facts, RoleAssignment, TargetFacts } from "../facts.ts";
import { placeOf } from "../short-names.ts";
import { say } from "../steps/az.ts";
import { restoreRoleAssignment } from "../steps/restore-role-assignment.ts";
import type { Loses } from "../steps/step.ts";
import { lostAssignment, restoreDraft } from "./grants.ts";

/** The same grant, also where it was made again under another name. */
const isSame = (a: RoleAssignment, b: RoleAssignment): boolean =>
  sameText(a.principalId, b.principalId) && sameId(a.scope, b.scope) && roleGuid(a.roleDefinitionId) === roleGuid(b.roleDefinitionId);

/** Held at this scope or below when last healthy, and not any more. Where it could not be read now nothing is called missing. */
function missingAt(facts: Facts, scope: string): RoleAssignment[] {
  const before = (facts.baseline?.held?.assignments ?? []).filter((one) => isUnder(scope, one.scope));
  if (facts.vault?.state !== "live") return before;
  const { held } = facts;
  return held ? before.filter((one) => !held.assignments.some((now) => isSame(one, now))) : [];
}

/** The assignment by which this database reached its key, which a repair puts back by itself. */
export function ownAssignment(facts: Facts, target: TargetFacts, vaultId: string): RoleAssignment | undefined {
  const principal = principalIn(facts, target);
  const key = uriOf(target)?.key;
  if (principal.state !== "known" || !key || facts.baseline?.permissionModel !== "rbac") return undefined;
  return lostAssignment(facts, vaultId, keyScopeOf(vaultId, key), principal.principalId);
}

const SHOWN = 10;

function sayOne({ roleDefinitionId, principalId, principalType, scope }: RoleAssignment, principals: Principals): string {
  const whose = isOwn(principals, principalId) ? "Keymend itself" : `${principalType} ${principalId}`;
  return `role ${nameOf(roleDefinitionId)} of ${whose} at ${placeOf(scope)}`;
}

/** left: how many more there were than are known one by one. */
function sayAssignments(list: readonly RoleAssignment[], left: number, principals: Principals): string {
  const count = list.length + left;
  const more = count - Math.min(list.length, SHOWN);
  const shown = list.slice(0, SHOWN).map((one) => sayOne(one, principals));
  return `${count} role assignment${count === 1 ? "" : "s"} (${[...shown, ...(more > 0 ? [`${more} more`] : [])].join("; ")})`;
}

/** Commands that make them again, for a person. */
const azAssignments = (list: readonly RoleAssignment[]): string[] =>
  list.flatMap((one) => {
    const { params } = restoreDraft(one, { principalId: one.principalId, identityId: null });
    return restoreRoleAssignment.az(params);
  });

/** Said before a vault is recovered: what of it does not come back by itself, and is nobody's repair. */
export function losesByRecovery(facts: Facts, vaultId: string, principals: Principals): Loses {
  const { held } = facts.baseline ?? {};
  const name = nameOf(vaultId);
  const known =
    "role assignments and event subscriptions do not come back with it, access policies do; look whether private endpoints and diagnostic settings did";
  if (!held) return { text: `what else ${name} had is not known: ${known}`, az: [] };
  const restored = facts.targets.flatMap((target) => ownAssignment(facts, target, vaultId) ?? []);
  const lost = missingAt(facts, vaultId).filter((one) => !restored.some(({ id }) => sameId(id, one.id)));
  const what = lost.length + held.left === 0 ? "no role assignment beside those" : sayAssignments(lost, held.left, principals);
  return { text: `of what ${name} had, this does not put back: ${what}; ${known}`, az: azAssignments(lost) };
}

/** What was seen deleted in this incident: what is missing around it went with that. */
export type Recovered = "vault" | "keys" | null;

/** After a recovery: what is still missing; undefined where nothing is. */
export function stillMissing(facts: Facts, recovered: Recovered, principals: Principals): Loses | undefined {
  const { vault } = facts;
  if (vault?.state !== "live" || recovered === null) return undefined;
  const missing = missingAt(facts, vault.id).filter((one) => recovered === "vault" || !sameId(one.scope, vault.id));
  if (missing.length === 0) return undefined;
  const text = `still missing since the recovery: ${sayAssignments(missing, 0, principals)}`;
  return { text, az: [say(text), ...azAssignments(missing)] };
}
