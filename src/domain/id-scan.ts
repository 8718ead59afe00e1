/**
 * The scan of an account's document ids, which may have 990 bytes at most before the account is given a key, for encryption adds to them
 * (Microsoft Learn, "Configure customer-managed keys for your existing Azure Cosmos DB account"). It goes on in slices, over all containers a few
 * at a time, each within so many request units a second, and from where it stood when the last slice was kept. Plain JSON and pure: pages are
 * read by azure/read-ids.ts, slices are made by activities/scan-ids.ts.
 */
import { SECOND, toIso, toMs } from "./time.ts";

/** The longest id that an account with a key takes, in bytes of UTF-8. */
export const LONGEST_ID_BYTES = 990;

/**
 * Shorter ids are not asked for. What the service counts is characters (Microsoft Learn, "LENGTH (NoSQL query)"), and no character has more than
 * four bytes in UTF-8: the bytes of those that come are counted.
 */
export const SURELY_SHORT_CHARACTERS = Math.floor(LONGEST_ID_BYTES / 4);

/** partitionKey: its values as JSON. id: its beginning, where it is longer than what is kept. */
export type LongId = { database: string; container: string; partitionKey: string; bytes: number; id: string };

/** documents: how many it holds, as far as the service tells. */
export type ScannedContainer = {
  database: string;
  container: string;
  /** Paths of its partition key, as the container has them. */
  paths: string[];
  documents: number | null;
  looked: number;
  /** Where it goes on; null at its beginning. */
  token: string | null;
  done: boolean;
  rest: Rest | null;
};

/** Not asked before this, and how often in a row that came. */
export type Rest = { until: string; count: number };

/** Why a page did not come this time. askedMs: how long the service asked to wait; null where it named no time. */
export type Later = { busy: boolean; askedMs: number | null; detail: string };

/** Why it can't go on: `denied`: who reads has no data role. `firewall`: the account's network refuses. `unusable`: the answer made no sense. */
export type Unscannable = { why: "denied" | "firewall" | "unusable"; detail: string };

export type ScanState = {
  schema: 1;
  accountId: string;
  since: string;
  /** Null until they are listed. */
  containers: ScannedContainer[] | null;
  /** Before they are listed again. */
  rest: Rest | null;
  found: LongId[];
  /** With those that are not kept. */
  foundCount: number;
  requestUnits: number;
  /** What it can't go on for. */
  unreadable: Unscannable | null;
  /** When it was done. */
  doneAt: string | null;
};

/** What an operation has scanned. endpoint: null where the account tells none. requestUnits: what it may take a second of each container. */
export type ScanWanted = { accountId: string; endpoint: string | null; requestUnits: number };

/** dueAt: when its next slice may come. */
export type DueScan = { wishId: string; wanted: ScanWanted; dueAt: string; progress: ScanProgress };

/** What a look knows of it. principalId: who reads. */
export type IdScan = { wishId: string; principalId: string | null; state: ScanState | null };

/** What is kept of those that are found: the rest is counted. */
export const MOST_FOUND = 100;
/** Of an id, in characters. */
const KEPT_OF_ID = 200;
/** Scanned side by side. */
export const SIDE_BY_SIDE = 8;
/** An account has 500 databases and containers unless support raises that (Microsoft Learn, "Azure Cosmos DB service quotas"). */
export const MOST_CONTAINERS = 2_000;

export const newScan = (accountId: string, at: string): ScanState => ({
  schema: 1,
  accountId,
  since: at,
  containers: null,
  rest: null,
  found: [],
  foundCount: 0,
  requestUnits: 0,
  unreadable: null,
  doneAt: null,
});

export type ListedContainer = Pick<ScannedContainer, "database" | "container" | "paths" | "documents">;

const isSame = (a: Pick<ScannedContainer, "database" | "container">, b: Pick<ScannedContainer, "database" | "container">): boolean =>
  a.database === b.database && a.container === b.container;

const ended = (state: ScanState, at: string): ScanState => (state.containers?.every(({ done }) => done) ? { ...state, doneAt: at } : state);

export function withContainers(state: ScanState, listed: readonly ListedContainer[], at: string): ScanState {
  if (listed.length > MOST_CONTAINERS) {
    const detail = `the account has ${listed.length} containers; ${MOST_CONTAINERS} are scanned at the most`;
    return { ...state, unreadable: { why: "unusable", detail } };
  }
  const containers = listed.map((one) => ({ ...one, looked: 0, token: null, done: false, rest: null }));
  return ended({ ...state, containers }, at);
}

/** charge: request units. looked: documents, where the service tells. token: null where the container ends. */
export type IdPage = { long: Omit<LongId, "database" | "container">[]; charge: number; looked: number; token: string | null };

const change = (state: ScanState, of: ScannedContainer, to: Partial<ScannedContainer>): ScanState => ({
  ...state,
  containers: state.containers!.map((one) => (isSame(one, of) ? { ...one, ...to } : one)),
});

/**
 * page: the next of that container, from its token on. restMs: how long it is left alone after it (restAfterMs), which may be longer than a
 * slice: that is kept, so that the next slice does not begin before.
 */
export function withPage(state: ScanState, of: ScannedContainer, page: IdPage, at: string, restMs: number): ScanState {
  const { database, container } = of;
  const done = page.token === null;
  const rest = done ? null : { until: toIso(toMs(at) + restMs), count: 0 };
  const found = page.long.map(({ id, ...one }) => ({ database, container, ...one, id: id.slice(0, KEPT_OF_ID).toWellFormed() }));
  const now = state.containers!.find((one) => isSame(one, of))!;
  const next = change(state, of, { looked: now.looked + page.looked, token: page.token, done, rest });
  return ended(
    {
      ...next,
      found: [...state.found, ...found].slice(0, MOST_FOUND),
      foundCount: state.foundCount + found.length,
      requestUnits: state.requestUnits + page.charge,
    },
    at,
  );
}

const FIRST_REST_MS = SECOND;
const LONGEST_REST_MS = 64 * SECOND;
/** A quarter of an hour of getting no answer. */
const MOST_RESTS = 20;

/** Who was asked to wait, or got no answer, waits longer each time. */
function restedAfter(before: Rest | null, { askedMs }: Later, at: string): Rest {
  const count = before?.count ?? 0;
  return { until: toIso(toMs(at) + Math.max(askedMs ?? 0, Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** count))), count: count + 1 };
}

/** Where the application needs its request units they are waited for; a service that never answers is not. */
const isHopeless = ({ count }: Rest, { busy }: Later): boolean => !busy && count >= MOST_RESTS;

/** of: the container; null for the list of them. */
export function withLater(state: ScanState, of: ScannedContainer | null, later: Later, at: string): ScanState {
  const before = of === null ? state : state.containers!.find((one) => isSame(one, of))!;
  const rest = restedAfter(before.rest, later, at);
  if (isHopeless(rest, later))
    return withUnreadable(state, { why: "unusable", detail: `no answer came ${rest.count} times: ${later.detail}` });
  return of === null ? { ...state, rest } : change(state, of, { rest });
}

/** A container that was deleted meanwhile holds nothing. */
export const withoutContainer = (state: ScanState, of: ScannedContainer, at: string): ScanState =>
  ended(change(state, of, { done: true, token: null }), at);

export const withUnreadable = (state: ScanState, unreadable: Unscannable): ScanState => ({ ...state, unreadable });

export const isOver = ({ doneAt, unreadable }: ScanState): boolean => doneAt !== null || unreadable !== null;

const isDue = (rest: Rest | null, at: string): boolean => rest === null || toMs(rest.until) <= toMs(at);

/** Those that a slice goes on with: the first that are not done, unless they rest. */
export const nextContainers = ({ containers }: ScanState, at: string): ScannedContainer[] =>
  (containers ?? [])
    .filter(({ done }) => !done)
    .slice(0, SIDE_BY_SIDE)
    .filter(({ rest }) => isDue(rest, at));

/** When the next slice may come; null where it is over. */
export function nextSliceAt(state: ScanState | null, at: string): string | null {
  if (state === null) return at;
  if (isOver(state)) return null;
  const { containers, rest } = state;
  if (containers === null) return isDue(rest, at) ? at : rest!.until;
  if (nextContainers(state, at).length > 0) return at;
  const times = containers
    .filter(({ done }) => !done)
    .slice(0, SIDE_BY_SIDE)
    .map((one) => one.rest!.until);
  return times.toSorted((a, b) => toMs(a) - toMs(b))[0]!;
}

/** How long a container is left alone after a page, so that the scan takes no more than so many request units a second of it. */
export const restAfterMs = (charge: number, requestUnitsPerSecond: number): number => Math.ceil((charge / requestUnitsPerSecond) * SECOND);

export type ScanProgress = { percent: number | null; etaSeconds: number | null };

/** By documents where the service tells how many there are, else by containers. */
export function progressOf(state: ScanState | null, at: string): ScanProgress {
  const containers = state?.containers ?? null;
  if (!state || containers === null || containers.length === 0) return { percent: null, etaSeconds: null };
  const isCounted = containers.every(({ documents }) => documents !== null);
  const weights = containers.map(({ documents, looked, done }) => {
    const all = isCounted ? documents! : 1;
    return { all, over: done ? all : isCounted ? Math.min(looked, all) : 0 };
  });
  const all = weights.reduce((sum, one) => sum + one.all, 0);
  const over = weights.reduce((sum, one) => sum + one.over, 0);
  const share = all === 0 ? 1 : over / all;
  const passed = (toMs(at) - toMs(state.since)) / SECOND;
  return { percent: Math.floor(share * 100), etaSeconds: share === 0 ? null : Math.round((passed * (1 - share)) / share) };
}
