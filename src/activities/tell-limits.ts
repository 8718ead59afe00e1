/** Says in the log what Keymend can't do for a vault, which is no incident: what it can't judge, and that no event of it would arrive. */
import type { Diagnosis } from "../domain/cause.ts";
import type { Facts, Patient } from "../domain/facts.ts";
import type { Unarmed, unarmedAfter } from "../domain/turn/unarmed.ts";
import type { Log } from "../log.ts";

export type Told = {
  /** The digest of what was last told that Keymend can't judge. */
  readinessTold: (patient: Patient) => Promise<string | undefined>;
  keepReadinessTold: (patient: Patient, digest: string) => Promise<void>;
  /** null: it is armed. */
  keepUnarmed: (patient: Patient, unarmed: Unarmed | null) => Promise<void>;
};

type LimitDeps = { baselines: Told; digest: (value: unknown) => string; log: Log };

export const nameOf = ({ vaultName, id }: Patient): string => vaultName ?? id;

/** What Keymend can't judge is told once, and again when it is another. Kept after it was told: at worst it is told twice. */
export async function tellReadiness({ baselines, digest, log }: LimitDeps, patient: Patient, { targets }: Diagnosis): Promise<void> {
  const limits = targets.flatMap(({ readiness }) => (readiness ? [`${readiness.text}; ${readiness.wants}`] : []));
  if (limits.length === 0) return;
  const all = [...new Set(limits)].toSorted();
  const said = digest(all);
  if ((await baselines.readinessTold(patient)) === said) return;
  log.warn("readiness", { vaultId: patient.id, text: `the service confirms its access, which Keymend can't judge: ${all.join(" · ")}` });
  await baselines.keepReadinessTold(patient, said);
}

/** Told once, and again when it is for another reason. Kept after it was told, as readiness is. */
export async function tellUnarmed(
  { baselines, log }: LimitDeps,
  patient: Patient,
  { unarmedTold }: Facts,
  unarmed: ReturnType<typeof unarmedAfter>,
): Promise<void> {
  const now = typeof unarmed === "string" ? null : unarmed;
  if (unarmed === "unsure" || now?.why === unarmedTold) return;
  const name = nameOf(patient);
  if (now) {
    const text = `${name} is not armed, so only sweeps look at it: ${now.why}`;
    log.warn("notArmed", { vaultId: patient.id, why: now.why, runbook: now.az, text });
  } else if (unarmed === "armed") log.info("armed", { vaultId: patient.id, text: `${name} is armed: its events reach Keymend` });
  await baselines.keepUnarmed(patient, now);
}
