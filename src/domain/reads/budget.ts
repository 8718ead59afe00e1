/**
 * How much may still be asked of Azure, and who may ask next: the accounting of one budget (a bucket of tokens that fills up again), as pure
 * functions over plain data. Repair comes before a look that an event asks for, and that before one that is only due. Waits for nothing.
 */
import { SECOND } from "../time.ts";

/** How many requests a bucket holds, and how many come back in a second. */
export type Shape = { size: number; perSecond: number };

/** What a look is for, most urgent first. */
export const URGENCIES = ["repair", "event", "screening"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** What is left to more urgent ones, as a share of the bucket: however much is due, a repair finds tokens. */
const LEFT_FREE: Record<Urgency, number> = { repair: 0, event: 0.2, screening: 0.5 };

/** A look that waits for its turn, or that is under way with so many of its requests still to come. */
type Need = { key: string; urgency: Urgency; cost: number };
type Booking = Need & { at: number };

/** Times: ms. */
export type Budget = {
  left: number;
  at: number;
  /** Azure said so. */
  closedUntil: number;
  /** In the order in which they came. */
  booked: readonly Booking[];
  underWay: readonly Need[];
};

/** Who does not come for its turn leaves it to the others. */
const BOOKED_FOR_MS = 60 * SECOND;

export const fullBudget = ({ size }: Shape, now: number): Budget => ({ left: size, at: now, closedUntil: 0, booked: [], underWay: [] });

function at(budget: Budget, { size, perSecond }: Shape, now: number): Budget {
  // A clock that was set back fills nothing.
  const passed = Math.max(0, now - budget.at);
  return {
    ...budget,
    left: Math.min(size, budget.left + (passed / SECOND) * perSecond),
    at: now,
    booked: budget.booked.filter((booking) => now < booking.at + BOOKED_FOR_MS),
  };
}

const sum = (needs: readonly Need[]): number => needs.reduce((all, { cost }) => all + cost, 0);

const orderOf = (urgency: Urgency): number => URGENCIES.indexOf(urgency);

/** Those that come before: the more urgent, and of its own urgency those that were there earlier. */
function ahead(booked: readonly Booking[], { key, urgency }: Pick<Need, "key" | "urgency">): readonly Booking[] {
  const own = booked.findIndex((booking) => booking.key === key && booking.urgency === urgency);
  return booked.filter(
    (booking, i) =>
      booking.key !== key && (orderOf(booking.urgency) < orderOf(urgency) || (booking.urgency === urgency && (own === -1 || i < own))),
  );
}

/** What others that are under way still need, as far as they are no less urgent. */
const setAside = ({ underWay }: Budget, { key, urgency }: { key: string | null; urgency: Urgency }): number =>
  sum(underWay.filter((need) => need.key !== key && orderOf(need.urgency) <= orderOf(urgency)));

const without = <T extends Need>(needs: readonly T[], key: string): T[] => needs.filter((need) => need.key !== key);

/** With its place in the line where it had one of this urgency. */
function book(booked: readonly Booking[], booking: Booking): readonly Booking[] {
  const own = booked.findIndex(({ key, urgency }) => key === booking.key && urgency === booking.urgency);
  return own === -1 ? [...without(booked, booking.key), booking] : booked.with(own, booking);
}

export type Answer = { budget: Budget; waitMs: number };

/**
 * Whether a look may begin: then what it costs is set aside for it. Else how long until its turn, which is kept for it. A look that costs
 * more than its urgency may ever have is let in with as much as that, and comes back for the rest.
 */
export function admit(before: Budget, shape: Shape, { key, urgency, cost: wished }: Need, now: number): Answer {
  const budget = at(before, shape, now);
  const cost = Math.min(wished, mostFor(shape, urgency));
  const free = budget.left - floorOf(shape, urgency) - setAside(budget, { key, urgency }) - sum(ahead(budget.booked, { key, urgency }));
  const opensIn = Math.max(0, budget.closedUntil - now);
  if (opensIn === 0 && free >= cost)
    return {
      budget: {
        ...budget,
        booked: without(budget.booked, key),
        underWay: [...without(budget.underWay, key), { key, urgency, cost }],
      },
      waitMs: 0,
    };
  // What is set aside for those under way comes back in part only: no sooner than a second from now is looked again.
  const waitMs = Math.max(SECOND, opensIn, Math.ceil(((cost - free) / shape.perSecond) * SECOND));
  return { budget: { ...budget, booked: book(budget.booked, { key, urgency, cost, at: now + waitMs }) }, waitMs };
}

/** Tokens that this urgency leaves to others. */
const floorOf = ({ size }: Shape, urgency: Urgency): number => Math.floor(size * LEFT_FREE[urgency]);
const mostFor = (shape: Shape, urgency: Urgency): number => shape.size - floorOf(shape, urgency);

/** One request. waitMs above 0: it must not be sent, and nothing was taken. key: of the look that it belongs to, if to any. */
export function take(before: Budget, shape: Shape, { key, urgency }: { key: string | null; urgency: Urgency }, now: number): Answer {
  const budget = at(before, shape, now);
  const free = budget.left - floorOf(shape, urgency) - setAside(budget, { key, urgency });
  const opensIn = Math.max(0, budget.closedUntil - now);
  if (opensIn > 0 || free < 1) return { budget, waitMs: Math.max(SECOND, opensIn, Math.ceil(((1 - free) / shape.perSecond) * SECOND)) };
  const underWay = budget.underWay.map((need) => (need.key === key ? { ...need, cost: Math.max(0, need.cost - 1) } : need));
  return { budget: { ...budget, left: budget.left - 1, underWay }, waitMs: 0 };
}

/** The look is over: what it did not need is anybody's. */
export const release = (budget: Budget, key: string): Budget => ({ ...budget, underWay: without(budget.underWay, key) });

/** What an answer says of the budget: never more than was thought, for others draw on it too. */
export function hear(
  before: Budget,
  shape: Shape,
  { remaining, closedForMs }: { remaining: number | null; closedForMs: number | null },
  now: number,
): Budget {
  const budget = at(before, shape, now);
  const left = Math.max(0, Math.min(budget.left, remaining ?? budget.left));
  if (closedForMs === null) return { ...budget, left };
  return { ...budget, left: 0, closedUntil: Math.max(budget.closedUntil, now + closedForMs) };
}
