/**
 * What may be done without asking: mode, tags, intent, the causes' defaults. Unreadable or ambiguous always means the
 * narrower answer. A deliberate revocation is never undone.
 */
import { sameId } from "../arm-id.ts";
import { rememberedDefault } from "../databases/default-identity.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import type { RefusalReason } from "../incident.ts";
import { principalIn } from "../databases/key-path.ts";
import { parseKeyUri } from "../key-uri.ts";
import type { Mode, Settings } from "../settings.ts";
import { stepSpecs } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";

export const REVOKED_TAG = "keymend:revoked";
export const MODE_TAG = "keymend:mode";

export type Verdict =
  | { kind: "allow" }
  | { kind: "ask"; why: string }
  | { kind: "observe" }
  | { kind: "refuse"; reason: RefusalReason; why: string };

const MODES: readonly Mode[] = ["observe", "approve", "heal"];
const narrower = (a: Mode, b: Mode): Mode => (MODES.indexOf(a) < MODES.indexOf(b) ? a : b);

/** Tag names compare without case (Microsoft Learn, "Use tags to organize your Azure resources"). */
function tag(tags: Record<string, string>, name: string): string | undefined {
  const key = Object.keys(tags).find((k) => k.trim().toLowerCase() === name);
  return key === undefined ? undefined : tags[key];
}

/** The mode for one database: its tag narrows the configured mode, never widens it; a word that is no mode narrows to observe. */
export function modeOf(target: TargetFacts, settings: Settings): Mode {
  const wish = tag(target.tags, MODE_TAG)?.trim().toLowerCase();
  if (wish === undefined) return settings.mode;
  return narrower(settings.mode, MODES.find((mode) => mode === wish) ?? "observe");
}

/** What says that access to this database was taken away on purpose; undefined where nothing does. */
export function revokedOnPurpose(facts: Facts, target: TargetFacts): string | undefined {
  if (tag(target.tags, REVOKED_TAG) !== undefined) return `database ${target.name}`;
  const { vault } = facts;
  if (vault && "tags" in vault && tag(vault.tags, REVOKED_TAG) !== undefined) return `vault ${vault.name}`;
  const keyName = target.keyUri === null ? null : parseKeyUri(target.keyUri).key;
  const key = facts.keys.find((k) => k.name.toLowerCase() === keyName?.toLowerCase());
  return key && "tags" in key && tag(key.tags, REVOKED_TAG) !== undefined ? `key ${key.name}` : undefined;
}

/** A shared write (vault, key, grant) acts on every database it serves: the narrowest of their modes counts. */
const modeForStep = (served: readonly TargetFacts[], settings: Settings): Mode =>
  served.length === 0 ? "observe" : served.map((target) => modeOf(target, settings)).reduce(narrower);

/** The database has named another identity since it was last healthy: a grant would then go to one that never had the key. */
function hasOtherIdentity(target: TargetFacts, { baseline }: Facts): boolean {
  const before = rememberedDefault(target, baseline);
  const now = target.defaultIdentity;
  if (before === undefined || now.form === "undefined") return false;
  return before.form !== now.form || (before.form === "user" && now.form === "user" && !sameId(before.id, now.id));
}

/** An identity made anew under its old name is another principal: whoever may make identities is not to be handed a key by that. */
function identityMadeAnew({ params }: Step, { identities, baseline }: Facts): string | undefined {
  if (!("principalId" in params) || params.principalId === null) return undefined;
  const { principalId } = params;
  const identity = identities.find((one) => one.state === "live" && one.principalId.toLowerCase() === principalId.toLowerCase());
  const before = identity && Object.entries(baseline?.principals ?? {}).find(([id]) => sameId(id, identity.id))?.[1];
  return before === undefined || before.toLowerCase() === principalId.toLowerCase() ? undefined : identity?.id;
}

/** What a person should look at before anything is written by itself; undefined where nothing is doubtful. */
function doubtAbout(
  step: Step,
  served: readonly TargetFacts[],
  facts: Facts,
  settings: Settings,
  callers: readonly string[],
): string | undefined {
  if (facts.missing.some(({ state }) => state !== "gone") || facts.keys.some((key) => key.state === "unreadable"))
    return "not everything on this vault could be read, so a tag that forbids the repair may be hidden";
  const isGrant = stepSpecs[step.name].grants !== null;
  const other = isGrant ? served.find((target) => hasOtherIdentity(target, facts)) : undefined;
  if (other) return `${other.name} uses another identity than when it was last healthy`;
  const anew = isGrant ? identityMadeAnew(step, facts) : undefined;
  if (anew !== undefined) return `identity ${anew} was made anew since the vault was last healthy, and is another principal now`;
  const isPrivileged = (caller: string): boolean => settings.privilegedCallers.some((one) => one.toLowerCase() === caller.toLowerCase());
  const privileged = callers.find(isPrivileged);
  if (privileged !== undefined) return `${privileged} made the change, whose changes count as meant`;
  return settings.privilegedCallers.length > 0 && callers.length === 0
    ? "nobody is named who made the change, and some people's changes count as meant"
    : undefined;
}

/** Databases that a write would bring back besides those it is made for: they share the key, the grant, or the vault. */
function isTouched({ params }: Step, facts: Facts, target: TargetFacts): boolean {
  if ("key" in params) return target.keyUri !== null && parseKeyUri(target.keyUri).key?.toLowerCase() === params.key.toLowerCase();
  if ("targetId" in params) return sameId(params.targetId, target.id);
  if (!("principalId" in params)) return "vaultId" in params;
  const principal = principalIn(facts, target);
  return principal.state === "known" && principal.principalId.toLowerCase() === params.principalId?.toLowerCase();
}

/** callers: object ids behind this incident's signals. */
export function judgeStep(step: Step, facts: Facts, settings: Settings, callers: readonly string[]): Verdict {
  const served = facts.targets.filter((target) => step.targetIds.some((id) => sameId(id, target.id)));
  // One tagged database is enough: a shared repair would bring it back too.
  const touched = facts.targets.filter((target) => served.includes(target) || isTouched(step, facts, target));
  const meant = touched.map((target) => revokedOnPurpose(facts, target)).find((what) => what !== undefined);
  if (meant !== undefined) return { kind: "refuse", reason: "RevokedOnPurpose", why: `${meant} is tagged ${REVOKED_TAG}` };
  const mode = modeForStep(served, settings);
  if (mode === "observe") return { kind: "observe" };
  if (mode === "approve") return { kind: "ask", why: "mode approve: every plan waits for a person" };
  if (step.needs === "approval") return { kind: "ask", why: `${step.causes.join(", ")} is repaired only when a person agrees` };
  const doubt = doubtAbout(step, served, facts, settings, callers);
  if (doubt !== undefined) return { kind: "ask", why: doubt };
  return { kind: "allow" };
}
