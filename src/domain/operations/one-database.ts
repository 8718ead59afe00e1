/** What operations share that move one database to another key or identity: what it has to be like before, and how it is known to be there. */
import { accessOf, grantStateOf } from "../access/key-access.ts";
import type { Grantee } from "../access/access.ts";
import { isUnder, sameId } from "../arm-id.ts";
import { isAtRest } from "../databases/at-rest.ts";
import { databasesIn } from "../databases/guests.ts";
import { atHome, comesFromVault } from "../databases/home.ts";
import { verdictOf } from "../databases/index.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import { REVALIDATION_WINDOW_MS } from "../databases/rules.ts";
import { writeDefault } from "../databases/default-identity.ts";
import type { Facts, TargetFacts } from "../facts.ts";
import { whyNoGrant } from "../mending/grants.ts";
import type { RequirementName } from "../requirement.ts";
import type { Before, Requirement } from "../wish.ts";
import { say } from "../steps/az.ts";
import { keyRequirements, standsInTheWay, vaultRequirements } from "./requirements.ts";
import { HEAL_FIRST, met, OUT_OF_SIGHT, requirement } from "./rows.ts";
import type { Reached, View } from "./spec.ts";

export type OneDatabase = { databaseId: string };

export type Databases = Pick<Facts, "targets" | "guests">;

export const databaseOf = ({ databaseId }: OneDatabase, facts: Databases): TargetFacts | undefined =>
  databasesIn(facts).find(({ id }) => sameId(id, databaseId));

export const concernsOne = (params: OneDatabase, facts: Databases): string[] => {
  const target = databaseOf(params, facts);
  return target ? [target.id] : [];
};

export function beforeOf(params: OneDatabase, facts: Facts): Before | undefined {
  const target = databaseOf(params, facts);
  if (!target) return undefined;
  const { keyUri, defaultIdentity } = target;
  const isNamed = defaultIdentity.form !== "undefined" && defaultIdentity.form !== "unknown";
  return { keyUri, defaultIdentity: isNamed ? writeDefault(defaultIdentity) : "" };
}

const sayChanging = ({ name, service }: TargetFacts): string => `${name} is being changed (${service.provisioningState})`;

const OF_HOME: readonly RequirementName[] = ["vault", "key", "key in use", "key enabled", "key valid now"];

/** No cause is looked for in a guest, which the vault that it is to come to is not judged by: the key that it has still is looked at. */
function whyIllAtHome(target: TargetFacts, facts: Facts): string | undefined {
  if (!comesFromVault(facts, target)) return undefined;
  const home = atHome(facts, target);
  const all = [...vaultRequirements(home), ...keyRequirements(home, target)];
  const unmet = all.find((one) => OF_HOME.includes(one.name) && standsInTheWay(one));
  return unmet && `where ${target.name} has its key, ${unmet.name}: ${unmet.detail}`;
}

/** Well by the way to its key, as Keymend reads it, and by the service's own word. */
function whyIll(target: TargetFacts, { diagnosis, facts }: View): string | undefined {
  const findings = diagnosis.targets.filter(({ id }) => sameId(id, target.id)).flatMap((seen) => seen.findings);
  const finding = findings.find(({ evidence }) => evidence.effect !== "willBreak");
  if (finding) return `${target.name}: ${finding.evidence.facts.join("; ")}`;
  const atHomeIs = whyIllAtHome(target, facts);
  if (atHomeIs !== undefined) return atHomeIs;
  if (verdictOf(target) !== "healthy") return `the service does not confirm that ${target.name} has its key`;
  return isAtRest(target) ? undefined : sayChanging(target);
}

export const DATABASE_ASKS = ["database", "database is well"] as const;

const NAME_ANOTHER = say(
  "GET /api/targets has those that Keymend sees: name one of them, or let it watch the subscription too (docs/deploy.md, More subscriptions)",
);

export function foundDatabase(params: OneDatabase, facts: Facts): Requirement {
  const target = databaseOf(params, facts);
  if (target) return met("database", `${target.name} is there`);
  const isUnread = facts.missing.some(({ id }) => sameId(id, params.databaseId));
  if (isUnread) return requirement("database", "unknown", `${params.databaseId} could not be read`, OUT_OF_SIGHT);
  return requirement("database", "unmet", `${params.databaseId} was not found with a key that Keymend can see`, NAME_ANOTHER);
}

/** Nothing is begun before it is well. isBegun: what happens to it afterwards is no reason to stop half way. */
export function databaseRequirements(params: OneDatabase, view: View, isBegun: boolean): Requirement[] {
  const target = databaseOf(params, view.facts);
  if (!target) return [foundDatabase(params, view.facts)];
  // It may be the operation's own write, of which no answer came: nothing is written until that is over, and what it is then is looked at then.
  const why = isAtRest(target) ? whyIll(target, view) : `${sayChanging(target)}: that is waited for`;
  const detail = why ?? `${target.name} reaches its key, and the service confirms it`;
  const isWell = why === undefined || isBegun || !isAtRest(target);
  return [foundDatabase(params, view.facts), requirement("database is well", isWell, detail, HEAL_FIRST)];
}

/** Of a grant that is not there: the operation makes it, unless somebody denies it. target: as it would be. */
export const withOwnGrant = (all: readonly Requirement[], facts: Facts, target: TargetFacts, grantee: Grantee): Requirement[] =>
  all.map((one) => {
    const isOwn = one.name === "grant" && one.state === "unmet" && whyNoGrant(facts, target, grantee) === undefined;
    return isOwn ? { ...one, ownWork: true } : one;
  });

/** Whether a grant is made that its database may not count on yet. stood: as it would be. */
export const isGranting = (facts: Facts, stood: TargetFacts, principalId: string | null | undefined): boolean =>
  !!principalId && grantStateOf(facts, stood, principalId) === "settling";

type Going = { isThere: boolean; isSettling: boolean; what: string };

/** isThere: whether it names what is wanted. The service's word counts once it has had a whole check of its own since. */
export function reachedBy(params: OneDatabase, view: View, { isThere, isSettling, what }: Going): Reached {
  const target = databaseOf(params, view.facts);
  const waits = isSettling ? ", once the grant has had the ten minutes that it may take to reach the vault" : "";
  if (!target || !isThere) return { done: false, detail: `${target?.name ?? params.databaseId} is to be moved to ${what}${waits}` };
  const why = whyIll(target, view);
  if (why !== undefined) return { done: false, detail: `moved to ${what}; ${why}` };
  return {
    done: true,
    detail: `${target.name} uses ${what}, and the service confirms that it has its key`,
    holdsMs: REVALIDATION_WINDOW_MS,
  };
}

/** Role assignments by which a principal reaches the database's key, made at this vault or below; null where access policies decide. */
export function grantsOf(facts: Facts, target: TargetFacts, principalId: string): string[] | null {
  const access = accessOf(facts, target, principalId);
  if (access?.state !== "judged" || access.model === "policies") return null;
  // Access is judged only where there is a live vault.
  const vaultId = liveVaultOf(facts)!.id;
  return access.assignments
    .filter((one) => one.principalId.toLowerCase() === principalId.toLowerCase() && isUnder(vaultId, one.scope))
    .map(({ id }) => id);
}
