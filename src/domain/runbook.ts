/** What a person is given where Keymend may not act: lines for a POSIX shell, in order. Words are comments. */
import type { PlanBlock, StepName } from "./steps/step.ts";
import { azOf } from "./steps/index.ts";
import type { JudgedStep } from "./turn-steps.ts";

const GRANTS: readonly StepName[] = ["RestoreRoleAssignment", "GrantKeyRole"];
const SWITCHES: readonly StepName[] = ["SetDefaultIdentity", "SetClusterEncryption"];

/** Nobody is handed the command for what was revoked on purpose, or for what a person said no to. */
function isOffered({ state }: JudgedStep): boolean {
  if (state.kind === "refuse") return state.reason !== "RevokedOnPurpose" && state.reason !== "Rejected";
  return state.kind !== "settling";
}

/** A database is switched to an identity only once its role has reached the vault (Microsoft Learn, "Troubleshoot Azure RBAC"). */
const UNTIL_GRANTED = "sleep 600 # a role takes up to ten minutes to reach the vault";

function linesOf(steps: readonly JudgedStep[]): string[] {
  const firstSwitch = steps.findIndex(({ step }) => SWITCHES.includes(step.name));
  const grants = steps.slice(0, Math.max(firstSwitch, 0)).some(({ step }) => GRANTS.includes(step.name));
  return steps.flatMap(({ step }, at) => (grants && at === firstSwitch ? [UNTIL_GRANTED, ...azOf(step)] : azOf(step)));
}

/** The steps that are left to do, those that wait for another one too; then what helps with the findings that no step mends. */
export function runbookOf(steps: readonly JudgedStep[], blocks: readonly PlanBlock[]): string[] {
  return [...linesOf(steps.filter(isOffered)), ...new Set(blocks.flatMap(({ advice }) => advice))];
}
