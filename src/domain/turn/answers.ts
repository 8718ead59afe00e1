/**
 * Asked and answered: after a write a look shows the old value still (not seen yet: that is waited for), what was asked (good), or something
 * else. Another value than was asked is told at once and not tried again: whatever made it would make it again, or somebody else wants it. So
 * is what stood beside the value and stands otherwise since. It is put back where Azure says that it is what came of Keymend's own write
 * (steps/undo.ts), and stays where it may be somebody else's. What Azure answers to the write itself is compared, and taken back, where it is
 * sent (azure/write-*.ts).
 */
import { sameId } from "../arm-id.ts";
import type { Facts } from "../facts.ts";
import { type AppliedStep, type Incident, type Progress, refusalDetail } from "../incident.ts";
import { stepInShort } from "../short-names.ts";
import { changedBeside } from "../steps/beside.ts";
import { besideOf, precondition, shownBy, touchOf } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { endOf, undoOf } from "../steps/undo.ts";
import { SECOND, toMs } from "../time.ts";

type Written = NonNullable<Progress["written"]>[number];

/**
 * What is remembered of a step right before it is written: nothing where nothing else could show. What stands beside its value may be what
 * another write sets, so of two that wait to be seen neither tells by that.
 */
export function rememberBefore({ written = [], ...progress }: Progress, step: Step, facts: Facts, at: string): Progress {
  const before = shownBy(step, facts);
  const others = written.flatMap(({ beside: _, ...one }) => (one.step.id === step.id ? [] : [one]));
  const beside = others.length === 0 ? besideOf(step, facts) : undefined;
  const remembered = { step, at, ...(before === undefined ? {} : { before }), ...(beside ? { beside } : {}) };
  const all = before === undefined && !beside ? others : [...others, remembered];
  return all.length === 0 ? progress : { ...progress, written: all };
}

/** Of two clocks of Azure's. */
const WITHIN_MS = 5 * SECOND;

/** Azure tells of a vault and of a cluster when it was changed last, and it was after the write: whatever it shows may be somebody else's doing. */
function isChangedSince(step: Step, { vault, targets }: Facts, at: string): boolean {
  const touch = touchOf(step);
  const isVault = touch.what === "vault" || touch.what === "principal";
  const target = touch.what === "database" ? targets.find(({ id }) => sameId(id, touch.targetId)) : undefined;
  const changedOn = isVault && vault?.state === "live" ? vault.changedOn : target?.changedOn;
  return changedOn != null && toMs(changedOn) > toMs(at) + WITHIN_MS;
}

const SHOWN = 10;

function besideSince({ step, beside }: Written, facts: Facts, at: string): string[] {
  const now = beside && besideOf(step, facts);
  return !now || isChangedSince(step, facts, at) ? [] : changedBeside(beside, now);
}

/** waits: not written yet, or not to be seen yet. over: as it was asked, or not Keymend's any more. undone: told, and to be put back. */
type Answer = "waits" | "over" | "undone" | { otherwise: string; last: AppliedStep; isUndone: boolean } | { beside: string[] };

function judgeAnswer(written: Written, incident: Incident, facts: Facts): Answer {
  const { step, before } = written;
  const last = endOf(written, incident);
  if (!last) return "waits";
  const isUndone = undoOf(written, last, facts) !== undefined;
  if (last.result !== "done") return isUndone ? "undone" : "over";
  const now = shownBy(step, facts);
  if (isUndone) return { otherwise: now!, last, isUndone };
  const beside = besideSince(written, facts, last.at);
  if (beside.length > 0) return { beside };
  if (precondition(step, facts) === "done") return "over";
  return now === undefined || now === before ? "waits" : { otherwise: now, last, isUndone };
}

/** Another value than was asked, as an entry that keeps the step from being tried again. */
function entryOf({ step, before }: Written, answer: Exclude<Answer, string>, at: string): AppliedStep {
  const { id, name, on, about, targetIds, causes, undo } = step;
  const words = stepInShort(step);
  const entry = (said: string): AppliedStep => {
    return { id, name, on, about, at, result: "refused", detail: refusalDetail("AnsweredOtherwise", said), targetIds, causes };
  };
  if ("beside" in answer) {
    const { beside } = answer;
    const more = beside.length > SHOWN ? `; and ${beside.length - SHOWN} more` : "";
    return { ...entry(`OtherBeside: since ${words} was written, ${beside.slice(0, SHOWN).join("; ")}${more}`), beside: true };
  }
  const said = `OtherValue: ${words} was written over ${before}, and shows as ${answer.otherwise}`;
  // Its own doing is known by the moment: what comes after this entry still goes by it.
  const { changedOn } = answer.last;
  if (answer.isUndone) return { ...entry(`${said}; nobody has written since, and it is put back`), ...(changedOn && { changedOn }) };
  return entry(undo === null ? `${said}; it can't be undone` : `${said}; to undo it: ${undo}`);
}

const isToUndo = (answer: Answer): boolean =>
  answer === "undone" || (typeof answer === "object" && "isUndone" in answer && answer.isUndone);

/** What the look says of earlier writes: what is still to be seen, and what shows as something else. */
export function hearAnswers(
  incident: Incident,
  facts: Facts,
  now: string,
): { left: Written[]; others: { step: Step; entry: AppliedStep }[] } {
  const judged = (incident.progress.written ?? []).map((one) => ({ one, answer: judgeAnswer(one, incident, facts) }));
  return {
    left: judged.flatMap(({ one, answer }) => (answer === "waits" || isToUndo(answer) ? [one] : [])),
    others: judged.flatMap(({ one, answer }) => (typeof answer === "object" ? [{ step: one.step, entry: entryOf(one, answer, now) }] : [])),
  };
}
