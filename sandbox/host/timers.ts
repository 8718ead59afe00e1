/**
 * Timer triggers. A schedule's status is kept, so that an occurrence missed while the host was down, or jumped over, runs once
 * and late (isPastDue), never once for each. Source: Azure/azure-webjobs-sdk-extensions TimerListener.cs, TimerInfo.cs;
 * learn.microsoft.com azure-functions/functions-bindings-timer.
 */
import { CronExpressionParser } from "cron-parser";
import type { CronStatus, Store } from "./durable/store.ts";
import type { Invoke } from "./functions.ts";
import type { InFlight } from "./in-flight.ts";
import { ListenerLock } from "./listener-lock.ts";
import type { RegisteredFunction } from "./registry.ts";

type Schedule = { fn: RegisteredFunction; expression: string; status: CronStatus; isRunning: boolean; startUp: boolean };

export type TimerParts = {
  store: Store;
  invoke: Invoke;
  inFlight: InFlight;
  now: () => number;
  settings: Record<string, string | undefined>;
  /** The host's name among those that share its state; undefined where it is alone. */
  hostName?: string | undefined;
};

export class Timers {
  readonly #parts: TimerParts;
  readonly #lock: ListenerLock;
  readonly #functions: readonly RegisteredFunction[];
  #schedules: Schedule[] | undefined;

  constructor(functions: readonly RegisteredFunction[], parts: TimerParts) {
    this.#parts = parts;
    this.#functions = functions;
    this.#lock = new ListenerLock({ hostName: undefined, ...parts });
    for (const fn of functions) nextOccurrence(this.#expression(fn), 0); // a bad expression fails the start
  }

  /** From now on occurrences count, for whoever has the lock; those missed since the last start are due at once. */
  start(): void {
    this.#schedules = this.#lock.ask() ? this.#read() : undefined;
  }

  #read(): Schedule[] {
    const { store, now } = this.#parts;
    const frozen = (this.#parts.settings["SANDBOX_HOST_FROZEN_TIMERS"] ?? "").split(",");
    return this.#functions
      .filter(({ name }) => !frozen.includes(name))
      .map((fn) => {
        const expression = this.#expression(fn);
        const stored = fn.trigger["useMonitor"] === false ? undefined : store.schedule(fn.name);
        const status = stored ?? { last: null, next: nextOccurrence(expression, now()), lastUpdated: null };
        store.saveSchedule(fn.name, status);
        return { fn, expression, status, isRunning: false, startUp: fn.trigger["runOnStartup"] === true };
      });
  }

  /** Runs what is due by now, in order of time. */
  fireDue(): void {
    const now = this.#parts.now();
    if (!this.#lock.ask()) this.#schedules = undefined;
    else this.#schedules ??= this.#read();
    const due = this.#here.filter((schedule) => !schedule.isRunning && (schedule.startUp || schedule.status.next <= now));
    due.sort((a, b) => a.status.next - b.status.next);
    for (const schedule of due) this.#fire(schedule, now);
  }

  nextDue(): number | undefined {
    const times = [
      this.#lock.nextTurn(),
      ...this.#here.filter((schedule) => !schedule.isRunning).map((schedule) => schedule.status.next),
    ].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get #here(): readonly Schedule[] {
    return this.#schedules ?? [];
  }

  /** As an operator does by `POST /admin/functions/{name}`. */
  async runNow(fn: RegisteredFunction): Promise<void> {
    const schedule = this.#here.find((known) => known.fn === fn);
    if (schedule) await this.#parts.invoke(fn, { json: timerInfo(schedule.status, false) });
  }

  #fire(schedule: Schedule, now: number): void {
    const { store, invoke, inFlight } = this.#parts;
    const { fn, expression, status } = schedule;
    // Late only if the next occurrence has come as well: a wake-up a moment after its time is on time.
    const isPastDue = status.next <= now && nextOccurrence(expression, status.next) <= now;
    schedule.isRunning = true;
    schedule.startUp = false;
    const run = async (): Promise<void> => {
      // The status is written when the function has ended: if the host dies before, it runs again.
      await invoke(fn, { json: timerInfo(status, isPastDue) });
      schedule.status = { last: now, next: nextOccurrence(expression, now), lastUpdated: now };
      store.saveSchedule(fn.name, schedule.status);
      schedule.isRunning = false;
    };
    void inFlight.run(run);
  }

  #expression(fn: RegisteredFunction): string {
    const schedule = String(fn.trigger["schedule"]);
    return schedule.replaceAll(/%([^%]+)%/g, (_match, setting: string) => {
      const value = this.#parts.settings[setting];
      if (value === undefined) throw new Error(`'%${setting}%' of function '${fn.name}' does not resolve to a value.`);
      return value;
    });
  }
}

function timerInfo({ last, next, lastUpdated }: CronStatus, isPastDue: boolean): string {
  const time = (ms: number | null): string => (ms === null ? "0001-01-01T00:00:00+00:00" : new Date(ms).toISOString());
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: time(last), Next: time(next), LastUpdated: time(lastUpdated) },
    IsPastDue: isPastDue,
  });
}

/** The first occurrence after a time, UTC. Five fields mean whole minutes, six start with the seconds. */
export function nextOccurrence(expression: string, after: number): number {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw new Error(`'${expression}' is not an NCRONTAB expression of five or six fields (a TimeSpan needs a dedicated plan).`);
  }
  const [dayOfMonth, , dayOfWeek] = fields.slice(-3);
  // NCRONTAB wants both days to match, cron either: where they differ, nothing is better than something else.
  if (dayOfMonth !== "*" && dayOfWeek !== "*")
    throw new Error(`'${expression}' names a day of the month and of the week: not played here.`);
  return CronExpressionParser.parse(expression, { currentDate: new Date(after), tz: "UTC" })
    .next()
    .getTime();
}
