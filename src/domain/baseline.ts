/** Last known good of a vault: when a look may become one, and what of it is remembered. */
import { holderOf } from "./access/known-good.ts";
import { normalId, sameId } from "./arm-id.ts";
import type { Diagnosis, TargetDiagnosis } from "./cause.ts";
import { userAssigned } from "./databases/default-identity.ts";
import type { Baseline, Facts, LiveVault, TargetFacts } from "./facts.ts";
import type { Incident } from "./incident.ts";
import type { Plan } from "./plan.ts";
import type { Step } from "./steps/step.ts";

type Look = { facts: Facts; diagnosis: Pick<Diagnosis, "targets">; plan: Plan; incident: Incident | null };

const works = ({ phase }: TargetDiagnosis): boolean => phase === "healthy" || phase === "atRisk";

/** Whether the database was well on this vault before. The trouble of one that never was is its own. */
const isKnown = (id: string, { baseline }: Facts): boolean => Object.keys(baseline?.defaultIdentities ?? {}).some((one) => sameId(one, id));

/** A step that no cause asks for puts back what was there, which must not be forgotten before; but an event subscription may be a new one. */
function putsBack({ name, params, causes, wish }: Step, { baseline }: Facts): boolean {
  // What only a wish asks for was not there before.
  if (wish !== undefined) return false;
  if (causes.length > 0 || name !== "RestoreEventSubscription") return causes.length === 0;
  const before = baseline?.eventSubscriptions ?? [];
  return before.some((one) => sameId(one.topicId, params.topicId) && one.name.toLowerCase() === params.name.toLowerCase());
}

/** A path that works is a good baseline even where it will break at a known time; one around which something is missing is not. */
export function isBaseline({ diagnosis, facts, plan, incident }: Look): boolean {
  const working = diagnosis.targets.filter(works);
  const isWhole = working.length > 0 && diagnosis.targets.every((target) => works(target) || !isKnown(target.id, facts));
  // After trouble the service's own word is needed, not its silence.
  const isConfirmed = incident === null || working.every(({ service }) => service.verdict === "healthy");
  return isWhole && isConfirmed && facts.missing.length === 0 && !plan.steps.some((step) => putsBack(step, facts));
}

/** As Azure spells them. With one that names nobody, or that is federated, no database is ever found healthy. */
const STORED = { system: "SystemAssignedIdentity", firstParty: "FirstPartyIdentity", undefined: "Undefined", unknown: "Undefined" };

function storedDefault({ kind, defaultIdentity }: TargetFacts): string {
  if (defaultIdentity.form !== "user") return STORED[defaultIdentity.form];
  return kind === "cluster" ? defaultIdentity.id : userAssigned(defaultIdentity.id);
}

/**
 * Of a baseline that is about to be replaced: what lenders used that are not on this vault any more. Without it nobody would know, once
 * the source is deleted, whose identity a restored account uses.
 */
function rememberedLenders({ targets, baseline }: Facts): Record<string, string> {
  const known = new Set(targets.map(({ id }) => normalId(id)));
  const borrowed = targets.flatMap(({ restoredFrom, defaultIdentity }) =>
    restoredFrom !== null && defaultIdentity.form === "user" ? [userAssigned(defaultIdentity.id)] : [],
  );
  const lenders = Object.entries(baseline?.defaultIdentities ?? {}).filter(
    ([id, raw]) => !known.has(normalId(id)) && borrowed.some((one) => sameId(one, raw)),
  );
  return Object.fromEntries(lenders);
}

/**
 * What is remembered of a look that `isBaseline` lets become one. isRecovered: the vault or a key of it was deleted in this incident; what
 * was held around it before is not forgotten until that is over.
 */
export function baselineOf(facts: Facts, { targets }: Pick<Diagnosis, "targets">, vault: LiveVault, isRecovered = false): Baseline {
  // One without a key has had access to none.
  const well = facts.targets.filter(({ id, keyUri }) => keyUri !== null && targets.some((seen) => sameId(seen.id, id) && works(seen)));
  const assignments = facts.access.flatMap((access) => (access.state === "read" ? access.assignments : []));
  const held = isRecovered ? facts.baseline?.held : (facts.held ?? facts.baseline?.held);
  return {
    at: facts.at,
    vaultId: vault.id,
    ...(held ? { held } : {}),
    assignments: assignments.filter((assignment, i) => assignments.findIndex((other) => other.id === assignment.id) === i),
    policies: vault.policies,
    permissionModel: vault.permissionModel,
    network: vault.network,
    sku: vault.sku,
    eventSubscriptions: facts.eventSubscriptions,
    defaultIdentities: {
      ...rememberedLenders(facts),
      ...Object.fromEntries(well.map((target) => [normalId(target.id), storedDefault(target)])),
    },
    holders: Object.fromEntries(
      well.flatMap((target) => {
        const holder = holderOf(facts, target);
        return holder ? [[normalId(target.id), holder]] : [];
      }),
    ),
    principals: Object.fromEntries(
      facts.identities.flatMap((identity) => (identity.state === "live" ? [[normalId(identity.id), identity.principalId]] : [])),
    ),
  };
}
