/** How a diagnosis and its plan read in the operations API: what is promised to others, not what the rules pass on among themselves. */
import type * as v from "valibot";
import type { DIAGNOSIS } from "../api/answers.ts";
import type { Diagnosis } from "../domain/cause.ts";
import type { Patient } from "../domain/facts.ts";
import type { Plan } from "../domain/plan.ts";

export const viewDiagnosis = (patient: Patient, { at, targets }: Diagnosis, { steps, blocks }: Plan): v.InferOutput<typeof DIAGNOSIS> => ({
  vaultId: patient.id,
  at,
  targets: targets.map(({ findings, ...target }) => ({
    ...target,
    findings: findings.map(({ code, evidence: { values: _, ...evidence } }) => ({ code, evidence })),
  })),
  plan: { steps: steps.map(({ wish: _, ...step }) => step), blocks },
});
