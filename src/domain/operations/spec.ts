/** What a planned operation is: all that is known of one kind of wish, as one value. The registry is operations/index.ts. */
import type { CauseCode } from "../cause-code.ts";
import type { Diagnosis } from "../cause.ts";
import type { Facts } from "../facts.ts";
import type { ScanWanted } from "../id-scan.ts";
import type { RequirementName } from "../requirement.ts";
import type { StepDraft, StepName } from "../steps/step.ts";
import type { Before, OperationName, OperationParams, Requirement, WishOnRecord } from "../wish.ts";

export type View = { facts: Facts; diagnosis: Diagnosis; wish: WishOnRecord };

/** detail: of one that is not done, what is waited for once nothing is left to write. holdsMs: it counts only once it has been so for that long. */
export type Reached = { done: boolean; detail: string; holdsMs?: number };

/** What is read for it beside what the vault's databases call for. keys: names. databaseIds: of those that may have their key elsewhere, or none yet. */
export type WishReads = { keys: string[]; identityIds: string[]; databaseIds?: string[] };

export type OperationSpec<N extends OperationName> = {
  title: string;
  /** Public source of its order and its requirements. */
  source: string;
  /** What it takes away that nothing brings back, told before and to be confirmed by name; null where it takes nothing. */
  loses: string | null;
  /** What has to hold before anything is written, or is told then, in order. */
  asks: readonly RequirementName[];
  /** What it may consist of, in legal order. */
  steps: readonly StepName[];
  reads: (params: OperationParams[N]) => WishReads;
  /** It may be about an account that has no key yet: that is looked at with this vault, with what it has switched on. */
  ofKeyless?: true;
  /** What has to be scanned while nothing else stands in the way; null where nothing has. Absent of one that never scans. */
  scans?: (params: OperationParams[N], view: View) => ScanWanted | null;
  /** Databases that it is about; ids as read. */
  concerns: (params: OperationParams[N], facts: Pick<Facts, "targets" | "guests">) => string[];
  requirements: (params: OperationParams[N], view: View) => Requirement[];
  /** What it still takes, done or not: the plan leaves out what is done and brings the rest into the legal order. */
  drafts: (params: OperationParams[N], view: View) => StepDraft[];
  /** Each of them waits until the one before is done: half of it is worse than none. */
  inSequence?: true;
  /** Causes of which it wants the repair too: the wish is the consent to it. */
  mends: readonly CauseCode[];
  /** Those of them that it wants, of what it is about; absent where it wants them all. */
  mendsOf?: (params: OperationParams[N]) => readonly CauseCode[];
  /** When it is done, in words; `reached` decides. */
  doneWhen: string;
  reached: (params: OperationParams[N], view: View) => Reached;
  /** It stays so until it is taken back. */
  stands: boolean;
  /** Of one that stands: what shows that it is not so any more; undefined while it is, or where that can't be seen. Absent where none stands. */
  undone?: (params: OperationParams[N], facts: Facts) => string | undefined;
  /** How to go back, in words; `undo` has the command lines. */
  wayBack: string;
  undo: (params: OperationParams[N], facts: Facts, wish: WishOnRecord) => string[];
  /** What its database uses before it is moved, or loses its grant; absent where neither is. */
  before?: (params: OperationParams[N], facts: Facts) => Before | undefined;
  /** What is needed no more once it is done, as command lines; absent where nothing is. */
  disposable?: (params: OperationParams[N], view: View) => string[];
};
