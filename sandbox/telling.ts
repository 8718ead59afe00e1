/** Turns what happens in a sandbox into lines for people: the app's own log, deliveries, key checks, what the key path does. */
import type { HostLog } from "./host-child.ts";
import type { Delivery } from "./azure/event-grid/grid.ts";
import type { Kind, Timeline } from "./timeline.ts";
import { type Change, type Database, truePhase } from "./watch.ts";
import { isAccount } from "./azure/documentdb/state.ts";
import type { World } from "./azure/world.ts";

/** The app logs one JSON line a thing; `text` is for people. */
export type AppEvent = { event: string; incidentId?: string; vaultId?: string; text?: string; outcome?: string; reason?: string };

/** undefined where the line is not one of those. */
export function appEventOf(log: HostLog): AppEvent | undefined {
  if (!log.message.startsWith("{")) return undefined;
  try {
    const parsed: Partial<AppEvent> = JSON.parse(log.message);
    const { event, ...rest } = parsed;
    return typeof event === "string" ? { event, ...rest } : undefined;
  } catch {
    // Some library's line that only looks like JSON.
    return undefined;
  }
}

const KINDS: Record<string, Kind> = {
  signal: "signal",
  facts: "facts",
  diagnosis: "cause",
  plan: "plan",
  refusal: "plan",
  approval: "plan",
  write: "write",
  step: "write",
  verification: "verify",
  outcome: "outcome",
  note: "verify",
};

const short = (eventType: string): string => eventType.split(".").at(-1) ?? eventType;
const nameOf = (database: Database): string => `${isAccount(database) ? "account" : "cluster"} ${database.name}`;

const passedText = ({ check }: Database, back: boolean): string =>
  check.revoked ? "its key is within reach again, and the service takes no notice" : `key check passed${back ? ", it serves again" : ""}`;

export type Teller = {
  /** A line of the app's log. */
  log(log: HostLog): void;
  /** What was delivered before the story is none of it. */
  skip(all: readonly Delivery[]): void;
  /** Deliveries since the last time. */
  deliveries(all: readonly Delivery[]): void;
  change(change: Change): void;
};

/** vaultIds: what the story is about; the app's lines about other vaults are left out. */
export function createTeller(timeline: Timeline, world: World, concerns: (vaultId: string) => boolean): Teller {
  let told = 0;
  const said = new Map<string, string>();
  const once = (key: string, kind: Kind, text: string): void => {
    // A look that finds what the last one found is no news.
    if (said.get(key) === text) return;
    said.set(key, text);
    timeline.say(kind, text);
  };
  const appLine = (event: AppEvent): void => {
    if (event.vaultId !== undefined && !concerns(event.vaultId)) return;
    const text = event.text ?? event.event;
    const kind = KINDS[event.event];
    if (event.event === "wait") timeline.waitFor(text);
    else if (kind === "signal" || kind === "facts") once(`${event.vaultId}/${kind}`, kind, text);
    else if (kind !== undefined) timeline.say(kind, text);
  };
  return {
    log(log) {
      const event = appEventOf(log);
      if (event) appLine(event);
      if (log.level !== "error" && log.level !== "warn") return;
      if (!event) timeline.say(log.level, log.message);
      else if (KINDS[event.event] === undefined && event.event !== "closed" && event.event !== "wait")
        timeline.say(log.level, event.text ?? event.event);
    },
    skip(all) {
      told = all.length;
    },
    deliveries(all) {
      for (const delivery of all.slice(told)) {
        const { eventType, functionName, status, attempt } = delivery;
        const arrived = status !== null && status < 300;
        const tries = attempt > 1 ? `, at the ${attempt}. try` : "";
        timeline.say(
          "event",
          `${short(eventType)} ${arrived ? "→" : "does not reach"} ${functionName}${arrived ? tries : " yet; Event Grid will try again"}`,
        );
      }
      told = all.length;
    },
    change({ what, database, ...rest }) {
      if (what === "whole") timeline.say("azure", `${nameOf(database)}: the key path works again`);
      if (what === "checkPassed") timeline.say("azure", `${nameOf(database)}: ${passedText(database, "back" in rest && rest.back)}`);
      if (what === "checkFailed")
        timeline.say("azure", `${nameOf(database)}: key check failed, access is revoked (${truePhase(world, database)})`);
    },
  };
}
