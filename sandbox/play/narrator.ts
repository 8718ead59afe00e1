/** Turns what happens in a sandbox into lines for people: the app's own log, deliveries, key checks, what the key path does. */
import type { HostLog } from "../running/host-child.ts";
import type { Delivery } from "../running/sandbox.ts";
import type { Kind, Timeline } from "./timeline.ts";
import type { Change, Database } from "./watch.ts";
import { isAccount } from "../azure/documentdb/state.ts";
import type { World } from "../azure/world.ts";

/** The app logs one JSON line a thing; `text` is for people. */
export type AppEvent = {
  event: string;
  incidentId?: string;
  vaultId?: string;
  text?: string;
  outcome?: string;
  reason?: string;
  result?: string;
};

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
  wish: "plan",
  write: "write",
  step: "done",
  verification: "verify",
  outcome: "outcome",
  note: "verify",
};

/** A step that was not done is not shown as done. */
const kindOf = ({ event, result }: AppEvent): Kind | undefined =>
  event === "step" && (result === "refused" || result === "failed") ? "warn" : KINDS[event];

/** Levels of the Functions host that people should see, whatever is logged. */
const LOUD: Record<string, Kind> = { warning: "warn", error: "error", critical: "error" };

/** Told by the outcome, or shown as what is waited for. */
const QUIET = new Set(["closed", "wait"]);

const short = (eventType: string): string => eventType.split(".").at(-1) ?? eventType;
const nameOf = (database: Database): string => `${isAccount(database) ? "account" : "cluster"} ${database.name}`;

/** What Event Grid puts into a body, in either schema: one event, or an array of one. */
type SentEvent = { eventType?: string; type?: string };

function eventTypeOf(body: string): string {
  const parsed: SentEvent | SentEvent[] = JSON.parse(body);
  const event = Array.isArray(parsed) ? parsed[0] : parsed;
  return event?.eventType ?? event?.type ?? "an event";
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
const ARM_ID = /\/subscriptions\/[^\s,;:)'"]*\/([^\s/,;:)'"]+)/gi;

function passedText({ database, back }: Extract<Change, { what: "checkPassed" }>): string {
  if (database.check.revoked) return "the key is within reach again, and the service takes no notice";
  return `key check passed${back ? ", it serves again" : ""}`;
}

export type Narrator = {
  /** A line of the app's log. */
  log(log: HostLog): void;
  delivery(delivery: Delivery): void;
  change(change: Change): void;
};

/** An identity and its principal have the same name. */
const TOLD_TWICE = /(\S+) \(principal \1\)/g;

/** concerns: whether a vault is the story's; the app's lines about other vaults are left out. */
export function createNarrator(timeline: Timeline, world: World, concerns: (vaultId: string) => boolean): Narrator {
  const said = new Map<string, string>();
  /** Names instead of ids: of a resource its last part, of a principal what people call it. */
  const plain = (text: string): string => {
    const principals = [...world.principals.values()];
    const called = (guid: string): string => principals.find(({ oid, appid }) => oid === guid || appid === guid)?.name ?? guid;
    const named = text.replace(ARM_ID, "$1").replace(GUID, (guid) => called(guid.toLowerCase()));
    return named.replace(TOLD_TWICE, "$1");
  };
  const appLine = (event: AppEvent): void => {
    if (event.vaultId !== undefined && !concerns(event.vaultId)) return;
    const text = plain(event.text ?? event.event);
    const kind = kindOf(event);
    if (event.event === "wait") timeline.waitFor(text);
    if (kind === undefined) return;
    // A look that finds what the last one found is no news.
    const place = `${event.vaultId}/${kind}`;
    if (said.get(place) === text) return;
    said.set(place, text);
    timeline.say(kind, text);
  };
  return {
    log(log) {
      const event = appEventOf(log);
      if (event) appLine(event);
      const isTold = event !== undefined && (event.event in KINDS || QUIET.has(event.event));
      const loud = LOUD[log.level];
      if (!isTold && loud !== undefined) timeline.say(loud, plain(event?.text ?? log.message));
    },
    delivery({ functionName, body, isUp }) {
      const what = short(eventTypeOf(body));
      timeline.say("event", isUp ? `${what} → ${functionName}` : `${what} does not reach ${functionName}; Event Grid will try again`);
    },
    change(change) {
      switch (change.what) {
        case "broken":
          // Nobody sees that happen: it is what the story is about.
          return;
        case "whole":
          return timeline.say("azure", `the key path works again: ${change.databases.map(nameOf).join(", ")}`);
        case "checkPassed":
          return timeline.say("azure", `${nameOf(change.database)}: ${passedText(change)}`);
        case "checkFailed":
          return timeline.say(
            "azure",
            `${nameOf(change.database)}: key check failed${change.noticed ? ", its data is out of reach now" : ""}`,
          );
      }
    },
  };
}
