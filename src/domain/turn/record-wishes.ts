/** What a turn writes down of wishes: that somebody wants something, what stands in its way, and how it ended. */
import type { IncidentWish } from "../incident.ts";
import type { PlannedWish } from "../plan.ts";
import { operationInShort } from "../short-names.ts";
import type { Step } from "../steps/step.ts";
import { type Requirement, takenBackBy, type WishOnRecord } from "../wish.ts";
import type { TargetState } from "./judge-databases.ts";
import { statusOf } from "./judge-wishes.ts";
import { note, type TurnDraft } from "./record.ts";

/** In the place of what was kept of it. */
export const withWish = (all: readonly IncidentWish[], one: IncidentWish): IncidentWish[] =>
  all.some(({ id }) => id === one.id) ? all.map((other) => (other.id === one.id ? one : other)) : [...all, one];

const keep = ({ incident }: TurnDraft, one: IncidentWish): void => void (incident.wishes = withWish(incident.wishes ?? [], one));

type Ended = { outcome: string | null; reason: string | null; detail: string };

/** For the timeline and the audit. */
export const sayEnding = (wish: WishOnRecord, { outcome, reason, detail }: Ended): { what: string; data: unknown } => ({
  what: `${operationInShort(wish)}: ${outcome}${reason === null ? "" : ` (${reason})`}: ${detail}`,
  data: { wishId: wish.id, cancelled: wish.cancelled },
});

const sayRequirements = (all: readonly Requirement[]): string =>
  all.length === 0 ? "" : `: ${all.map(({ name, state, detail }) => `${name} ${state} (${detail})`).join("; ")}`;

/** Of each that is open, once: who wants what and why, and what it finds. What it comes to is judged after the plan. */
export function takeWishes(draft: TurnDraft): void {
  const { incident, input } = draft;
  const view = { now: input.now, incident, settings: input.settings };
  for (const planned of input.plan.wishes ?? []) {
    const { wish, requirements } = planned;
    if (incident.wishes?.some(({ id }) => id === wish.id)) continue;
    const what = `${operationInShort(wish)}, wanted by ${wish.by.name}: ${wish.reason}`;
    note(draft, "wish", what, { wish: { ...wish, status: null } }, `-${wish.id}`);
    note(draft, "wish", `requirements of ${wish.operation}${sayRequirements(requirements)}`, { requirements }, `-${wish.id}-requirements`);
    keep(draft, statusOf(view, planned, { kind: "pending", until: input.now, why: "begun", person: false }));
  }
}

/**
 * A write of it is made next. On record before that: what is taken away on purpose stays away, though its wish is called off before a look has
 * seen the write.
 */
export function takeBegun(draft: TurnDraft, { wish: id }: Step): void {
  const begun = (draft.input.plan.wishes ?? []).filter(({ wish, stands }) => stands && wish.id === id);
  const isBegun = (one: IncidentWish): boolean => begun.some(({ wish }) => wish.id === one.id);
  for (const one of (draft.incident.wishes ?? []).filter(isBegun)) keep(draft, { ...one, stands: true });
}

/** What a wish has taken back stands no longer. How it has ended in this incident is newer than what was read of it. */
function endTakenBack(draft: TurnDraft, wish: WishOnRecord): void {
  for (const { id, status } of takenBackBy(wish, draft.input.facts.wishes ?? [])) {
    const ended = draft.incident.wishes?.find((one) => one.id === id) ?? (status && { ...status, id, reason: null });
    if (ended) keep(draft, { ...ended, stands: false });
  }
}

/** How it stands after this turn. */
export function takeWish(draft: TurnDraft, planned: PlannedWish, state: TargetState): void {
  const { incident, input } = draft;
  keep(draft, statusOf({ now: input.now, incident, settings: input.settings }, planned, state));
  if (state.kind === "pending") return;
  const { wish } = planned;
  const { what, data } = sayEnding(wish, state);
  note(draft, "wish", what, data, `-${wish.id}-ending`);
  if (state.outcome === "Completed") endTakenBack(draft, wish);
}
