/**
 * One slice of the scan of an account's document ids (domain/id-scan.ts): containers side by side, each within its share of request units, for
 * a little while; then where it stands is kept, and the next look decides what comes. Writes nothing to Azure. Permission: a data role on the
 * account (Cosmos DB Built-in Data Reader), which no deployment gives: docs/deploy.md.
 */
import type { Patient } from "../domain/facts.ts";
import {
  type DueScan,
  type IdPage,
  isOver,
  type Later,
  type ListedContainer,
  newScan,
  nextContainers,
  restAfterMs,
  type ScannedContainer,
  type ScanState,
  type Unscannable,
  withContainers,
  withoutContainer,
  withPage,
  withLater,
  withUnreadable,
} from "../domain/id-scan.ts";
import { SECOND } from "../domain/time.ts";
import type { Log } from "../log.ts";
import { type Again, orAgain } from "./results.ts";

export type ScanInput = { patient: Patient; incidentId: string; scan: DueScan };
export type ScanResult = { kind: "scanned" } | Again;

/** What does not come is a value, whether a retry may cure it or not: it holds up no look at the vault. */
export type IdReader = {
  listContainers: (endpoint: string) => Promise<ListedContainer[] | Unscannable | Later>;
  readPage: (endpoint: string, container: ScannedContainer) => Promise<IdPage | "gone" | Unscannable | Later>;
};

export type ScanDeps = {
  ids: IdReader;
  scans: { load: (wishId: string) => Promise<ScanState | null>; keep: (wishId: string, state: ScanState) => Promise<void> };
  sleep: (ms: number) => Promise<unknown>;
  now: () => Date;
  log: Log;
};

/** A look comes after each slice: repairs go before. */
const SLICE_MS = 20 * SECOND;
/** Of one container, in one slice. */
const MOST_PAGES = 100;

type Slice = { deps: ScanDeps; endpoint: string; requestUnits: number; startedAt: number; state: ScanState };

const isLater = (value: object): value is Later => "busy" in value;
const isUnscannable = (value: object): value is Unscannable => "why" in value;

/** Pages of one container until the slice is over; rests between them, so that the application has the other request units. */
async function scanContainer(slice: Slice, of: ScannedContainer): Promise<void> {
  const { deps, endpoint, requestUnits, startedAt } = slice;
  const at = (): string => deps.now().toISOString();
  let [container, rested] = [of, 0];
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await deps.ids.readPage(endpoint, container);
    if (page === "gone") return void (slice.state = withoutContainer(slice.state, of, at()));
    if (isLater(page)) return void (slice.state = withLater(slice.state, of, page, at()));
    if (isUnscannable(page)) return void (slice.state = withUnreadable(slice.state, page));
    const restMs = restAfterMs(page.charge, requestUnits);
    slice.state = withPage(slice.state, of, page, at(), restMs);
    rested += restMs;
    if (page.token === null || isOver(slice.state) || Math.max(rested, deps.now().getTime() - startedAt) >= SLICE_MS) return;
    await deps.sleep(restMs);
    container = { ...container, token: page.token };
  }
}

async function list(deps: ScanDeps, endpoint: string, state: ScanState): Promise<ScanState> {
  const listed = await deps.ids.listContainers(endpoint);
  const at = deps.now().toISOString();
  if (Array.isArray(listed)) return withContainers(state, listed, at);
  return isLater(listed) ? withLater(state, null, listed, at) : withUnreadable(state, listed);
}

async function scanSlice(deps: ScanDeps, { scan }: ScanInput): Promise<ScanResult> {
  const { wishId, wanted } = scan;
  const at = deps.now().toISOString();
  const before = (await deps.scans.load(wishId)) ?? newScan(wanted.accountId, at);
  if (isOver(before)) return { kind: "scanned" };
  const { endpoint, requestUnits } = wanted;
  if (endpoint === null) {
    await deps.scans.keep(wishId, withUnreadable(before, { why: "unusable", detail: "the account tells no endpoint" }));
    return { kind: "scanned" };
  }
  const state = before.containers === null ? await list(deps, endpoint, before) : before;
  const slice: Slice = { deps, endpoint, requestUnits, startedAt: deps.now().getTime(), state };
  await Promise.all(nextContainers(state, at).map((one) => scanContainer(slice, one)));
  await deps.scans.keep(wishId, slice.state);
  const { containers, foundCount, requestUnits: used } = slice.state;
  const done = (containers ?? []).filter((one) => one.done).length;
  deps.log.info("scanned", {
    wishId,
    accountId: wanted.accountId,
    text: `document ids: ${done} of ${containers?.length ?? "?"} containers, ${foundCount} too long, ${Math.round(used)} request units`,
  });
  return { kind: "scanned" };
}

export const createScanIds =
  (deps: ScanDeps) =>
  (input: ScanInput): Promise<ScanResult> =>
    orAgain(deps.log, input.patient.id, () => scanSlice(deps, input));
