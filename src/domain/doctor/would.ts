/** What Keymend would do about a database in mode heal, by its own policy, and the lines that a person can run instead. */
import type { CauseCode } from "../cause-code.ts";
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import type { Plan } from "../plan.ts";
import type { Settings } from "../settings.ts";
import { stepInShort } from "../short-names.ts";
import { azOf } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { judgeStep, type Verdict } from "../turn/policy.ts";
import type { Way, Would } from "./finding.ts";

const WAYS: Record<Verdict["kind"], Way> = { allow: "byItself", ask: "asks", observe: "refuses", lacking: "refuses", refuse: "refuses" };

const serves = (id: string) => (one: { targetIds: readonly string[] }) => one.targetIds.some((targetId) => sameId(targetId, id));

function wouldOf(step: Step, facts: Facts, settings: Settings): Would {
  const verdict = judgeStep(step, facts, settings, []);
  const isLater = !step.ready && verdict.kind === "allow";
  const why = isLater ? "once what it rests on is done" : "why" in verdict ? verdict.why : "";
  return { step: stepInShort(step), way: isLater ? "later" : WAYS[verdict.kind], why, undo: step.undo };
}

export function doneFor(id: string, facts: Facts, plan: Plan, settings: Settings): { would: Would[]; tells: string[] } {
  return {
    would: plan.steps.filter(serves(id)).map((step) => wouldOf(step, facts, settings)),
    tells: plan.blocks.filter(serves(id)).map(({ kind, reason }) => `${kind === "wait" ? "waits" : "calls a person"}: ${reason}`),
  };
}

/** In the order in which they are to be run. Where no step mends it: what shows it, and words. */
export function linesFor(cause: CauseCode, id: string, plan: Plan): string[] {
  const steps = plan.steps.filter(serves(id)).filter(({ causes }) => causes.includes(cause));
  const advice = plan.blocks.filter(serves(id)).filter((block) => block.cause === cause);
  return [...new Set([...steps.flatMap(azOf), ...advice.flatMap((block) => block.advice)])];
}
