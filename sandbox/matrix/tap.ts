/** Sees every call of the app to Azure once the story has begun, strikes some of them, and notes what was true of the databases meanwhile. */
import type { Azure } from "../azure/azure.ts";
import type { AzureRequest } from "../azure/wire.ts";
import type { World } from "../azure/world.ts";
import { type Database, truePhase } from "../play/watch.ts";
import { type CallName, nameCall } from "./call.ts";
import type { Column } from "./columns.ts";

/**
 * When a call is struck. first: at a look before anything is written; once: when it first comes at all, after a write. recheck: read a second time within one instant, before the first
 * write. after: once everything is written. A write: the nth of its key, from 0.
 */
export type Moment = "first" | "once" | "recheck" | "after" | { write: number };

export type Strike = { column: Column; shape: string; key: string; moment: Moment };

export type SeenCall = CallName & {
  /** Virtual ms. The app looks in an instant: time stands still until all is answered. */
  at: number;
  /** Calls of the same key before it in the same instant. */
  sameInstant: number;
  /** Azure goes on working on it after its answer. */
  operation: boolean;
};

export type Hit = { strike: Strike; at: number };

export type Tap = {
  readonly calls: SeenCall[];
  /** Strikes that were carried out, in order of time. */
  readonly hits: readonly Hit[];
  /** How many calls were struck: one that is struck for good, often. */
  readonly struck: number;
  /** Virtual ms after the first strike at which the same was asked again; undefined where it never was. */
  readonly againAfter: number | undefined;
  /** From now on calls are seen and struck. */
  begin(databases: () => readonly Database[]): void;
  /** Whether all databases were well at that time, as the service itself knows it. */
  wellAt(ms: number): boolean;
  /** Whether one is not well, or was seen not to be since the break. */
  readonly isHurt: boolean;
};

type Truth = { at: number; well: boolean };

/** What the calls so far come to. */
function createCount() {
  const ofKey = new Map<string, number>();
  const lastOfKey = new Map<string, { at: number; times: number }>();
  let writes = 0;
  let lastWriteAt = Number.NEGATIVE_INFINITY;
  return {
    add({ key, write }: CallName, at: number): { nth: number; sameInstant: number; writes: number; lastWriteAt: number } {
      const nth = ofKey.get(key) ?? 0;
      ofKey.set(key, nth + 1);
      const last = lastOfKey.get(key);
      const sameInstant = last?.at === at ? last.times : 0;
      lastOfKey.set(key, { at, times: sameInstant + 1 });
      const before = { nth, sameInstant, writes, lastWriteAt };
      if (write) [writes, lastWriteAt] = [writes + 1, at];
      return before;
    },
  };
}

type Counted = ReturnType<ReturnType<typeof createCount>["add"]>;

/** writes: how many there are when nothing is struck. */
function isTheMoment(moment: Moment, { nth, sameInstant, writes, lastWriteAt }: Counted, at: number, usualWrites: number): boolean {
  switch (moment) {
    case "first":
      return writes === 0;
    case "once":
      return true;
    case "recheck":
      return writes === 0 && sameInstant === 1;
    case "after":
      return writes >= usualWrites && at > lastWriteAt;
    default:
      return nth === moment.write;
  }
}

/** strikes: carried out in their order, each in an instant of its own. usualWrites: how often the app writes when nothing is struck. */
export function tapCalls(
  { azure, world }: { azure: Pick<Azure, "faults">; world: World },
  strikes: readonly Strike[],
  usualWrites: number,
): Tap {
  const { faults } = azure;
  const { clock } = world;
  const calls: SeenCall[] = [];
  const truths: Truth[] = [];
  const hits: Hit[] = [];
  const count = createCount();
  let databases: (() => readonly Database[]) | undefined;
  let struck = 0;
  let againAfter: number | undefined;
  /** After everything is written a look in peace comes before the next strike: each is then a mishap of its own. */
  let isInPeace = true;

  const areWell = (): boolean => databases?.().every((database) => truePhase(world, database) === "healthy") ?? true;
  const noteTruth = (): void => {
    // Reading changes nothing, and in one instant nothing changes by itself.
    const last = calls.at(-1);
    if (last && last.at === clock.now() && !last.write) return;
    const well = areWell();
    if (truths.at(-1)?.well !== well) truths.push({ at: clock.now(), well });
  };
  const mayBeStruck = ({ key, moment }: Strike, name: CallName, at: number): boolean => {
    const last = hits.at(-1);
    return key === name.key && (!last || (at > last.at && (moment !== "after" || isInPeace)));
  };
  const isHit = (name: CallName, counted: Counted, at: number): Strike | undefined => {
    const last = hits.at(-1);
    if (last?.strike.column.forGood && name.shape === last.strike.shape) return last.strike;
    if (last && name.key === last.strike.key && at > last.at) isInPeace = true;
    const next = strikes[hits.length];
    if (!next || !mayBeStruck(next, name, at) || !isTheMoment(next.moment, counted, at, usualWrites)) return undefined;
    hits.push({ strike: next, at });
    isInPeace = false;
    return next;
  };
  const see = (request: AzureRequest): { call: SeenCall; hit: Strike | undefined } => {
    const name = nameCall(request);
    const at = clock.now();
    const counted = count.add(name, at);
    const call: SeenCall = { ...name, at, sameInstant: counted.sameInstant, operation: false };
    calls.push(call);
    const [first] = hits;
    if (first && name.key === first.strike.key) againAfter ??= at - first.at;
    return { call, hit: isHit(name, counted, at) };
  };

  const around = faults.around.bind(faults);
  faults.around = async (request, caller, serve) => {
    if (!databases || caller?.keymend !== true) return around(request, caller, serve);
    noteTruth();
    const { call, hit } = see(request);
    if (hit) {
      struck++;
      // Taken at once, by this very request.
      faults.arm({ fault: hit.column.fault(request.url.hostname) });
    }
    const reply = await around(request, caller, serve);
    // Only Cosmos DB's operations can be made to fail.
    if (call.write && "status" in reply && reply.status < 300)
      call.operation = reply.headers["azure-asyncoperation"] !== undefined && /Microsoft\.DocumentDB/i.test(call.shape);
    return reply;
  };

  return {
    calls,
    hits,
    get struck() {
      return struck;
    },
    get againAfter() {
      return againAfter;
    },
    begin(of) {
      databases = of;
    },
    wellAt: (ms) => truths.findLast(({ at }) => at <= ms)?.well ?? true,
    get isHurt() {
      return !areWell() || truths.some(({ well }) => !well);
    },
  };
}
