/** Sees every call of the app to Azure once the story has begun, strikes one of them, and notes what was true of the databases meanwhile. */
import type { Azure } from "../azure/azure.ts";
import type { AzureRequest } from "../azure/wire.ts";
import type { World } from "../azure/world.ts";
import { type Database, truePhase } from "../watch.ts";
import { nameCall } from "./call.ts";
import type { Column } from "./columns.ts";

/** nth: among the calls of that key, from 0. For good: every call of that shape from then on. */
export type Strike = { column: Column; shape: string; key: string; nth: number };

export type SeenCall = {
  shape: string;
  key: string;
  write: boolean;
  /** Azure goes on working on it after its answer. */
  operation: boolean;
};

export type Tap = {
  readonly calls: SeenCall[];
  /** How many calls were struck. */
  readonly struck: number;
  /** Virtual ms after the strike at which the same was asked again; undefined where it never was. */
  readonly againAfter: number | undefined;
  /** From now on calls are seen and struck. */
  begin(databases: () => readonly Database[]): void;
  /** Whether all databases were well at that time, as the service itself knows it. */
  wellAt(ms: number): boolean;
};

type Truth = { at: number; well: boolean };

export function tapCalls({ azure, world }: { azure: Azure; world: World }, strike: Strike | undefined): Tap {
  const { faults } = azure;
  const { clock } = world;
  const calls: SeenCall[] = [];
  const truths: Truth[] = [];
  let databases: (() => readonly Database[]) | undefined;
  let struck = 0;
  let struckAt: number | undefined;
  let againAfter: number | undefined;

  const noteTruth = (): void => {
    const well = databases?.().every((database) => truePhase(world, database) === "healthy") ?? true;
    if (truths.at(-1)?.well !== well) truths.push({ at: clock.now(), well });
  };
  const see = (request: AzureRequest): { call: SeenCall; hit: boolean } => {
    const call: SeenCall = { ...nameCall(request), operation: false };
    const nth = calls.filter(({ key }) => key === call.key).length;
    calls.push(call);
    if (!strike) return { call, hit: false };
    if (call.key === strike.key && struckAt !== undefined) againAfter ??= clock.now() - struckAt;
    const again = strike.column.forGood === true && struck > 0 && call.shape === strike.shape;
    return { call, hit: again || (call.key === strike.key && nth === strike.nth) };
  };

  const around = faults.around.bind(faults);
  faults.around = async (request, caller, serve) => {
    if (!databases || caller?.keymend !== true) return around(request, caller, serve);
    noteTruth();
    const { call, hit } = see(request);
    if (hit && strike) {
      struck++;
      struckAt ??= clock.now();
      // Taken at once, by this very request.
      faults.arm({ fault: strike.column.fault(request.url.hostname) });
    }
    const reply = await around(request, caller, serve);
    // Only Cosmos DB's operations can be made to fail.
    if (call.write && "status" in reply && reply.status < 300)
      call.operation = reply.headers["azure-asyncoperation"] !== undefined && /Microsoft\.DocumentDB/i.test(call.shape);
    return reply;
  };

  return {
    calls,
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
  };
}
