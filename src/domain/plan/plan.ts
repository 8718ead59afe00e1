/**
 * Diagnosis → plan: what the causes propose, joined into one legal order, once per vault, key version and principal. Pure data; nothing
 * here acts. A step is ready when its precondition holds on these very facts; one whose precondition says done is left out.
 */
import { strangeTo } from "../access/known-good.ts";
import { sameId } from "../arm-id.ts";
import type { CauseCode } from "../cause-code.ts";
import type { Diagnosis, Finding, Mend } from "../cause.ts";
import { showDatabase } from "../mending/advice.ts";
import { causeOf } from "../causes/index.ts";
import { subscriptionsToMake } from "../mending/event-subscriptions.ts";
import { type Recovered, stillMissing } from "../mending/recovery.ts";
import { staleAttachment } from "../mending/replacement-identity.ts";
import { detachDraft } from "../mending/switch-identity.ts";
import type { Facts } from "../facts.ts";
import { liveVaultOf } from "../databases/key-path.ts";
import type { Settings } from "../settings.ts";
import { completeStep, isGrant, mergeDrafts, mergeKeyOf, precondition, rankOfDraft, whyForbidden } from "../steps/index.ts";
import type { Plan, PlanBlock } from "../plan.ts";
import type { Step, StepDraft } from "../steps/step.ts";
import type { Undo } from "../steps/undo.ts";
import { say } from "../steps/az.ts";
import { withWishes } from "./wishes.ts";

type Proposal = { draft: StepDraft; cause: CauseCode; targetId: string; asks?: string };
/** cause: undefined for what no cause asks for. */
type Chore = Omit<Proposal, "cause"> & { cause: CauseCode | undefined };
type Wanted = { draft: StepDraft; causes: CauseCode[]; targetIds: string[]; asks: string[] };

/** Before it is known what to tell a person. */
type Block = Omit<PlanBlock, "advice">;

const withOnce = <T>(list: readonly T[], one: T | undefined): T[] => (one === undefined || list.includes(one) ? [...list] : [...list, one]);

function addBlock(blocks: Block[], block: Omit<Block, "targetIds">, targetId: string): void {
  const same = blocks.find(({ cause, kind, reason }) => cause === block.cause && kind === block.kind && reason === block.reason);
  if (same) same.targetIds = withOnce(same.targetIds, targetId);
  else blocks.push({ ...block, targetIds: [targetId] });
}

function mendOf({ code, evidence }: Finding, facts: Facts, id: string, settings: Settings): Mend {
  const target = facts.targets.find((one) => sameId(one.id, id));
  if (target) return causeOf(code).mend(evidence, facts, target, settings);
  // A database that could not be read: its only finding says why. The inventory lags; that it lists what is gone passes.
  const isGone = facts.missing.some((one) => one.state === "gone" && sameId(one.id, id));
  return { kind: isGone ? "wait" : "escalate", reason: evidence.facts.join("; ") };
}

/**
 * What was seen in this incident. undos: what came of own writes and is to be put back. recovered: what was deleted, so that what is missing
 * around it went with that. lostDefault: databases without a default identity. Where any update of its identities takes an account's default
 * away (hashicorp/terraform-provider-azurerm, cosmosdb_account), letting go of a stale identity would cut off what has just come back.
 */
export type History = { recovered: Recovered; lostDefault: readonly string[]; undos?: readonly Undo[] };

/**
 * What no cause shows: what came of an own write, a stale identity, event subscriptions that went with a deleted vault, and that by which
 * Keymend hears of this one.
 */
function tidyUp(facts: Facts, { recovered, lostDefault, undos = [] }: History, settings: Settings): Chore[] {
  const vault = liveVaultOf(facts);
  const lost = vault ? subscriptionsToMake(facts, vault.id, recovered === "vault", settings) : [];
  const ofTargets = facts.targets.flatMap((target): Chore[] => {
    const stale = staleAttachment(facts, target);
    const subscriptions = lost.map((draft): Chore => ({ draft, cause: undefined, targetId: target.id }));
    if (stale === undefined || lostDefault.some((id) => sameId(id, target.id))) return subscriptions;
    return [
      ...subscriptions,
      { draft: detachDraft(target, stale.identityId, stale.current), cause: "IdentityDeleted", targetId: target.id },
    ];
  });
  const putBack = undos.flatMap(({ draft, targetIds }) => targetIds.map((targetId): Chore => ({ draft, cause: undefined, targetId })));
  return [...putBack, ...ofTargets];
}

function propose(facts: Facts, diagnosis: Diagnosis, settings: Settings): { proposals: Proposal[]; blocks: Block[] } {
  const proposals: Proposal[] = [];
  const blocks: Block[] = [];
  for (const { id, findings } of diagnosis.targets) {
    for (const finding of findings) {
      const mend = mendOf(finding, facts, id, settings);
      if (mend.kind === "steps") {
        const { steps, kind: _, ...more } = mend;
        proposals.push(...steps.map((draft) => ({ draft, cause: finding.code, targetId: id, ...more })));
      } else addBlock(blocks, { cause: finding.code, ...mend }, id);
    }
  }
  return { proposals, blocks };
}

/** What is asked for a stranger must not ride on what another database gets back: it is a step of its own. */
function isForStranger({ draft, targetId }: Chore, facts: Facts, settings: Settings): boolean {
  const target = facts.targets.find(({ id }) => sameId(id, targetId));
  return isGrant(draft) && target !== undefined && strangeTo(facts, target, draft.params, settings) !== undefined;
}

/** Equal steps become one that serves all their causes and databases; where two would set different things, the first is heard: by database, then by cause. */
function unite(proposals: readonly Chore[], keyOf: (chore: Chore) => string): Wanted[] {
  const byKey = new Map<string, Wanted>();
  for (const chore of proposals) {
    const { draft, cause, targetId, asks } = chore;
    const before = byKey.get(keyOf(chore)) ?? { draft, causes: [], targetIds: [], asks: [] };
    byKey.set(keyOf(chore), {
      draft: mergeDrafts(before.draft, draft),
      causes: withOnce(before.causes, cause),
      targetIds: withOnce(before.targetIds, targetId),
      asks: withOnce(before.asks, asks),
    });
  }
  return [...byKey.values()].toSorted((a, b) => rankOfDraft(a.draft) - rankOfDraft(b.draft));
}

/** The very same write for a stranger and for one that gets it back is one, and a question if it is one for either of them. */
function asOne(first: Step, second: Step): Step {
  const causes = [...new Set([...first.causes, ...second.causes])];
  const needs = first.needs === "approval" || second.needs === "approval" ? "approval" : "nothing";
  return { ...second, ...first, causes, needs, targetIds: [...first.targetIds, ...second.targetIds] };
}

function withoutTwins(steps: readonly Step[]): Step[] {
  const kept = new Map<string, Step>();
  for (const step of steps) {
    const twin = kept.get(step.id);
    kept.set(step.id, twin ? asOne(twin, step) : step);
  }
  return [...kept.values()];
}

const isAsked = (code: CauseCode, settings: Settings): boolean => (settings.causes[code] ?? causeOf(code).default) === "ask";

/** A database for which nothing can be done right now and nothing is said to be waited for: say what holds its steps back. */
function sayWaiting(steps: readonly Step[], reasons: ReadonlyMap<string, string>, blocks: Block[]): void {
  for (const step of steps.filter(({ ready, causes }) => !ready && causes.length > 0)) {
    for (const targetId of step.targetIds) {
      const hasMore =
        steps.some((other) => other.ready && other.targetIds.includes(targetId)) ||
        blocks.some((block) => block.targetIds.includes(targetId));
      if (!hasMore) addBlock(blocks, { cause: step.causes[0]!, kind: "wait", reason: reasons.get(step.id)! }, targetId);
    }
  }
}

function advise(block: Block, facts: Facts): PlanBlock {
  const { advice } = causeOf(block.cause);
  const lines = block.targetIds.flatMap((targetId) => {
    const target = facts.targets.find(({ id }) => sameId(id, targetId));
    const database = target ?? facts.missing.find(({ id }) => sameId(id, targetId))!;
    return [...(target && advice ? advice(facts, target) : []), showDatabase(database)];
  });
  return { ...block, advice: [say(`${block.cause}: ${block.reason}`), ...new Set(lines)] };
}

/** Of an incident, if there is one. A vault takes its keys with it. */
export function historyOf(incident: { causes: readonly { code: CauseCode; targetIds: readonly string[] }[] } | null | undefined): History {
  const found = incident?.causes ?? [];
  const was = (code: CauseCode): boolean => found.some((cause) => cause.code === code);
  return {
    recovered: was("VaultDeleted") ? "vault" : was("KeyDeleted") ? "keys" : null,
    lostDefault: found.flatMap(({ code, targetIds }) => (code === "DefaultIdentityUndefined" ? targetIds : [])),
  };
}

export function plan(facts: Facts, diagnosis: Diagnosis, settings: Settings, history = historyOf(null)): Plan {
  const { proposals, blocks } = propose(facts, diagnosis, settings);
  const allowed = proposals.filter(({ draft, cause, targetId }) => {
    const why = whyForbidden(draft, { facts, settings, cause });
    if (why !== undefined) addBlock(blocks, { cause, kind: "escalate", reason: why }, targetId);
    return why === undefined;
  });
  const steps: Step[] = [];
  const reasons = new Map<string, string>();
  const keyOf = (chore: Chore): string => mergeKeyOf(chore.draft) + (isForStranger(chore, facts, settings) ? " stranger" : "");
  for (const { draft, causes, targetIds, asks } of unite([...allowed, ...tidyUp(facts, history, settings)], keyOf)) {
    const state = precondition(draft, facts);
    if (state === "done") continue;
    const needs = asks.length > 0 || causes.some((code) => isAsked(code, settings)) ? "approval" : "nothing";
    const because = asks.length > 0 ? { asks: asks.join("; ") } : {};
    const step = completeStep(draft, { causes, targetIds, needs, ...because, ready: state === "todo" });
    if (state !== "todo") reasons.set(step.id, state.stale);
    steps.push(step);
  }
  sayWaiting(steps, reasons, blocks);
  const missing = stillMissing(facts, history.recovered, settings.principals);
  return {
    ...withWishes(facts, diagnosis, withoutTwins(steps)),
    blocks: blocks.map((block) => advise(block, facts)),
    ...(missing ? { missing } : {}),
  };
}
