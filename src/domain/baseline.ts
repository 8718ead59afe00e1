/** Last known good of a vault: when a look may become one, and what of it is remembered. */
import { normalId, sameId } from "./arm-id.ts";
import type { Diagnosis } from "./cause.ts";
import { userAssigned } from "./databases/default-identity.ts";
import type { Baseline, Facts, LiveVault, TargetFacts } from "./facts.ts";
import type { Incident } from "./incident.ts";
import type { Plan } from "./steps/step.ts";

type Look = { facts: Facts; diagnosis: Diagnosis; plan: Plan; incident: Incident | null };

/** A path that works is a good baseline even where it will break at a known time; one around which something is missing is not. */
export function isBaseline({ diagnosis, facts, plan, incident }: Look): boolean {
  const works = diagnosis.targets.length > 0 && diagnosis.targets.every(({ phase }) => phase === "healthy" || phase === "atRisk");
  // After trouble the service's own word is needed, not its silence.
  const isConfirmed = incident === null || diagnosis.targets.every(({ service }) => service.verdict === "healthy");
  return works && isConfirmed && facts.missing.length === 0 && plan.steps.every(({ causes }) => causes.length > 0);
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

/** What is remembered of a look that `isBaseline` lets become one. */
export function baselineOf(facts: Facts, vault: LiveVault): Baseline {
  const assignments = facts.access.flatMap((access) => (access.state === "read" ? access.assignments : []));
  return {
    at: facts.at,
    assignments: assignments.filter((assignment, i) => assignments.findIndex((other) => other.id === assignment.id) === i),
    policies: vault.policies,
    permissionModel: vault.permissionModel,
    network: vault.network,
    sku: vault.sku,
    eventSubscriptions: facts.eventSubscriptions,
    defaultIdentities: {
      ...rememberedLenders(facts),
      ...Object.fromEntries(facts.targets.map((target) => [normalId(target.id), storedDefault(target)])),
    },
    principals: Object.fromEntries(
      facts.identities.flatMap((identity) => (identity.state === "live" ? [[normalId(identity.id), identity.principalId]] : [])),
    ),
  };
}
