/**
 * What wishes add to the plan of a vault: steps of their own in the one legal order, and their consent to repairs that they want made. A
 * step that a repair calls for as well is one step.
 */
import { sameId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import { judgeOperation, type Judged } from "../operations/index.ts";
import { isAwaited, standsInTheWay } from "../operations/requirements.ts";
import { type DueScan, nextSliceAt, progressOf } from "../id-scan.ts";
import type { Plan, PlannedWish } from "../plan.ts";
import { completeStep, precondition, rankOfDraft } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { calledOff, isOpen, isOutOfTime, type Requirement, type WishOnRecord } from "../wish.ts";

const sayAll = (requirements: readonly Requirement[]): string | null =>
  requirements.length === 0 ? null : requirements.map(({ name, detail }) => `${name}: ${detail}`).join("; ");

function dueScan({ id }: WishOnRecord, { scan }: Judged, { at, scans = [] }: Facts): DueScan | null {
  const state = scans.find(({ wishId }) => wishId === id)?.state ?? null;
  const dueAt = scan && nextSliceAt(state, at);
  return dueAt === null ? null : { wishId: id, wanted: scan!, dueAt, progress: progressOf(state, at) };
}

const asWished = ({ asks: _, ...step }: Step, { id }: WishOnRecord): Step => ({ ...step, needs: "nothing", wish: id });

/** Repairs that the wish is the consent to: whatever the settings say of them, somebody has asked for them by name. */
function isWanted(step: Step, { mends, targetIds }: Judged): boolean {
  return step.causes.some((cause) => mends.includes(cause)) && step.targetIds.some((one) => targetIds.some((id) => sameId(id, one)));
}

/** Nothing of them is ready before all is known that is being found out. */
function ownSteps(wish: WishOnRecord, { drafts, targetIds, inSequence }: Judged, facts: Facts, isKnown: boolean): Step[] {
  const left = drafts.map((draft) => ({ draft, state: precondition(draft, facts) })).filter(({ state }) => state !== "done");
  return left.map(({ draft, state }, i) => {
    const ready = state === "todo" && isKnown && !(inSequence && i > 0);
    return asWished(completeStep(draft, { causes: [], targetIds, needs: "nothing", ready }), wish);
  });
}

const inOrder = (steps: readonly Step[]): Step[] => steps.toSorted((a, b) => rankOfDraft(a) - rankOfDraft(b));

/** The repairs' steps with what open wishes want. One that was called off, or is out of time, wants nothing, and is there to be ended. */
export function withWishes(facts: Facts, diagnosis: Diagnosis, repairs: readonly Step[]): Pick<Plan, "steps" | "wishes"> {
  const { wishes: all = [] } = facts;
  const open = all.filter(isOpen).map((wish) => ({ ...wish, cancelled: calledOff(wish, all) }));
  if (open.length === 0) return { steps: [...repairs] };
  let steps = [...repairs];
  const wishes = open.map((wish): PlannedWish => {
    const judged = judgeOperation({ facts, diagnosis, wish });
    const { requirements, targetIds, reached, stands, undo, before, disposable } = judged;
    const unmet = sayAll(requirements.filter(standsInTheWay));
    const awaits = sayAll(requirements.filter(isAwaited));
    if (wish.cancelled === null && !isOutOfTime(wish, facts.at) && unmet === null) {
      const own = ownSteps(wish, judged, facts, awaits === null);
      const isOwn = ({ id }: Step): boolean => own.some((step) => step.id === id);
      const isTheirs = ({ id }: Step): boolean => repairs.some((step) => step.id === id);
      steps = [
        ...steps.map((step) => (isOwn(step) || isWanted(step, judged) ? asWished(step, wish) : step)),
        ...own.filter((step) => !isTheirs(step)),
      ];
    }
    const scan = dueScan(wish, judged, facts);
    return { wish, requirements, targetIds, reached, unmet, awaits, scan, stands, undo, before, disposable };
  });
  return { steps: inOrder(steps), wishes };
}
