/**
 * What wishes add to the plan of a vault: steps of their own in the one legal order, and their consent to repairs that they want made. A
 * step that a repair calls for as well is one step.
 */
import { sameId } from "../arm-id.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import { judgeOperation, type Judged } from "../operations/index.ts";
import { standsInTheWay } from "../operations/requirements.ts";
import type { Plan, PlannedWish } from "../plan.ts";
import { completeStep, precondition, rankOfDraft } from "../steps/index.ts";
import type { Step } from "../steps/step.ts";
import { calledOff, isOpen, isOutOfTime, type WishOnRecord } from "../wish.ts";

const sayUnmet = ({ requirements }: Judged): string | null => {
  const unmet = requirements.filter(standsInTheWay);
  return unmet.length === 0 ? null : unmet.map(({ name, detail }) => `${name}: ${detail}`).join("; ");
};

const asWished = ({ asks: _, ...step }: Step, { id }: WishOnRecord): Step => ({ ...step, needs: "nothing", wish: id });

/** Repairs that the wish is the consent to: whatever the settings say of them, somebody has asked for them by name. */
function isWanted(step: Step, { mends, targetIds }: Judged): boolean {
  return step.causes.some((cause) => mends.includes(cause)) && step.targetIds.some((one) => targetIds.some((id) => sameId(id, one)));
}

function ownSteps(wish: WishOnRecord, { drafts, targetIds, inSequence }: Judged, facts: Facts): Step[] {
  const left = drafts.map((draft) => ({ draft, state: precondition(draft, facts) })).filter(({ state }) => state !== "done");
  return left.map(({ draft, state }, i) => {
    const ready = state === "todo" && !(inSequence && i > 0);
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
    const unmet = sayUnmet(judged);
    if (wish.cancelled === null && !isOutOfTime(wish, facts.at) && unmet === null) {
      const own = ownSteps(wish, judged, facts);
      const isOwn = ({ id }: Step): boolean => own.some((step) => step.id === id);
      const isTheirs = ({ id }: Step): boolean => repairs.some((step) => step.id === id);
      steps = [
        ...steps.map((step) => (isOwn(step) || isWanted(step, judged) ? asWished(step, wish) : step)),
        ...own.filter((step) => !isTheirs(step)),
      ];
    }
    return { wish, requirements, targetIds, reached, unmet, stands, undo, before, disposable };
  });
  return { steps: inOrder(steps), wishes };
}
