/**
 * The other half of `revoke`: one database's identity loses its grant on the key, by which every database that uses that identity does. Only
 * what `restore` can put back as it was is taken away: assignments of the encryption role at the vault or below, or the key permissions that a
 * database needs. Nothing is tagged: of a revoked account Azure takes no tag off again (Microsoft Learn, "Configure customer-managed keys", what
 * is left to a revoked account is its deletion), so the record alone says that it is meant.
 */
import { type AccessState, accessOf, grantStateOf } from "../access/key-access.ts";
import { ENCRYPTION_USER, POLICY_PERMISSIONS, roleGuid } from "../access/access.ts";
import { isUnder, sameText } from "../arm-id.ts";
import { rulesOf } from "../databases/index.ts";
import { shareIdentity } from "../databases/default-identity.ts";
import { liveVaultOf, principalIn } from "../databases/key-path.ts";
import type { Facts, LiveVault, RoleAssignment, TargetFacts } from "../facts.ts";
import { namesOf } from "../short-names.ts";
import { azOf } from "../steps/index.ts";
import { policiesOf, policyKeysOf } from "../steps/policy-keys.ts";
import type { StepDraft } from "../steps/step.ts";
import { az, type Lines, say } from "../steps/az.ts";
import type { Requirement } from "../wish.ts";
import { showVault } from "../mending/advice.ts";
import { restoreDraft } from "../mending/grants.ts";
import { databaseOf, type Databases, type OneDatabase } from "./one-database.ts";
import { OUT_OF_SIGHT, requirement, told } from "./rows.ts";
import type { Reached } from "./spec.ts";

type Held = { vault: LiveVault; target: TargetFacts; principalId: string; identityId: string | null; access: AccessState };
type Judged = Extract<AccessState, { state: "judged" }>;

function heldBy(params: OneDatabase, facts: Facts): Held | undefined {
  const target = databaseOf(params, facts);
  const vault = liveVaultOf(facts);
  const principal = target && principalIn(facts, target);
  if (!target || !vault || principal?.state !== "known") return undefined;
  const { principalId, identityId } = principal;
  const access = accessOf(facts, target, principalId);
  return access && { vault, target, principalId, identityId, access };
}

/** Those that use the same identity lose it too. */
function losersOf(params: OneDatabase, facts: Databases): TargetFacts[] {
  const named = databaseOf(params, facts);
  return named ? facts.targets.filter((target) => shareIdentity(named, target)) : [];
}

export const losingIds = (params: OneDatabase, facts: Databases): string[] => losersOf(params, facts).map(({ id }) => id);

const ownerOf = ({ vault, principalId }: Held) => ({ tenantId: vault.tenantId, objectId: principalId, applicationId: null });

const isOwn = ({ vault, principalId }: Held, { principalId: holder, roleDefinitionId, scope }: RoleAssignment): boolean =>
  sameText(holder, principalId) && roleGuid(roleDefinitionId) === ENCRYPTION_USER && isUnder(vault.id, scope);

const assignmentsOf = (held: Held, { assignments }: Judged): RoleAssignment[] => assignments.filter((one) => isOwn(held, one));

/** In lower case: what its databases need of an access policy, and so what is taken off it. */
const neededBy = (params: OneDatabase, facts: Facts): string[] =>
  losersOf(params, facts).flatMap((target) => rulesOf(target).operations.map((one) => POLICY_PERMISSIONS[one].toLowerCase()));

function removals(params: OneDatabase, facts: Facts, held: Held, access: Judged): StepDraft[] {
  const { vault, principalId: holder } = held;
  if (access.model === "rbac")
    return assignmentsOf(held, access).map(({ scope, name }): StepDraft => ({ name: "RemoveGrant", params: { scope, name, holder } }));
  const needed = neededBy(params, facts);
  const keys = policyKeysOf(ownerOf(held), vault).filter((key) => needed.includes(key));
  if (keys.length === 0) return [];
  return [{ name: "RemoveAccessPolicyPermissions", params: { vaultId: vault.id, tenantId: vault.tenantId, holder, keys } }];
}

/** By what it could still wrap or unwrap; that it may read the key alone lets nobody at any data: a role that is wider, held higher or by a group, or a policy that allows all. */
function whatStays(held: Held, { model, effective, assignments }: Judged): string[] {
  if (model === "policies") return policyKeysOf(ownerOf(held), held.vault).includes("all") ? ["its access policy, which allows all"] : [];
  const using = effective.operations.filter(({ operation, allowed }) => allowed && (operation === "wrap" || operation === "unwrap"));
  const giving = [...new Set(using.flatMap(({ by }) => by))];
  return giving.filter((id) => assignments.some((one) => one.id === id && !isOwn(held, one)));
}

function takeAway(facts: Facts, { model }: Judged, stays: readonly string[]): Lines {
  if (model === "policies")
    return [
      say("whoever owns the vault names one by one what it needs beside the key, instead of all:"),
      ...showVault(facts, "policies:properties.accessPolicies"),
    ];
  return [
    say("a wider role, or one of a group, is held by others too, or serves more than this key: see to that first"),
    ...stays.map((id) => az("role", "assignment", "delete", "--ids", id)),
  ];
}

export function grantRequirements(params: OneDatabase, facts: Facts): Requirement[] {
  const held = heldBy(params, facts);
  if (!held || held.access.state !== "judged") {
    const detail = held?.access.state === "unknown" ? held.access.detail : "which identity reaches its key, and how, is not known";
    return [requirement("grant to take away", "unknown", detail, OUT_OF_SIGHT)];
  }
  const stays = whatStays(held, held.access);
  const words = `${held.principalId} reaches the key by what can be taken away, and put back as it was`;
  const why = `${held.principalId} would still reach the key, by ${stays.join(", ")}: whoever gave that takes it away`;
  const losers = namesOf(losingIds(params, facts));
  return [
    requirement("grant to take away", stays.length === 0, stays.length === 0 ? words : why, ...takeAway(facts, held.access, stays)),
    told("databases", `${losers} will be out of reach`),
  ];
}

export function grantDraftsToTake(params: OneDatabase, facts: Facts): StepDraft[] {
  const held = heldBy(params, facts);
  return held?.access.state === "judged" ? removals(params, facts, held, held.access) : [];
}

/** Once it is gone. */
export function grantTaken(params: OneDatabase, facts: Facts): Reached {
  const held = heldBy(params, facts);
  const isGone =
    held?.access.state === "judged" && removals(params, facts, held, held.access).length === 0 && !held.access.effective.allowed;
  if (!held || !isGone) return { done: false, detail: "its identity's grant is to be taken away" };
  return {
    done: true,
    detail: `${held.principalId} has no access to the key; ${namesOf(losingIds(params, facts))} lose it with the service's next check, within an hour or so after that has reached the vault, which may take ten minutes`,
  };
}

export function grantUndone(params: OneDatabase, facts: Facts): string | undefined {
  const held = heldBy(params, facts);
  return held?.access.state === "judged" && held.access.effective.allowed ? `${held.principalId} has access to the key again` : undefined;
}

/** From the baseline, which is kept while a database is well. */
function draftsBack(params: OneDatabase, facts: Facts, held: Held): StepDraft[] {
  const { vault, identityId, principalId } = held;
  const { baseline } = facts;
  if (vault.permissionModel === "rbac")
    return (baseline?.assignments ?? []).filter((one) => isOwn(held, one)).map((one) => restoreDraft(one, { identityId, principalId }));
  const [has, needed] = [policyKeysOf(ownerOf(held), vault), neededBy(params, facts)];
  const isLost = (key: string): boolean => needed.includes(key.toLowerCase()) && !has.includes(key.toLowerCase());
  const keys = policiesOf(ownerOf(held), { policies: baseline?.policies ?? [] })
    .flatMap((policy) => policy.keys)
    .filter(isLost);
  if (keys.length === 0) return [];
  const on = { vaultId: vault.id, tenantId: vault.tenantId, applicationId: null };
  return [{ name: "AddAccessPolicyPermissions", params: { ...on, identityId, principalId, keys } }];
}

export function grantBack(params: OneDatabase, facts: Facts): string[] {
  const held = heldBy(params, facts);
  if (!held) return [];
  return [
    say("POST /api/operations with operation restore does this and watches until the databases are back"),
    ...draftsBack(params, facts, held).flatMap(azOf),
  ];
}

/** It was given back, and its databases may not count on it yet. */
export function isGrantSettling(params: OneDatabase, facts: Facts): boolean {
  const held = heldBy(params, facts);
  return held !== undefined && grantStateOf(facts, held.target, held.principalId) === "settling";
}
