/**
 * What a trace tells: plain values, by OpenTelemetry's semantic conventions where there is one (`http.*`, `url.full`, `server.address`,
 * `error.type`, `azure.service.request.id`), else below `keymend.`. One trace is one incident: its ids come from the incident's own, so that
 * activities in any process, however often a durable orchestration was begun anew, tell of the same.
 */
import type { Incident } from "../incident.ts";
import { HOUR, toMs } from "../time.ts";
import { troubleAt } from "../turn/fix.ts";

export type Attributes = Record<string, string | number | string[]>;

export type SpanContext = { traceId: string; spanId: string };

export type Span = {
  /** Its own; absent where any does. */
  context?: SpanContext;
  /** Absent: it is the root. */
  parent?: SpanContext;
  name: string;
  kind: "internal" | "client";
  startMs: number;
  endMs: number;
  /** Why it came to nothing; absent where it did not. */
  failure?: string;
  attributes: Attributes;
  events?: { atMs: number; name: string }[];
  links?: SpanContext[];
};

/** Half a SHA-256 each, as hex: 16 bytes for a trace, 8 for a span (W3C, "Trace Context"). hash: hex digest of a text. */
export const rootOf = (incidentId: string, hash: (text: string) => string): SpanContext => ({
  traceId: hash(`trace of ${incidentId}`).slice(0, 32),
  spanId: hash(`incident ${incidentId}`).slice(0, 16),
});

/** The context in a `traceparent` (W3C, "Trace Context", version 00); undefined where it says nothing. */
export function readTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(text ?? "") ?? [];
  return traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId) ? undefined : { traceId, spanId };
}

/**
 * Application Insights takes nothing that began longer than two days ago ("older than the allowed min date. Expected: now - 172800000ms",
 * microsoft/ApplicationInsights-node.js issue 1466): what went on for longer is told from there on, and tells when it began.
 */
const LONGEST_SPAN_MS = 47 * HOUR;

/** The whole of a closed incident: begins with the event that told of it, its timeline is its events. */
export function incidentSpan(incident: Incident, closedAt: string, hash: (text: string) => string): Span {
  const { id, vaultId, outcome, reason, detail, causes, targets, timeline, signalIds } = incident;
  const endMs = toMs(closedAt);
  const startMs = Math.max(Math.min(toMs(troubleAt(incident)), endMs), endMs - LONGEST_SPAN_MS);
  return {
    context: rootOf(id, hash),
    name: "incident",
    kind: "internal",
    startMs,
    endMs,
    ...(outcome === "Escalated" || outcome === "Unrecoverable" ? { failure: detail } : {}),
    attributes: {
      ...about(id, vaultId),
      "keymend.outcome": String(outcome),
      ...(reason && { "keymend.reason": reason }),
      "keymend.causes": causes.map(({ code }) => code),
      "keymend.databases": targets.map((target) => target.id),
      "keymend.signals": signalIds.slice(0, MOST_IDS),
      "keymend.trouble_at": troubleAt(incident),
    },
    events: timeline.map(({ at, what }) => ({ atMs: toMs(at), name: what })).filter(({ atMs }) => atMs >= startMs),
  };
}

const MOST_IDS = 50;

const about = (incidentId: string, vaultId: string): Attributes => ({ "keymend.incident.id": incidentId, "keymend.vault.id": vaultId });

/** One request to Azure that was sent. status: null where no answer came. remaining: of the budget, as Azure says; null where it does not. */
export type Request = {
  method: string;
  url: string;
  /** As the governor names it: `reads 0000...`, `graph`, `vault kv-orders...`. */
  budget: string;
  startMs: number;
  endMs: number;
  status: number | null;
  remaining: number | null;
  /** Azure's own id of it. */
  requestId: string | null;
  /** Of what it belongs to, as the activity log has it. */
  correlationId: string | null;
  /** Why no answer came. */
  error: string | null;
};

export const errorOf = ({ status, error }: Request): string | null => error ?? (status !== null && status >= 400 ? String(status) : null);

/** A signed URL of an operation carries its right in its query: that is left out. */
export function requestSpan(request: Request, parent: SpanContext): Span {
  const { method, url, startMs, endMs, status, requestId } = request;
  const { hostname, origin, pathname } = new URL(url);
  const error = errorOf(request);
  return {
    parent,
    name: method,
    kind: "client",
    startMs,
    endMs,
    ...(error !== null && { failure: error }),
    attributes: {
      "http.request.method": method,
      "url.full": `${origin}${pathname}`,
      "server.address": hostname,
      ...(status !== null && { "http.response.status_code": status }),
      ...(error !== null && { "error.type": error }),
      ...(requestId !== null && { "azure.service.request.id": requestId }),
    },
  };
}

/** One activity of an incident's loop. */
export type Work = {
  name: string;
  incidentId: string;
  vaultId: string;
  /** null: of a scan, which is none's. */
  turn: number | null;
  /** Of the step that it is about, if any. */
  step: string | null;
  /** The kind of its answer. */
  result: string;
  startMs: number;
  endMs: number;
  failure: string | null;
  /** The host's own span of it. */
  traceparent: string | null;
};

export function workSpan(work: Work, context: SpanContext, hash: (text: string) => string): Span {
  const { name, incidentId, vaultId, turn, step, result, startMs, endMs, failure } = work;
  const host = readTraceparent(work.traceparent);
  return {
    context,
    parent: rootOf(incidentId, hash),
    name,
    kind: "internal",
    startMs,
    endMs,
    ...(failure !== null && { failure }),
    attributes: {
      ...about(incidentId, vaultId),
      ...(turn !== null && { "keymend.turn": turn }),
      "keymend.result": result,
      ...(step !== null && { "keymend.step": step }),
    },
    ...(host && { links: [host] }),
  };
}
