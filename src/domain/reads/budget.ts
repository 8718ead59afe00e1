/**
 * How much may still be asked of Azure, and who may ask next: the accounting of one budget (a bucket of tokens that fills up again), as pure
 * functions over plain data. Repair comes before a look that an event asks for, and that before one that is only due. Waits for nothing.
 */
import { SECOND } from "../time.ts";

/** How many requests a bucket holds, and how many come back in a second. */
export type Shape = { size: number; perSecond: number };

/** What a look is for, most urgent first. */
export const RANKS = ["repair", "event", "screening"] as const;
export type Rank = (typeof RANKS)[number];

/** What is left to more urgent ones, as a share of the bucket: however much is due, a repair finds tokens. */
const LEFT_FREE: Record<Rank, number> = { repair: 0, event: 0.2, screening: 0.5 };

/** A look that waits for its turn, or that is under way with so many of its requests still to come. */
type Claim = { key: string; rank: Rank; cost: number };
type Booking = Claim & { at: number };

/** Times: ms. */
export type Budget = {
  left: number;
  at: number;
  /** Azure said so. */
  closedUntil: number;
  /** In the order in which they came. */
  booked: readonly Booking[];
  underWay: readonly Claim[];
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

const sum = (claims: readonly Claim[]): number => claims.reduce((all, { cost }) => all + cost, 0);

const urgency = (rank: Rank): number => RANKS.indexOf(rank);

/** Those that come before: the more urgent, and of its own rank those that were there earlier. */
function ahead(booked: readonly Booking[], { key, rank }: Pick<Claim, "key" | "rank">): readonly Booking[] {
  const own = booked.findIndex((booking) => booking.key === key && booking.rank === rank);
  return booked.filter(
    (booking, i) => booking.key !== key && (urgency(booking.rank) < urgency(rank) || (booking.rank === rank && (own === -1 || i < own))),
  );
}

/** What others that are under way still need, as far as they are no less urgent. */
const setAside = ({ underWay }: Budget, { key, rank }: { key: string | null; rank: Rank }): number =>
  sum(underWay.filter((claim) => claim.key !== key && urgency(claim.rank) <= urgency(rank)));

const without = <T extends Claim>(claims: readonly T[], key: string): T[] => claims.filter((claim) => claim.key !== key);

/** With its place in the line where it had one of this rank. */
function book(booked: readonly Booking[], booking: Booking): readonly Booking[] {
  const own = booked.findIndex(({ key, rank }) => key === booking.key && rank === booking.rank);
  return own === -1 ? [...without(booked, booking.key), booking] : booked.with(own, booking);
}

export type Answer = { budget: Budget; waitMs: number };

/**
 * Whether a look may begin: then what it costs is set aside for it. Else how long until its turn, which is kept for it. A look that costs
 * more than its rank may ever have is let in with as much as that, and comes back for the rest.
 */
export function admit(before: Budget, shape: Shape, { key, rank, cost: wished }: Claim, now: number): Answer {
  const budget = at(before, shape, now);
  const cost = Math.min(wished, mostFor(shape, rank));
  const free = budget.left - floorOf(shape, rank) - setAside(budget, { key, rank }) - sum(ahead(budget.booked, { key, rank }));
  const opensIn = Math.max(0, budget.closedUntil - now);
  if (opensIn === 0 && free >= cost)
    return {
      budget: {
        ...budget,
        booked: without(budget.booked, key),
        underWay: [...without(budget.underWay, key), { key, rank, cost }],
      },
      waitMs: 0,
    };
  // What is set aside for those under way comes back in part only: no sooner than a second from now is looked again.
  const waitMs = Math.max(SECOND, opensIn, Math.ceil(((cost - free) / shape.perSecond) * SECOND));
  return { budget: { ...budget, booked: book(budget.booked, { key, rank, cost, at: now + waitMs }) }, waitMs };
}

/** Tokens that this rank leaves to others. */
const floorOf = ({ size }: Shape, rank: Rank): number => Math.floor(size * LEFT_FREE[rank]);
const mostFor = (shape: Shape, rank: Rank): number => shape.size - floorOf(shape, rank);

/** One request. waitMs above 0: it must not be sent, and nothing was taken. key: of the look that it belongs to, if to any. */
export function take(before: Budget, shape: Shape, { key, rank }: { key: string | null; rank: Rank }, now: number): Answer {
  const budget = at(before, shape, now);
  const free = budget.left - floorOf(shape, rank) - setAside(budget, { key, rank });
  const opensIn = Math.max(0, budget.closedUntil - now);
  if (opensIn > 0 || free < 1) return { budget, waitMs: Math.max(SECOND, opensIn, Math.ceil(((1 - free) / shape.perSecond) * SECOND)) };
  const underWay = budget.underWay.map((claim) => (claim.key === key ? { ...claim, cost: Math.max(0, claim.cost - 1) } : claim));
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
