/**
 * Asked and answered: after a write a look shows the old value still (not seen yet: that is waited for), what was asked (good), or something
 * else. Another value than was asked is told at once and not tried again: whatever made it would make it again, or somebody else wants it.
 * What Azure answers to the write itself is compared where it is sent (azure/write-key.ts).
 */
import type { Facts } from "../facts.ts";
import { type AppliedStep, type Incident, type Progress, refusalDetail } from "../incident.ts";
import { stepInShort } from "../short-names.ts";
import { precondition, shownBy } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { toMs } from "../time.ts";

type Written = NonNullable<Progress["written"]>[number];

/** What is remembered of a step right before it is written: nothing where no third value could show. */
export function rememberBefore({ written = [], ...progress }: Progress, step: Step, facts: Facts, at: string): Progress {
  const before = shownBy(step, facts);
  const others = written.filter((one) => one.step.id !== step.id);
  const all = before === undefined ? others : [...others, { step, at, before }];
  return all.length === 0 ? progress : { ...progress, written: all };
}

/** waits: not written yet, or not to be seen yet. over: as it was asked, or not Keymend's any more. */
function judgeAnswer({ step, at, before }: Written, { applied }: Incident, facts: Facts): "waits" | "over" | { otherwise: string } {
  const last = applied.findLast((entry) => entry.id === step.id && toMs(entry.at) >= toMs(at));
  if (!last) return "waits";
  if (last.result !== "done" || precondition(step, facts) === "done") return "over";
  const now = shownBy(step, facts);
  return now === undefined || now === before ? "waits" : { otherwise: now };
}

/** Another value than was asked, as an entry that keeps the step from being tried again. */
function entryOf({ step, before }: Written, now: string, at: string): AppliedStep {
  const { id, name, on, about, targetIds, causes, undo } = step;
  const said = `OtherValue: ${stepInShort(step)} was written over ${before}, and shows as ${now}`;
  const detail = refusalDetail("AnsweredOtherwise", undo === null ? `${said}; it can't be undone` : `${said}; to undo it: ${undo}`);
  return { id, name, on, about, at, result: "refused", detail, targetIds, causes };
}

/** What the look says of earlier writes: what is still to be seen, and what shows as something else. */
export function hearAnswers(
  incident: Incident,
  facts: Facts,
  now: string,
): { left: Written[]; others: { step: Step; entry: AppliedStep }[] } {
  const judged = (incident.progress.written ?? []).map((one) => ({ one, answer: judgeAnswer(one, incident, facts) }));
  return {
    left: judged.flatMap(({ one, answer }) => (answer === "waits" ? [one] : [])),
    others: judged.flatMap(({ one, answer }) =>
      typeof answer === "object" ? [{ step: one.step, entry: entryOf(one, answer.otherwise, now) }] : [],
    ),
  };
}
