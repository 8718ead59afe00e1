/** How much time there is until a database service checks its key again, as the documentation has it: within an hour. */
import type { Phase } from "../../domain/cause.ts";
import { HOUR, toIso, toMs } from "../../domain/time.ts";
import type { Incident } from "./answers.ts";

/**
 * running: broken, and not noticed yet. waiting: mended, and the service has to notice that. of: which databases. What is left is at most this: when the service
 * checked last is not known (Microsoft Learn, "Configure customer-managed keys for your Azure Cosmos DB account": access is polled every hour).
 */
export type Grace = { kind: "running" | "waiting"; of: string[]; since: string; until: string; leftMs: number; share: number };

const LATEST = HOUR;

/** The time of the last write that was made. */
export function lastWriteAt({ applied }: Pick<Incident, "applied">): string | null {
  return applied
    .filter(({ result }) => result === "done")
    .reduce<string | null>((last, { at }) => (last === null || at > last ? at : last), null);
}

/** null: no clock runs. now: by Keymend's clock, ms. */
export function graceOf(incident: Pick<Incident, "since" | "state" | "targets" | "applied">, now: number): Grace | null {
  if (incident.state === "closed") return null;
  const inPhase = (wanted: Phase): string[] => incident.targets.filter(({ phase }) => phase === wanted).map(({ id }) => id);
  const [running, waiting] = [inPhase("inGrace"), inPhase("recovering")];
  if (running.length + waiting.length === 0) return null;
  const kind = running.length > 0 ? "running" : "waiting";
  const since = kind === "running" ? incident.since : (lastWriteAt(incident) ?? incident.since);
  const end = toMs(since) + LATEST;
  const leftMs = Math.max(0, end - now);
  const of = running.length > 0 ? running : waiting;
  return { kind, of, since, until: toIso(end), leftMs, share: Math.min(1, Math.max(0, 1 - leftMs / LATEST)) };
}
