/** How an incident reads in the operations API: what is promised to others, not how it is stored. */
import type * as v from "valibot";
import type { INCIDENT, INCIDENT_SUMMARY, PLAN } from "../api/answers.ts";
import type { Incident, PlannedStep } from "../domain/incident.ts";
import { fixedAt, troubleAt } from "../domain/turn/fix.ts";

/** only: of which steps; by default of all. */
export const viewPlan = (plan: Incident["plan"], only: (step: PlannedStep) => boolean = () => true): v.InferOutput<typeof PLAN> | null =>
  plan && {
    hash: plan.hash,
    steps: plan.steps.filter(only).map(({ id, name, on, about, permission, state, why, needs, undo, az, wish }) => ({
      id,
      name,
      on,
      about: about ?? null,
      permission,
      state,
      why: why ?? null,
      needs,
      undo,
      az,
      ...(wish && { operationId: wish }),
    })),
  };

export function viewIncident(incident: Incident): v.InferOutput<typeof INCIDENT> {
  return {
    id: incident.id,
    vaultId: incident.vaultId,
    openedAt: incident.openedAt,
    closedAt: incident.closedAt,
    since: troubleAt(incident),
    fixedAt: fixedAt(incident),
    state: incident.state,
    outcome: incident.outcome,
    reason: incident.reason,
    detail: incident.detail,
    causes: incident.causes,
    targets: incident.targets.map(({ id, kind, phase, phaseBefore, serviceSays, outcome, reason, detail }) => ({
      id,
      kind,
      phase,
      phaseBefore,
      serviceSays,
      outcome,
      reason,
      detail,
    })),
    plan: viewPlan(incident.plan),
    applied: incident.applied.map(({ name, on, about, at, result, detail, targetIds, requests }) => ({
      name,
      on,
      about: about ?? null,
      at,
      result,
      detail,
      targetIds,
      requests: requests ?? [],
    })),
    decision: incident.decision,
    nextLookAt: incident.nextLookAt,
    tickets: (incident.tickets ?? []).map(({ name, subscriptionId, targetIds, state, since, number, detail }) => ({
      name,
      subscriptionId,
      targetIds,
      state,
      since,
      number,
      detail,
    })),
    runbook: incident.runbook,
    timeline: incident.timeline,
    audit: incident.audit ?? null,
  };
}

/** The list's form: enough to choose one. */
export function summarizeIncident(incident: Incident): v.InferOutput<typeof INCIDENT_SUMMARY> {
  const { id, vaultId, openedAt, closedAt, state, outcome, reason, detail, nextLookAt } = incident;
  return {
    id,
    vaultId,
    openedAt,
    closedAt,
    since: troubleAt(incident),
    fixedAt: fixedAt(incident),
    state,
    outcome,
    reason,
    detail,
    nextLookAt,
    causes: incident.causes.map((cause) => cause.code),
    targets: incident.targets.map((target) => target.id),
  };
}
