/** What is to be asked of which log before a turn is decided, so that one decision has all there is to know. */
import { type LogQuestion, questionToLog } from "./activity-log.ts";
import { type KeyLogQuestion, questionToKeyLog } from "./key-log.ts";
import type { Asking } from "./logs.ts";
import { followLosses } from "./losses.ts";
import { hear, type TurnInput } from "./record.ts";

export type LogQuestions = { activity?: LogQuestion | undefined; keys?: KeyLogQuestion | undefined };

type Given = Pick<TurnInput, "incident" | "signals" | "plan" | "facts" | "diagnosis" | "settings" | "now">;

/** By what the turn will know of authors and losses: whom an event names, or what is seen only now, needs no log. */
export function questionsOf({ incident, plan, ...look }: Given): LogQuestions {
  // What the first look of all finds was seen just now, and of that no log can be whole.
  if (!incident) return {};
  const heard = hear(incident, look.signals, look.settings);
  const { losses } = followLosses(heard, look);
  const asking: Asking = { ...look, incident: { ...heard, progress: { ...heard.progress, losses } }, steps: plan.steps };
  return { activity: questionToLog(asking), keys: questionToKeyLog(asking) };
}
