/**
 * The app's time runs faster than the engine's, so that an hour's wait is over in a minute: every time that crosses between the two
 * is moved by the same line. At the same instant and a speed of one it changes nothing.
 */
import type { Action, OrchestratorState } from "../../sandbox/host/durable/actions.ts";

/** The engine's time and the app's at one instant, ms, and how many of the app's milliseconds go by in one of the engine's. */
export type Anchor = { engine: number; app: number; speed: number };

export class TimeScale {
  readonly anchor: Anchor;

  constructor(anchor: Anchor) {
    this.anchor = anchor;
  }

  toApp(at: string): string {
    const { engine, app, speed } = this.anchor;
    return new Date(app + (Date.parse(at) - engine) * speed).toISOString();
  }

  toEngine(at: string): string {
    const { engine, app, speed } = this.anchor;
    return new Date(engine + Math.ceil((Date.parse(at) - app) / speed)).toISOString();
  }

  /** Whatever the engine tells: histories and statuses. */
  told(value: unknown): unknown {
    return deep(value, (name, text) => (TOLD.has(name) ? this.toApp(text) : text));
  }

  asked(state: OrchestratorState): OrchestratorState {
    return { ...state, actions: state.actions.map((list) => list.map((action) => this.#action(action))) };
  }

  #action({ fireAt, retryOptions, compoundActions, ...action }: Action): Action {
    const { speed } = this.anchor;
    const scaled = Object.entries(retryOptions ?? {}).map(([name, value]) => [
      name,
      name.endsWith("InMilliseconds") ? value / speed : value,
    ]);
    return {
      ...action,
      ...(fireAt ? { fireAt: this.toEngine(fireAt) } : {}),
      ...(retryOptions ? { retryOptions: Object.fromEntries(scaled) } : {}),
      ...(compoundActions ? { compoundActions: compoundActions.map((inner) => this.#action(inner)) } : {}),
    };
  }
}

const TOLD = new Set(["Timestamp", "FireAt", "ScheduledTime", "createdTime", "lastUpdatedTime"]);

/** Not into what functions said: that is JSON in a string, or stands under these names. */
const APPS_OWN = new Set(["input", "output", "customStatus", "Input", "Result"]);

function deep(value: unknown, change: (name: string, text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => deep(item, change));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    if (APPS_OWN.has(name)) return [name, inner];
    return [name, typeof inner === "string" ? change(name, inner) : deep(inner, change)];
  });
  return Object.fromEntries(entries);
}
