/**
 * Carries out one step: rechecks its precondition on facts read just now, submits it, writes down before and after.
 * Permission: the step's own (domain/steps). The intent is in the audit before the write; a failed audit write stops the step.
 */
import { precondition } from "../domain/steps/index.ts";
import type { Step, StepDraft } from "../domain/steps/step.ts";
import type { AppliedStep, Incident } from "../domain/incident.ts";
import type { Patient } from "../domain/facts.ts";
import type { Settings } from "../domain/settings.ts";
import { judgeStep } from "../domain/policy.ts";
import type { Log } from "../log.ts";
import type { AuditLog, Incidents } from "./assess.ts";
import type { GatherFacts } from "./gather-facts.ts";
import { type Again, orAgain } from "./results.ts";

export type ApplyInput = { patient: Patient; incidentId: string; step: Step; turn: number };

export type WriteResult =
  | { kind: "done"; detail: string }
  /** poller: where to ask how it went. */
  | { kind: "submitted"; poller: string }
  | { kind: "refused"; reason: string; code: string; detail: string };

export type StepWriter = { submit: (step: StepDraft) => Promise<WriteResult> };

export type ApplyResult = { kind: "submitted"; poller: string } | { kind: "settled"; result: AppliedStep["result"] } | Again;

export type ApplyDeps = {
  gatherFacts: GatherFacts;
  writer: StepWriter;
  incidents: Incidents;
  audit: AuditLog;
  /** Counts extensions of a key version's expiry. */
  countExtension: (patient: Patient, keyVersion: string) => Promise<void>;
  settings: Settings;
  now: () => Date;
  log: Log;
};

/** Records how a step went, on the incident and in the audit; the same turn records it once. */
export async function recordStep(
  deps: Pick<ApplyDeps, "incidents" | "audit" | "now" | "log">,
  { patient, incidentId, step, turn }: ApplyInput,
  result: AppliedStep["result"],
  detail: string,
): Promise<void> {
  const at = deps.now().toISOString();
  const loaded = await deps.incidents.load(patient.id, incidentId);
  if (!loaded) throw new Error(`incident ${incidentId} of ${patient.id} is gone`);
  const what = `${step.name} on ${step.on}: ${result}${detail === "" ? "" : ` (${detail})`}`;
  await deps.audit.append(incidentId, [
    { entryId: `${turn}-step-${result}`, kind: "step", what, data: { step, result, detail }, at, actor: "keymend" },
  ]);
  const entry: AppliedStep = { id: step.id, name: step.name, on: step.on, at, result, detail, targetIds: step.targetIds };
  const before = loaded.incident.applied.at(-1);
  const twice = before?.id === entry.id && before.result === result && loaded.incident.timeline.at(-1)?.what === what;
  if (!twice) await deps.incidents.save(withStep(loaded.incident, entry, what, at), loaded.etag);
  deps.log.info("step", { incidentId, vaultId: patient.id, step: step.name, result, text: what });
}

const withStep = (incident: Incident, entry: AppliedStep, what: string, at: string): Incident => ({
  ...incident,
  applied: [...incident.applied, entry],
  timeline: [...incident.timeline, { at, what }],
  progress: { ...incident.progress, looks: 0 },
  plan: incident.plan && {
    ...incident.plan,
    steps: incident.plan.steps.map((step) =>
      step.id === entry.id ? { ...step, state: entry.result === "refused" ? "refused" : "applied" } : step,
    ),
  },
});

async function apply(deps: ApplyDeps, input: ApplyInput): Promise<ApplyResult> {
  const { patient, incidentId, step, turn } = input;
  const loaded = await deps.incidents.load(patient.id, incidentId);
  if (!loaded) throw new Error(`incident ${incidentId} of ${patient.id} is gone`);
  const facts = await deps.gatherFacts(patient, loaded.incident.targets);
  // Intent may have changed since the plan: a tag set a second ago counts.
  const verdict = judgeStep(step, facts, deps.settings, loaded.incident.callers);
  if (verdict.kind === "refuse" || verdict.kind === "observe") return { kind: "settled", result: "stale" };
  const state = precondition(step, facts);
  if (typeof state === "object") {
    await recordStep(deps, input, "stale", state.stale);
    return { kind: "settled", result: "stale" };
  }
  if (state === "done") {
    await recordStep(deps, input, "alreadyDone", "it is so already");
    return { kind: "settled", result: "alreadyDone" };
  }
  const at = deps.now().toISOString();
  const intent = `${step.name} on ${step.on}`;
  await deps.audit.append(incidentId, [
    { entryId: `${turn}-step-intent`, kind: "step", what: `about to write: ${intent}`, data: { step }, at, actor: "keymend" },
  ]);
  deps.log.info("write", { incidentId, vaultId: patient.id, step: step.name, text: `${intent} — for ${step.causes.join(", ")}` });
  const written = await deps.writer.submit(step);
  if (written.kind === "submitted") return { kind: "submitted", poller: written.poller };
  if (written.kind === "refused") {
    await recordStep(deps, input, "refused", `${written.reason}: ${written.code}: ${written.detail}`);
    return { kind: "settled", result: "refused" };
  }
  await settle(deps, input, written.detail);
  return { kind: "settled", result: "done" };
}

/** After a write that Azure carried out. */
export async function settle(
  deps: Pick<ApplyDeps, "incidents" | "audit" | "now" | "log" | "countExtension">,
  input: ApplyInput,
  detail: string,
): Promise<void> {
  await recordStep(deps, input, "done", detail);
  if (input.step.name === "ExtendKeyExpiry") {
    const { vaultUri, key, version } = input.step.params;
    await deps.countExtension(input.patient, `${new URL(vaultUri).hostname.split(".")[0]}/${key}/${version}`.toLowerCase());
  }
}

export const createApplyStep =
  (deps: ApplyDeps) =>
  (input: ApplyInput): Promise<ApplyResult> =>
    orAgain(() => apply(deps, input));
