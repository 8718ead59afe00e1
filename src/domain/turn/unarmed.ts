/** What is said of a vault whose events do not reach Keymend: it is looked at by each sweep all the same, only later than an event would have it. */
import { armingOf, isArming } from "../arming.ts";
import type { Facts } from "../facts.ts";
import { type Incident, type Next, readRefusal } from "../incident.ts";
import type { Settings } from "../settings.ts";
import { azOf } from "../steps/index.ts";
import type { Plan } from "../plan.ts";
import type { Step } from "../steps/step.ts";
import { judgeStep } from "./policy.ts";
import type { Held } from "./restraint.ts";

/** why: for people. az: what arms it by hand; empty where no command does. */
export type Unarmed = { vaultId: string; why: string; az: string[] };

type Look = { facts: Facts; plan: Plan; settings: Settings; held: Held | null };

const refusalOf = (incident: Incident | null, { id }: Step): string | undefined => {
  const last = incident?.applied.findLast((entry) => entry.id === id);
  return last?.result === "refused" || last?.result === "failed" ? `Azure refused to make one: ${readRefusal(last).what}` : undefined;
};

/** What keeps Keymend from making it; undefined where nothing does. */
function obstacleOf(step: Step, { facts, settings, held }: Look, incident: Incident | null): string | undefined {
  const verdict = judgeStep(step, facts, settings, []);
  if (verdict.kind === "observe") return "in mode observe nothing is written";
  if (verdict.kind !== "allow") return verdict.why;
  return held?.why ?? refusalOf(incident, step);
}

/**
 * incident: what the look has made of it, or the last one. `needless` where nothing depends on the vault any more; `unsure` where it is being
 * made, or nothing can be said of it now.
 */
export function unarmedAfter(look: Look, next: Next, incident: Incident | null): Unarmed | "armed" | "needless" | "unsure" {
  const { facts, plan, settings } = look;
  if (facts.targets.length === 0 && facts.missing.length === 0) return "needless";
  const arming = armingOf(facts, settings);
  if (arming === undefined) return "unsure";
  if (arming.state === "armed") return "armed";
  const vaultId = facts.vault!.id!;
  const step = plan.steps.find((one) => isArming(one, settings));
  if (!step) return { vaultId, why: arming.why, az: [] };
  const obstacle = next.do === "step" ? undefined : obstacleOf(step, look, incident);
  return obstacle === undefined ? "unsure" : { vaultId, why: `${arming.why}: ${obstacle}`, az: azOf(step) };
}
