/**
 * Traces and metrics, told to whoever is set to listen. Never holds up what it tells of, and never makes it fail: what can't be told is said
 * once, in the log, and left.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomBytes } from "node:crypto";
import type { Incident } from "../domain/incident.ts";
import { type Measure, measuresOf, measuresOfRequest, measuresOfSweeps } from "../domain/telling/metrics.ts";
import { incidentSpan, type Request, requestSpan, rootOf, type Span, workSpan } from "../domain/telling/trace.ts";
import type { SweepRecord } from "../domain/turn/sweep-record.ts";

export type Emitter = { span: (span: Span) => void; measure: (measure: Measure) => void; flush: () => Promise<void> };

export type TelemetryDeps = {
  /** Null where nobody listens: then it is never loaded, and nothing is remembered. */
  load: (() => Promise<Emitter>) | null;
  hash: (text: string) => string;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  now: () => Date;
  warn: (text: string) => void;
};

/** Of an activity: what tells whose it is. */
type Input = { incidentId: string | null; patient: { id: string }; turn?: number; step?: { name: string } };
export type Result = { kind?: string; incidentId?: string | null };

/** So many requests of one piece of work are told one by one. */
const MOST_REQUESTS = 500;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function createTelemetry({ load, hash, periodMs, now, warn }: TelemetryDeps) {
  const underWay = new AsyncLocalStorage<Request[]>();
  let loading: Promise<Emitter> | undefined;
  let hasWarned = false;

  function tell(told: (emitter: Emitter) => void): void {
    if (!load) return;
    loading ??= load();
    loading.then(told).catch((error: unknown) => {
      if (!hasWarned) warn(`traces and metrics can't be told: ${wordsOf(error)}`);
      hasWarned = true;
    });
  }

  const measure = (measures: readonly Measure[]): void => tell((emitter) => measures.forEach(emitter.measure));

  /** A look that opened no incident, as at a vault that is well, is no part of any. */
  function tellWork(
    name: string,
    input: Input,
    result: Result,
    rest: { startMs: number; failure: string | null; traceparent: string | null },
  ) {
    const incidentId = result.incidentId ?? input.incidentId;
    if (incidentId === null) return;
    const requests = underWay.getStore()!;
    const { traceId } = rootOf(incidentId, hash);
    const context = { traceId, spanId: randomBytes(8).toString("hex") };
    const { patient, turn = null, step } = input;
    const work = {
      name,
      incidentId,
      vaultId: patient.id,
      turn,
      step: step?.name ?? null,
      result: result.kind ?? "done",
      endMs: now().getTime(),
    };
    tell((emitter) => {
      emitter.span(workSpan({ ...work, ...rest }, context, hash));
      for (const request of requests) emitter.span(requestSpan(request, context));
    });
  }

  return {
    /** traceparent: of the host's own span of the invocation. */
    async within<R extends Result>(name: string, input: Input, traceparent: string | null, work: () => Promise<R>): Promise<R> {
      if (!load) return work();
      const startMs = now().getTime();
      return underWay.run([], async () => {
        try {
          const result = await work();
          tellWork(name, input, result, { startMs, failure: null, traceparent });
          return result;
        } catch (error) {
          tellWork(name, input, { kind: "threw" }, { startMs, failure: wordsOf(error), traceparent });
          throw error;
        }
      });
    },

    requested(this: void, request: Request): void {
      const requests = underWay.getStore();
      if (requests && requests.length < MOST_REQUESTS) requests.push(request);
      measure(measuresOfRequest(request));
    },

    /** Called once it is kept, so that each is told once. */
    closed(this: void, incident: Incident): void {
      const { closedAt } = incident;
      if (closedAt === null) return;
      tell((emitter) => {
        emitter.span(incidentSpan(incident, closedAt, hash));
        measuresOf(incident).forEach(emitter.measure);
      });
    },

    swept(this: void, record: SweepRecord | null): void {
      if (record) measure(measuresOfSweeps(record, now().toISOString(), periodMs));
    },

    flush: async (): Promise<void> => {
      await loading
        ?.then((emitter) => emitter.flush())
        .catch((error: unknown) => warn(`the last traces and metrics are lost: ${wordsOf(error)}`));
    },
  };
}
