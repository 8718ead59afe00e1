/** What is open to a person's word, as the API, the command line and the dashboard have it. */
import type { Decision, PlannedStep } from "../incident.ts";

type Shown = Pick<PlannedStep, "id" | "state">;
type Decided<S> = { plan: { steps: readonly S[] } | null; decision: { steps: readonly string[] } | null };

const STILL_TO_WRITE: readonly Shown["state"][] = ["next", "waitsForPlace", "waitsForEarlierStep"];

/** What a person may decide on: what is asked, and of what has its yes and is not written yet, that it is not to be. */
export function decidable<S extends Shown>(word: Decision["decision"], { plan, decision }: Decided<S>): S[] {
  const isApproved = ({ id, state }: Shown): boolean => STILL_TO_WRITE.includes(state) && decision?.steps.includes(id) === true;
  return (plan?.steps ?? []).filter((step) => step.state === "waitsForApproval" || (word === "reject" && isApproved(step)));
}
