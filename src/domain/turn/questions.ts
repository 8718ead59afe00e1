/**
 * What a person is asked, and what answers it. A question is kept as it was put: an approval is for that one and serves one write of it;
 * where something else is asked since, or the same anew, it is another question. A no beats any yes to the same step.
 */
import type { Diagnosis } from "../cause.ts";
import type { Decision, Incident, Question } from "../incident.ts";
import { sameId } from "../arm-id.ts";
import type { Settings } from "../settings.ts";
import { isWidening } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { toMs } from "../time.ts";

/** digest: of any JSON value, the same for the same. */
export type Asked = {
  incident: Pick<Incident, "applied" | "progress" | "rejected">;
  decisions: readonly Decision[];
  diagnosis: Diagnosis;
  settings: Settings;
  now: string;
  digest: (value: unknown) => string;
};

const principalOf = ({ params }: Step): string | null => ("principalId" in params ? params.principalId : null);

/** What shows each of its causes, of all databases that it serves. */
function evidenceOf({ causes, targetIds }: Step, { diagnosis, digest }: Asked): Question["evidence"] {
  const served = diagnosis.targets.filter(({ id }) => targetIds.some((one) => sameId(one, id)));
  const shows = (cause: string): unknown =>
    served.map(({ id, findings }) => [id, findings.filter(({ code }) => code === cause).map(({ evidence }) => evidence.facts)]);
  return Object.fromEntries(causes.map((cause) => [cause, digest(shows(cause))]));
}

const newQuestion = (step: Step, asked: Asked): Question => ({
  at: asked.now,
  principalId: principalOf(step),
  evidence: evidenceOf(step, asked),
});

/** The write that it was about is made. */
const isServed = ({ id }: Step, { at }: Question, { applied }: Asked["incident"]): boolean =>
  applied.some((step) => step.id === id && (step.result === "done" || step.result === "alreadyDone") && toMs(step.at) >= toMs(at));

/** The question that was put before, where it is still the same: what Keymend has changed itself since is part of what was asked. */
function standingQuestion(step: Step, asked: Asked): Question | undefined {
  const { applied, progress } = asked.incident;
  const before = progress.asked?.[step.id];
  if (!before || isServed(step, before, asked.incident)) return undefined;
  const isUnderWay = applied.some(({ result, at }) => result === "done" && toMs(at) >= toMs(before.at));
  const isSamePrincipal = before.principalId === principalOf(step) || (before.principalId === null && isUnderWay);
  const now = evidenceOf(step, asked);
  const isSameEvidence = step.causes.every((code) => (isUnderWay ? code in before.evidence : before.evidence[code] === now[code]));
  return isSamePrincipal && isSameEvidence ? before : undefined;
}

export const questionOf = (step: Step, asked: Asked): Question => standingQuestion(step, asked) ?? newQuestion(step, asked);

/** Of the same moment a no counts as later than an operator's request, and a yes as earlier. */
const saidAfter = ({ at, decision }: Decision, asked: string | undefined): boolean =>
  asked === undefined || (decision === "reject" ? toMs(at) >= toMs(asked) : toMs(at) > toMs(asked));

/** The newest no to this step that stands, whatever was approved before or after it: only an operator's new request lifts it. */
export function rejectionOf(stepId: string, decisions: readonly Decision[], askedAnewAt: string | undefined): Decision | undefined {
  const rejections = decisions.filter(({ decision, steps }) => decision === "reject" && steps.includes(stepId));
  return rejections.filter((one) => saidAfter(one, askedAnewAt)).toSorted((a, b) => toMs(b.at) - toMs(a.at))[0];
}

/** What is written down with a decision of each question that it answers. */
export const questionId = (step: { id: string }, question: Question, digest: Asked["digest"]): string => digest([step.id, question]);

/** How many different people must agree: by a step that lets somebody or something reach more, more than one where that is set. */
export const quorumOf = (step: Step, { quorum }: Pick<Settings, "quorum">): number => (isWidening(step) ? quorum : 1);

/** Every yes to this very question that has not expired, where no one has said no; the newest first. */
function yesesTo(step: Step, asked: Asked): Decision[] {
  const { decisions, incident, settings, now, digest } = asked;
  const question = standingQuestion(step, asked);
  const { askedAnewAt } = incident.progress;
  if (!question || incident.rejected.includes(step.id) || rejectionOf(step.id, decisions, askedAnewAt)) return [];
  const wasRejected = rejectionOf(step.id, decisions, undefined) !== undefined;
  const id = questionId(step, question, digest);
  const approvals = decisions.filter(
    (one) =>
      one.decision === "approve" &&
      one.late !== true &&
      one.questions?.[step.id] === id &&
      toMs(one.at) + settings.approvalTtlMs > toMs(now) &&
      // Whoever approved before the no did not overrule it.
      (!wasRejected || saidAfter(one, askedAnewAt)),
  );
  return approvals.toSorted((a, b) => toMs(b.at) - toMs(a.at));
}

/** How many different people have agreed; approval: once they are enough, the one of them that runs out first. */
export function approvalOf(step: Step, asked: Asked): { agreed: number; approval?: Decision } {
  const yeses = yesesTo(step, asked);
  const byPerson = yeses.filter(({ by }, i) => yeses.findIndex((one) => one.by.toLowerCase() === by.toLowerCase()) === i);
  const approval = byPerson[quorumOf(step, asked.settings) - 1];
  return { agreed: byPerson.length, ...(approval && { approval }) };
}
