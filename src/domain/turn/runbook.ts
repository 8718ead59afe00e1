/** What a person is given where Keymend may not act: lines for a POSIX shell, in order. Words are comments. */
import type { Plan, PlanBlock } from "../plan.ts";
import { type OutcomeCode, readRefusal } from "../incident.ts";
import { azOf, stepSpecs } from "../steps/index.ts";
import { isSuccess } from "./outcome.ts";
import { isOffered, type JudgedStep } from "./judge-steps.ts";
import { stepInShort } from "../short-names.ts";
import { say } from "../steps/az.ts";

/** A database is switched to an identity only once its role has reached the vault (Microsoft Learn, "Troubleshoot Azure RBAC"). */
const UNTIL_GRANTED = "sleep 600 # a role takes up to ten minutes to reach the vault";

/** Why Azure refused it changes what a person can do. */
function commandsOf({ step, state }: JudgedStep): string[] {
  if (state.kind === "lacking")
    return [
      say(`${stepInShort(step)}: by hand, or deploy what Keymend lacks (docs/deploy.md, repairs) and it does it itself: ${state.why}`),
      ...azOf(step),
    ];
  if (state.kind !== "denied") return azOf(step);
  const refusal = readRefusal(state.result);
  const words = stepInShort(step);
  switch (refusal.reason) {
    // The same again would be refused again.
    case "NotAccepted":
      return [say(`Azure does not take ${words}: ${refusal.what}`)];
    case "NotPermitted":
      return [
        say(`${words}: by hand, or grant Keymend's identity ${step.permission} (docs/deploy.md) and it does it itself`),
        ...azOf(step),
      ];
    case "Firewall":
      return [say(`${words}: from an address that the vault's firewall lets in`), ...azOf(step)];
    case "Locked":
    case "Conflict":
    case "AnsweredOtherwise":
    case null:
      return azOf(step);
  }
}

function linesOf(steps: readonly JudgedStep[]): string[] {
  const firstSwitch = steps.findIndex(({ step }) => stepSpecs[step.name].switchesIdentity);
  const grants = steps.slice(0, Math.max(firstSwitch, 0)).some(({ step }) => stepSpecs[step.name].grants === "role");
  return steps.flatMap((judged, at) => [...(grants && at === firstSwitch ? [UNTIL_GRANTED] : []), ...commandsOf(judged)]);
}

/** The steps that are left to do, those that wait for another one too; then what helps with the findings that no step mends. */
export function runbookOf(steps: readonly JudgedStep[], blocks: readonly PlanBlock[]): string[] {
  return [...linesOf(steps.filter(isOffered)), ...new Set(blocks.flatMap(({ advice }) => advice))];
}

/** What is left for a person at the end: what Keymend could not do, and what a recovery does not bring back. */
export const runbookAtEnd = (code: OutcomeCode, steps: readonly JudgedStep[], { blocks, missing }: Plan): string[] => [
  ...(isSuccess(code) ? [] : runbookOf(steps, blocks)),
  ...(missing?.az ?? []),
];
