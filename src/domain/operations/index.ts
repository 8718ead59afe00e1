/** All planned operations by name, and what can be asked of any of them. */
import type { CauseCode } from "../cause-code.ts";
import type { ScanWanted } from "../id-scan.ts";
import type { StepDraft } from "../steps/step.ts";
import type { Facts } from "../facts.ts";
import type { Before, OperationName, OperationParams, Requirement, WishOnRecord } from "../wish.ts";
import { say } from "../steps/az.ts";
import { checkRequirements } from "./check-requirements.ts";
import { enableCmk } from "./enable-cmk.ts";
import { prepare } from "./prepare.ts";
import { restore } from "./restore.ts";
import { revoke } from "./revoke.ts";
import { rotateKey } from "./rotate-key.ts";
import { switchIdentity } from "./switch-identity.ts";
import { switchKey } from "./switch-key.ts";
import type { OperationSpec, Reached, View, WishReads } from "./spec.ts";

export const operations: { readonly [N in OperationName]: OperationSpec<N> } = {
  "check-requirements": checkRequirements,
  prepare,
  revoke,
  restore,
  "rotate-key": rotateKey,
  "switch-key": switchKey,
  "switch-identity": switchIdentity,
  "enable-cmk": enableCmk,
};

type Asked<N extends OperationName> = { operation: N; params: OperationParams[N] };

const specOf = <N extends OperationName>({ operation }: Asked<N>): OperationSpec<N> => operations[operation];

const readsOf = <N extends OperationName>(wish: Asked<N>): WishReads => specOf(wish).reads(wish.params);

/** What is read for the wishes that a look has to judge. */
export function readsOfWishes(wishes: readonly WishOnRecord[]): Required<WishReads> {
  const all = wishes.map((wish) => readsOf(wish));
  return {
    keys: all.flatMap(({ keys }) => keys),
    identityIds: all.flatMap(({ identityIds }) => identityIds),
    databaseIds: all.flatMap(({ databaseIds = [] }) => databaseIds),
  };
}

const concernsOf = <N extends OperationName>(wish: Asked<N>, facts: Pick<Facts, "targets">): string[] =>
  specOf(wish).concerns(wish.params, facts);

/** Databases that they are about. */
export const concernedBy = (wishes: readonly WishOnRecord[], facts: Pick<Facts, "targets">): string[] =>
  wishes.flatMap((wish) => concernsOf(wish, facts));

/** Whether it may take a scan. */
export const mayScan = ({ operation }: Pick<WishOnRecord, "operation">): boolean => operations[operation].scans !== undefined;

/** Whether it may be about an account without a key. */
export const mayBeKeyless = ({ operation }: Pick<WishOnRecord, "operation">): boolean => operations[operation].ofKeyless === true;

/** One wish as these facts show it. */
export type Judged = {
  requirements: Requirement[];
  reached: Reached;
  scan: ScanWanted | null;
  targetIds: string[];
  drafts: StepDraft[];
  mends: readonly CauseCode[];
  inSequence: boolean;
  stands: boolean;
  undo: string[];
  before: Before | undefined;
  disposable: string[];
};

const judge = <N extends OperationName>(wish: Asked<N>, view: View): Judged => {
  const spec = specOf(wish);
  const { params } = wish;
  return {
    requirements: spec.requirements(params, view),
    reached: spec.reached(params, view),
    scan: spec.scans?.(params, view) ?? null,
    targetIds: spec.concerns(params, view.facts),
    drafts: spec.drafts(params, view),
    mends: spec.mendsOf?.(params) ?? spec.mends,
    inSequence: spec.inSequence ?? false,
    stands: spec.stands,
    undo: spec.undo(params, view.facts, view.wish),
    before: view.wish.status?.before ?? spec.before?.(params, view.facts),
    disposable: spec.disposable?.(params, view) ?? [],
  };
};

export const judgeOperation = (view: View): Judged => judge(view.wish, view);

const undone = <N extends OperationName>(wish: Asked<N>, facts: Facts): string | undefined => specOf(wish).undone?.(wish.params, facts);

/** What shows that a wish which was done, and is to stay so, is undone: by whoever it was, knowing of it or not. */
export const undoneBy = (wish: WishOnRecord, facts: Facts): string | undefined => undone(wish, facts);

/** What is needed no more, by facts read now. What could not be read may need all of it. */
export function disposableNow(view: View): string[] {
  const { at, vault, keys, missing } = view.facts;
  const blind = vault?.state !== "live" || [...keys, ...missing].some(({ state }) => state === "unreadable");
  if (blind) return [say(`not everything could be read at ${at}: nothing is called needless before it was`)];
  return judgeOperation(view).disposable;
}
