/** The sandbox's own control API, plain HTTP on loopback: its clock, faults, what was written to Azure and what was delivered. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { EventGrid } from "../azure/event-grid/grid.ts";
import { readFault } from "./fault-spec.ts";
import type { Faults, FaultSpec } from "../azure/faults.ts";
import { objectAt } from "../azure/json.ts";
import { messageOf, parseBody } from "../azure/wire.ts";
import type { Json, World } from "../azure/world.ts";
import { close, listen } from "../network/loopback.ts";
import { readText } from "../network/read-text.ts";

export type Controlled = {
  world: World;
  azure: { faults: Faults; eventGrid: Pick<EventGrid, "deliveries"> };
  /** Moves the clock on by so many milliseconds; done once everything due by then has run. */
  advance: (ms: number) => Promise<void>;
};

export type Control = { controlUrl: string; close: () => Promise<void> };

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No `body`: 204. */
type Outcome = { status: number; body?: unknown };

const ROUTES = ["GET /clock", "POST /clock/advance", "POST /faults", "DELETE /faults", "GET /writes", "GET /reads", "GET /events"];

export async function startControl(controlled: Controlled): Promise<Control> {
  const server = createServer((request, response) => {
    answer(controlled, request).then(
      (outcome) => send(response, outcome),
      (error: unknown) => send(response, failure(error)),
    );
  });
  return { controlUrl: await listen(server), close: () => close(server) };
}

function send(response: ServerResponse, { status, body }: Outcome): void {
  response.writeHead(status, body === undefined ? {} : { "content-type": "application/json; charset=utf-8" });
  response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`);
}

function failure(error: unknown): Outcome {
  return { status: error instanceof Refusal ? error.status : 500, body: { error: { message: messageOf(error) } } };
}

async function answer({ world, azure, advance }: Controlled, request: IncomingMessage): Promise<Outcome> {
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  const asked = `${request.method} ${pathname}`;
  switch (asked) {
    case "GET /clock":
      return { status: 200, body: clockOf(world) };
    case "POST /clock/advance":
      await advance(advanceBy(await readJson(request)));
      return { status: 200, body: clockOf(world) };
    case "POST /faults":
      azure.faults.arm(checkedFault(await readJson(request)));
      return { status: 201, body: { armed: azure.faults.armed() } };
    case "DELETE /faults":
      azure.faults.clear();
      return { status: 204 };
    case "GET /writes":
      return { status: 200, body: world.writes };
    case "GET /reads":
      return { status: 200, body: [...world.reads.values()].toSorted((a, b) => b.count - a.count) };
    case "GET /events":
      return { status: 200, body: azure.eventGrid.deliveries };
    default:
      throw new Refusal(404, `There is no ${asked}. There are: ${ROUTES.join(", ")}.`);
  }
}

function clockOf({ clock }: World): object {
  return { now: clock.iso(), speed: clock.speed };
}

async function readJson(request: IncomingMessage): Promise<Json | undefined> {
  return parseBody(await readText(request), (problem) => new Refusal(400, `The body is not JSON: ${problem}`));
}

function advanceBy(body: Json | undefined): number {
  const { by } = objectAt(body);
  const ms = typeof by === "string" ? parseDuration(by) : undefined;
  if (ms === undefined) throw new Refusal(400, `The body must be {"by": an ISO 8601 duration such as "PT1H"}.`);
  return ms;
}

function checkedFault(body: unknown): FaultSpec {
  try {
    return readFault(body);
  } catch (error) {
    throw new Refusal(400, messageOf(error));
  }
}

/** Weeks, days, hours, minutes and seconds; months and years have no length of their own. */
function parseDuration(text: string): number | undefined {
  const match = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!match) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round(((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
