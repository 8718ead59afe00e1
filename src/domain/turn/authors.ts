/**
 * Who made a change. Only the author of an operation that can have caused the loss counts, on what the database depends on and no later than
 * the loss was seen: who touches a vault afterwards, or something else on it, has not made it. Unknown stays unknown.
 */
import { holderIn } from "../access/known-good.ts";
import { isUnder, sameId, sameText } from "../arm-id.ts";
import type { CauseCode } from "../cause-code.ts";
import type { Diagnosis } from "../cause.ts";
import { principalIn } from "../databases/key-path.ts";
import { patientKey } from "../databases/sight.ts";
import type { Baseline, Facts, TargetFacts } from "../facts.ts";
import type { Author, Incident } from "../incident.ts";
import { parseKeyUri } from "../key-uri.ts";
import { isHeardOf, type Signal } from "../signal.ts";
import type { Step } from "../steps/step.ts";
import { MINUTE, toMs } from "../time.ts";

const keyNameIn = (keyUri: string | null): string | undefined => (keyUri === null ? undefined : parseKeyUri(keyUri).key?.toLowerCase());

/** The author that an event names: who asks for a look did not make the change that is looked at. */
export function authorOf({ source, what, at, scope, caller }: Signal): Author | undefined {
  if (source !== "event" || caller === null || !isHeardOf(what)) return undefined;
  return { objectId: caller.objectId, operation: what.toLowerCase(), at, scope };
}

function dependsOn(target: TargetFacts, { patient, vault, identities }: Facts, scope: Author["scope"]): boolean {
  const { id, attached, defaultIdentity, keyUri } = target;
  const used = [...attached.map((one) => one.id), ...(defaultIdentity.form === "user" ? [defaultIdentity.id] : [])];
  const vaultIds = vault?.id == null ? [] : [vault.id];
  // A purged one has no id any more, and is named by its URI.
  const isVault = (one: string): boolean => patient.kind === "vault" && patientKey(one) === patientKey(patient.id);
  switch (scope.kind) {
    case "database":
      return sameId(scope.id, id);
    case "identity":
      return used.some((one) => sameId(one, scope.id));
    case "vault":
      return isVault(scope.id);
    case "key":
      return isVault(scope.vaultId) && keyNameIn(keyUri) === scope.name.toLowerCase();
    case "group":
      return [id, ...vaultIds, ...identities.map((one) => one.id), ...used].some((one) => isUnder(scope.id, one));
    case "under":
      return [...vaultIds, ...identities.map((one) => one.id), ...used].some((one) => isUnder(scope.scope, one));
  }
}

export const CLOCKS_DIFFER_MS = 5 * MINUTE;

const isServedBy =
  ({ targetIds }: Step) =>
  (id: string): boolean =>
    targetIds.some((one) => sameId(one, id));

/** Whether anybody's operation on Azure Resource Manager can have made what it puts back. */
export const isOfResourceManager = ({ causes }: Step, { madeBy }: Diagnosis): boolean =>
  causes.some((cause) => madeBy(cause).some(isHeardOf));

/** Whether anybody's operation on a key can have. */
export const isOfKeys = ({ causes }: Step, { madeBy }: Diagnosis): boolean =>
  causes.some((cause) => madeBy(cause).some((operation) => !isHeardOf(operation)));

type Known = Pick<Incident, "openedAt" | "progress">;

/** When a loss for this cause was seen: the latest of what the step serves, the incident's beginning where none is kept. */
function lostAt(step: Step, cause: CauseCode, { openedAt, progress }: Known): number {
  const losses = (progress.losses ?? []).filter((loss) => loss.cause === cause && isServedBy(step)(loss.targetId));
  return losses.length === 0 ? toMs(openedAt) : Math.max(...losses.map((loss) => toMs(loss.since)));
}

/** When the last of what it puts back was seen to be lost. */
export const seenAt = (step: Step, incident: Known): number => Math.max(...step.causes.map((cause) => lostAt(step, cause, incident)));

type Seen = { facts: Facts; diagnosis: Diagnosis };

/** Of what the baseline shows of the access of databases here something is not there any more, and it is none of that. */
function isAnotherAssignment({ scope }: Author, { assignments }: Baseline, { access }: Facts): boolean {
  if (!("assignment" in scope)) return false;
  const now = access.flatMap((one) => (one.state === "read" ? one.assignments : []));
  const lost = assignments.filter(({ id }) => !now.some((one) => sameId(one.id, id)));
  return lost.length > 0 && lost.every(({ name }) => name.toLowerCase() !== scope.assignment);
}

/** It has the identity and the key that it had when last seen well: whatever was written of it since did not cost it its access. */
function usesTheSame(facts: Facts, target: TargetFacts): boolean {
  const holder = holderIn(facts.baseline, target);
  const principal = principalIn(facts, target);
  return (
    holder !== undefined &&
    principal.state === "known" &&
    sameText(principal.principalId, holder.principalId) &&
    keyNameIn(target.keyUri) === holder.key
  );
}

/**
 * Access that is gone was taken by one operation, and facts tell which it can't have been: whoever made another role assignment, or wrote a tag on
 * the vault or the database, is not who took it. Else anybody's write there would name an author, and lift the doubt about who did.
 */
function isExcluded(cause: CauseCode, author: Author, facts: Facts, target: TargetFacts): boolean {
  const { baseline, vault } = facts;
  if (baseline === null || (cause !== "AccessMissing" && cause !== "PolicyMissing")) return false;
  const { operation } = author;
  if (operation.startsWith("microsoft.documentdb/")) return usesTheSame(facts, target);
  if (cause === "PolicyMissing") return false;
  if (operation === "microsoft.keyvault/vaults/write") return vault?.state === "live" && vault.permissionModel === baseline.permissionModel;
  return operation.startsWith("microsoft.authorization/roleassignments/") && isAnotherAssignment(author, baseline, facts);
}

/** Object ids of those who can have made what the step puts back; none where nobody is known to. */
export function authorsOf(step: Step, incident: Known & Pick<Incident, "authors">, { facts, diagnosis: { madeBy } }: Seen): string[] {
  const served = facts.targets.filter(({ id }) => isServedBy(step)(id));
  const explains = (author: Author): boolean => {
    const concerned = served.filter((target) => dependsOn(target, facts, author.scope));
    return step.causes.some(
      (cause) =>
        madeBy(cause).some((one) => one === author.operation) &&
        toMs(author.at) <= lostAt(step, cause, incident) + CLOCKS_DIFFER_MS &&
        concerned.some((target) => !isExcluded(cause, author, facts, target)),
    );
  };
  return [...new Set((incident.authors ?? []).filter(explains).map(({ objectId }) => objectId))];
}
