/**
 * What may be done without asking: mode, tags, intent, the causes' defaults. Unreadable or ambiguous always means the
 * narrower answer. A deliberate revocation is never undone.
 */
import { keyNameIn, sameId } from "../arm-id.ts";
import { isKnownGood, strangeTo, whoIs } from "../access/known-good.ts";
import { databasesIn } from "../databases/guests.ts";
import type { Facts, LiftedTag, TargetFacts } from "../facts.ts";
import type { RefusalReason } from "../incident.ts";
import { readDefaultIdentity, shareIdentity } from "../databases/default-identity.ts";
import { principalIn, uriOf } from "../databases/key-path.ts";
import { isSameKey } from "../key-uri.ts";
import { atHome } from "../databases/home.ts";
import { standingKeyTag } from "../steps/intent-tag.ts";
import { MODE_TAG, REVOKED_TAG, tagIn } from "../tags.ts";
import { type Mode, MODES, type Settings } from "../settings.ts";
import { isArming } from "../arming.ts";
import { placeOf } from "../short-names.ts";
import { isGrant, isUndo, stepSpecs, subjectOf, touchOf } from "../steps/index.ts";
import type { Touch } from "../steps/spec.ts";
import type { Grant, Step } from "../steps/step.ts";
import { formatDuration } from "../time.ts";
import { calledOff, isOpen, isOutOfTime, standingRevocations, type WishOnRecord } from "../wish.ts";

export type Verdict =
  | { kind: "allow" }
  | { kind: "ask"; why: string }
  | { kind: "observe" }
  /** Keymend is deployed without the identity that writes it. */
  | { kind: "lacking"; why: string }
  | { kind: "refuse"; reason: RefusalReason; why: string };

export const narrower = (a: Mode, b: Mode): Mode => (MODES.indexOf(a) < MODES.indexOf(b) ? a : b);

const isLifting = (one: LiftedTag, target: TargetFacts): boolean =>
  sameId(one.targetId, target.id) && tagIn(target.tags, one.tag) === one.value;

/** A database's tag, unless a person has lifted it: of a revoked account Azure takes no tag off. */
function standingTag(target: TargetFacts, name: string, lifted: readonly LiftedTag[] = []): string | undefined {
  return lifted.some((one) => one.tag === name && isLifting(one, target)) ? undefined : tagIn(target.tags, name);
}

/** Lifts of a tag that is off by now, or has another value: the next one of that value is a new word. */
export const outlivedLifts = ({ targets, lifted = [] }: Facts): LiftedTag[] =>
  lifted.filter((one) => targets.some((target) => sameId(target.id, one.targetId) && !isLifting(one, target)));

/** The mode for one database: its tag narrows the configured mode, never widens it; a word that is no mode narrows to observe. */
export function modeOf(target: TargetFacts, settings: Pick<Settings, "mode">, lifted?: readonly LiftedTag[]): Mode {
  const wish = standingTag(target, MODE_TAG, lifted)?.trim().toLowerCase();
  if (wish === undefined) return settings.mode;
  return narrower(settings.mode, MODES.find((mode) => mode === wish) ?? "observe");
}

const tagged = (what: string): string => `${what} is tagged ${REVOKED_TAG}`;

const wanted = ({ id, by, at, reason }: WishOnRecord): string => `${by.name} revoked it on purpose at ${at}: ${reason} (operation ${id})`;

/**
 * Whose identity has lost its grant is every database that uses it: the one that the named database has, and the one that it had when it was
 * revoked. Else whoever gives it another one, moves or deletes it would have the grant put back for the others.
 */
function isRevokedBy({ params, status }: WishOnRecord & { operation: "revoke" }, facts: Facts, target: TargetFacts): boolean {
  if ("keyUri" in params) return isSameKey(target.keyUri ?? "", params.keyUri);
  const { databaseId: id } = params;
  const named = databasesIn(facts).find((one) => sameId(one.id, id));
  const used = [named?.defaultIdentity, readDefaultIdentity(status?.before?.defaultIdentity ?? "")];
  return sameId(target.id, id) || used.some((defaultIdentity) => defaultIdentity && shareIdentity({ id, defaultIdentity }, target));
}

/** What says that access to this database was taken away on purpose; undefined where nothing does. */
export function revokedOnPurpose(seen: Facts, target: TargetFacts): string | undefined {
  const facts = atHome(seen, target);
  const { vault, wishes = [] } = facts;
  const wish = standingRevocations(wishes).find((one) => isRevokedBy(one, facts, target));
  if (wish) return wanted(wish);
  if (standingTag(target, REVOKED_TAG, facts.lifted) !== undefined) return tagged(`database ${target.name}`);
  if (vault && "tags" in vault && tagIn(vault.tags, REVOKED_TAG) !== undefined) return tagged(`vault ${vault.name}`);
  const keyName = uriOf(target)?.key;
  const key = facts.keys.find((k) => k.name.toLowerCase() === keyName?.toLowerCase());
  return key && "tags" in key && standingKeyTag(key, wishes) !== undefined ? tagged(`key ${key.name}`) : undefined;
}

/** A shared write (vault, key, grant) acts on every database it serves: the narrowest of their modes counts. A wish may come before any database. */
const modeForStep = ({ wish }: Step, served: readonly TargetFacts[], settings: Settings, lifted?: readonly LiftedTag[]): Mode =>
  served.length === 0
    ? wish === undefined
      ? "observe"
      : settings.mode
    : served.map((target) => modeOf(target, settings, lifted)).reduce(narrower);

/** What of it is not known good, by which it may be given access unasked; undefined where the step gives none, or all of it is. */
function strangerOf(step: Step, served: readonly TargetFacts[], facts: Facts, settings: Settings): string | undefined {
  if (!isGrant(step)) return undefined;
  const { identityId, principalId } = step.params;
  const key = "scope" in step.params ? keyNameIn(step.params.scope) : undefined;
  const strange = served.map((target) => strangeTo(facts, target, { identityId, principalId }, settings, key));
  // For a database that is still to come nobody has held anything.
  if (served.length === 0) return `${whoIs({ identityId, principalId })} never had access to ${placeOf(subjectOf(step))} for any database`;
  // It gets back what it had for one of them; the others have no more by it than it had.
  return strange.every((why) => why !== undefined) ? strange[0] : youngAssignment(step, facts, settings);
}

/** One at the key is what would be granted anyway; one that reaches further is put back only as it stood. */
function youngAssignment({ name, params }: Grant, { baseline, vault }: Facts, settings: Settings): string | undefined {
  const vaultId = vault && "id" in vault ? vault.id : null;
  if (name !== "RestoreRoleAssignment" || !baseline || vaultId === null || !sameId(params.scope, vaultId)) return undefined;
  const before = baseline.assignments.find(
    (one) => sameId(one.scope, params.scope) && one.name.toLowerCase() === params.name.toLowerCase(),
  );
  if (before && isKnownGood(before, baseline, settings)) return undefined;
  return `the role assignment on ${params.scope} had not stood for ${formatDuration(settings.knownGoodAfterMs)} when last seen`;
}

const blindness = (facts: Facts): string | undefined =>
  facts.missing.some(({ state }) => state !== "gone") || facts.keys.some((key) => key.state === "unreadable")
    ? "not everything on this vault could be read, so a tag that forbids the repair may be hidden"
    : undefined;

/** What a person should look at before anything is written by itself; undefined where nothing is doubtful. */
function doubtAbout(settings: Settings, callers: readonly string[]): string | undefined {
  const isPrivileged = (caller: string): boolean => settings.privilegedCallers.some((one) => one.toLowerCase() === caller.toLowerCase());
  const privileged = callers.find(isPrivileged);
  if (privileged !== undefined) return `${privileged} made the change, whose changes count as meant`;
  return settings.privilegedCallers.length > 0 && callers.length === 0
    ? "nobody is named who made the change, and some people's changes count as meant"
    : undefined;
}

/** Databases that a write would bring back besides those it is made for: they share the key, the grant, or the vault. */
function isTouched(touch: Touch, facts: Facts, target: TargetFacts): boolean {
  switch (touch.what) {
    case "vault":
      return true;
    case "key":
      return uriOf(target)?.key?.toLowerCase() === touch.key.toLowerCase();
    case "principal": {
      const principal = principalIn(facts, target);
      return principal.state === "known" && principal.principalId.toLowerCase() === touch.principalId?.toLowerCase();
    }
    case "database":
      return sameId(touch.targetId, target.id);
    case "nothing":
    case "intent":
      return false;
  }
}

/**
 * What speaks against it of itself. Who wants it on purpose is on record with a reason, but does not decide alone who gets access to a key: who
 * may order an operation could else have any key opened to an identity of their own.
 */
function doubtsAbout(step: Step, served: readonly TargetFacts[], facts: Facts, settings: Settings, callers: readonly string[]): string[] {
  const asked = step.needs === "approval" ? (step.asks ?? `${step.causes.join(", ")} is repaired only when a person agrees`) : undefined;
  const author = step.wish === undefined && !isUndo(step) ? doubtAbout(settings, callers) : undefined;
  return [asked, strangerOf(step, served, facts, settings), author, blindness(facts)].filter((doubt) => doubt !== undefined);
}

/** Whether the wish that it fulfils is still wanted. */
const isWanted = (step: Step, { wishes = [], at }: Facts): boolean =>
  step.wish === undefined ||
  wishes.some((wish) => wish.id === step.wish && isOpen(wish) && !isOutOfTime(wish, at) && calledOff(wish, wishes) === null);

/** callers: object ids of those who can have made what the step puts back. */
export function judgeStep(step: Step, facts: Facts, settings: Settings, callers: readonly string[]): Verdict {
  if (!isWanted(step, facts)) return { kind: "refuse", reason: "Cancelled", why: "nobody wants it any more" };
  const served = databasesIn(facts).filter((target) => step.targetIds.some((id) => sameId(id, target.id)));
  // One tagged database is enough: a shared repair would bring it back too.
  const touch = touchOf(step);
  const beside = facts.targets.filter((target) => !served.includes(target) && isTouched(touch, facts, target));
  const touched = touch.what === "intent" ? [] : [...served, ...beside];
  const meant = touched.map((target) => revokedOnPurpose(facts, target)).find((what) => what !== undefined);
  if (meant !== undefined) return { kind: "refuse", reason: "RevokedOnPurpose", why: meant };
  const mode = modeForStep(step, served, settings, facts.lifted);
  if (mode === "observe") return { kind: "observe" };
  const { capability } = stepSpecs[step.name];
  // Nobody is asked to agree to what can't be done then.
  if (settings.principals[capability] === undefined)
    return { kind: "lacking", why: `Keymend is deployed without the capability ${capability}, which writes it` };
  // It is Keymend's own: nobody's change is undone by it.
  if (isArming(step, settings) && MODES.indexOf(mode) >= MODES.indexOf(settings.armFrom)) return { kind: "allow" };
  const isAsked = mode === "approve" ? ["mode approve: every plan waits for a person"] : [];
  const doubts = [...isAsked, ...doubtsAbout(step, served, facts, settings, callers)];
  // Who decides is to know all that speaks against it.
  return doubts.length > 0 ? { kind: "ask", why: doubts.join("; ") } : { kind: "allow" };
}
