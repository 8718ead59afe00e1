/** What is to be done about a diagnosis: steps, and what no step mends. Made by plan/plan.ts. */
import type { CauseCode } from "./cause-code.ts";
import type { Loses, Step } from "./steps/step.ts";

export type PlanBlock = {
  cause: CauseCode;
  targetIds: string[];
  kind: "wait" | "escalate" | "unrecoverable";
  reason: string;
  /** It rests on what the service says and on nothing that Keymend has read itself: that may be from before a repair. */
  isWord?: true;
  /** Commands that only read and prove the finding, and words about what a person can do, as comments of a shell. */
  advice: string[];
};

export type Plan = {
  /** In a legal order: vault → key → identity → access → network → database. */
  steps: Step[];
  /** What no step mends. */
  blocks: PlanBlock[];
  /** What is still missing since something was recovered, in words and as commands; absent where nothing is. */
  missing?: Loses;
};
