/** What is to be done about a diagnosis: steps, and what no step mends. Made by plan/plan.ts. */
import type { CauseCode } from "./cause-code.ts";
import type { DueScan } from "./id-scan.ts";
import type { Loses, Step } from "./steps/step.ts";
import type { Before, Requirement, WishOnRecord } from "./wish.ts";

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

/** What it takes to fulfil one wish, as a look shows it. */
export type PlannedWish = {
  wish: WishOnRecord;
  requirements: Requirement[];
  /** Databases that it is about. */
  targetIds: string[];
  /** Whether it is so already; else detail says what is waited for once nothing is left to write. */
  reached: { done: boolean; detail: string; holdsMs?: number };
  /** Requirements that are not met, so that nothing of it is written; null where none is. */
  unmet: string | null;
  /** What is still being found out before anything is written; null where nothing is. */
  awaits: string | null;
  /** The scan that it takes now; null where it takes none. */
  scan: DueScan | null;
  stands: boolean;
  undo: string[];
  /** What its database used before; undefined where it moves none. */
  before: Before | undefined;
  disposable: string[];
};

export type Plan = {
  /** In a legal order: vault → key → identity → access → network → database. */
  steps: Step[];
  /** What no step mends. */
  blocks: PlanBlock[];
  /** What is still missing since something was recovered, in words and as commands; absent where nothing is. */
  missing?: Loses;
  /** Absent where nobody wants anything. */
  wishes?: PlannedWish[];
};
