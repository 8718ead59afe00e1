/** What the deployment gives, action by action, and what was played without each of them. */
import { readFileSync } from "node:fs";
import { CAPABILITIES, type Capability, type Place, readDeployedRoles } from "../../sandbox/estate/deployed-roles.ts";
import type { Kind } from "../../sandbox/estate/estate.ts";
import type { StoryPhase } from "../../sandbox/stories/story.ts";

export const MISSING = "docs/permissions-missing.json";

/** What was played last. */
export const readMissed = (): Missed[] => {
  const missed: Missed[] = JSON.parse(readFileSync(MISSING, "utf8"));
  return missed;
};

/** isData: of the data plane. */
export type Action = { capability: Capability; action: string; isData: boolean };

export type DeployedAction = Action & { at: Place[] };

/** A play of which something was missing: how it ended, and what of it was not as it must be. */
export type Missed = Action & { story: string; kind: Kind; phase: StoryPhase; came: string; faults: string[] };

export const nameOf = ({ action, isData }: Action): string => `${action}${isData ? " (data)" : ""}`;

const SAMPLE = { observe: "observe", keys: "keys", access: "access", databases: "databases", vaults: "vaults" };

/** Every action that the deployed roles give, by whose it is, and where. */
export const deployedActions = (): DeployedAction[] =>
  CAPABILITIES.flatMap((capability) =>
    readDeployedRoles(SAMPLE).flatMap(({ permissions, assignments }) => {
      const at = [...new Set(assignments.filter(({ principalId }) => principalId === capability).map((one) => one.at))];
      if (at.length === 0) return [];
      return permissions.flatMap(({ actions, dataActions }) => [
        ...actions.map((action) => ({ capability, action, isData: false, at })),
        ...dataActions.map((action) => ({ capability, action, isData: true, at })),
      ]);
    }),
  );

/** Of which no story ends otherwise, and why it is given all the same. */
export const UNSHOWN: Readonly<Record<string, string>> = {
  "Microsoft.DocumentDB/locations/*/read": "how a write went is then told by the next looks alone, later and without Azure's reason",
  "Microsoft.DocumentDB/databaseAccounts/operationResults/read":
    "how a write went is then told by the next looks alone, later and without Azure's reason",
  "Microsoft.Insights/metrics/read":
    "what of the events was lost is told and changes nothing that is done: `test/contract/deliveries.test.ts` shows what is said without it",
  "Microsoft.Web/sites/functions/read":
    "Event Grid checks the access to the function that it is to call; by which action is documented nowhere, and the sandbox asks for none",
};
