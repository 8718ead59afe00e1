/** Turns for tests: small, valid inputs; a test names only what matters to it. */
import type { Diagnosis, Finding, TargetDiagnosis } from "../../src/domain/cause.ts";
import { causeOf } from "../../src/domain/causes/index.ts";
import type { Decision, Incident } from "../../src/domain/incident.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { Plan, PlanBlock } from "../../src/domain/plan.ts";
import type { Step } from "../../src/domain/steps/step.ts";
import { toIso, toMs, MINUTE } from "../../src/domain/time.ts";
import type { TurnInput } from "../../src/domain/turn/record.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { ACCOUNT_ID, NOW, someFacts, someSettings, V1, VAULT_ID } from "./builders.ts";

/** Minutes after the start. */
export const after = (minutes: number): string => toIso(toMs(NOW) + minutes * MINUTE);

export const PATIENT = { id: VAULT_ID, kind: "vault" as const, vaultName: "kv-orders" };

export const finding = (code: Finding["code"] = "AccessMissing"): Finding => ({
  code,
  evidence: { effect: "broken", facts: [`${code} because`], values: {} },
});

export const seen = (over: Partial<TargetDiagnosis> = {}): TargetDiagnosis => ({
  id: ACCOUNT_ID,
  kind: "account",
  phase: "inGrace",
  findings: [finding()],
  service: { verdict: "healthy", says: "Access to the configured customer managed key confirmed." },
  contradictions: [],
  ...over,
});
export const healthy = (over: Partial<TargetDiagnosis> = {}): TargetDiagnosis => seen({ phase: "healthy", findings: [], ...over });
export const recovering = (): TargetDiagnosis => seen({ phase: "recovering", findings: [finding("Revalidating")] });

type Purpose = Pick<Step, "id" | "on" | "causes" | "targetIds" | "needs" | "ready">;

export const aStep = (over: Partial<Purpose> = {}): Step => ({
  name: "EnableKeyVersion",
  params: { vaultId: VAULT_ID, vaultUri: "https://kv-orders.vault.azure.net", key: "cmk", version: V1 },
  id: "step-1",
  on: "https://kv-orders.vault.azure.net/keys/cmk/1",
  causes: ["AccessMissing"],
  targetIds: [ACCOUNT_ID],
  permission: "keys/update",
  about: null,
  undo: null,
  needs: "nothing",
  ready: true,
  ...over,
});

export const aBlock = (over: Partial<PlanBlock> = {}): PlanBlock => ({
  cause: "KeyGone",
  targetIds: [ACCOUNT_ID],
  kind: "unrecoverable",
  reason: "nobody can",
  advice: [],
  ...over,
});

export const planOf = (...steps: Step[]): Plan => ({ steps, blocks: [] });
export const blocked = (...blocks: PlanBlock[]): Plan => ({ steps: [], blocks });

export const aSignal = (over: Partial<Signal> = {}): Signal => ({
  id: "e1",
  source: "event",
  what: "Microsoft.Authorization/roleAssignments/delete",
  at: NOW,
  scope: { kind: "vault", id: VAULT_ID },
  caller: null,
  ...over,
});

export const aDecision = (over: Partial<Decision> = {}): Decision => ({
  id: "d1",
  incidentId: "i1",
  at: NOW,
  planHash: "h1",
  steps: ["step-1"],
  questions: { "step-1": "h1" },
  decision: "approve",
  reason: "fine",
  by: "ada",
  ...over,
});

export const turnInput = (over: Partial<TurnInput> = {}): TurnInput => ({
  now: NOW,
  turn: 0,
  patient: PATIENT,
  incident: null,
  previous: null,
  newId: "i1",
  signals: [aSignal()],
  decisions: [],
  facts: someFacts(),
  factsDigest: "digest",
  ...diagnosisOf(seen()),
  plan: planOf(aStep()),
  digest: () => "h1",
  settings: someSettings(),
  held: null,
  ...over,
});

const madeBy: Diagnosis["madeBy"] = (cause) => causeOf(cause).madeBy;

export const diagnosisOf = (...targets: TargetDiagnosis[]) => ({ diagnosis: { at: NOW, targets, madeBy } });

/** One turn after the other, each on the incident that the one before left. `change` is what happened to it in between. */
export function turns(...inputs: (Partial<TurnInput> & { change?: Partial<Incident> })[]) {
  let incident: Incident | null = null;
  const all = inputs.map(({ change, ...input }, turn) => {
    const result = decideTurn(turnInput({ turn, incident: incident && { ...incident, ...change }, ...input }));
    incident = result.incident;
    return result;
  });
  return all.at(-1)!;
}

/** What applyStep leaves on the incident. */
export const applied = (over: Partial<Incident["applied"][number]> = {}): Partial<Incident> => ({
  applied: [{ id: "step-1", name: "EnableKeyVersion", on: "x", at: NOW, result: "done", detail: "", targetIds: [ACCOUNT_ID], ...over }],
});
