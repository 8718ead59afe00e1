/** Pauses all writing, and resumes it also after a storm. On record before it holds: who, when, why, until when. */
import { RESTRAINT_AUDIT } from "../domain/incident.ts";
import { heldBack, type Pause, pauseEnd, type Restraint, type RestraintSeal, type StormLimits } from "../domain/turn/restraint.ts";
import type { ApiCaller } from "./authenticate.ts";
import { ProblemError } from "./problem.ts";

export type RestraintRecords = {
  load: () => Promise<Restraint>;
  keepPause: (pause: Pause) => Promise<void>;
  endPause: (pause: Pause) => Promise<void>;
  keepResumed: (at: string) => Promise<void>;
  loadSeal: () => Promise<RestraintSeal | undefined>;
  keepSeal: (seal: RestraintSeal) => Promise<void>;
};

export type PauseDeps = {
  stores: {
    restraint: RestraintRecords;
    appendAudit: (incidentId: string, what: string, data: unknown, caller: ApiCaller) => Promise<RestraintSeal>;
  };
  settings: StormLimits;
  now: () => Date;
};

export function createPausing({ stores: { restraint, appendAudit }, settings, now }: PauseDeps) {
  const record = async (what: string, data: unknown, caller: ApiCaller): Promise<void> =>
    restraint.keepSeal(await appendAudit(RESTRAINT_AUDIT, what, data, caller));

  async function read() {
    const kept = await restraint.load();
    const held = heldBack(kept, settings, now().toISOString());
    return { writes: held === null, why: held?.why ?? null, pause: held?.reason === "Paused" ? kept.pause : null };
  }

  return {
    read,

    pause: async ({ reason, until }: { reason: string; until?: string | undefined }, caller: ApiCaller) => {
      const at = now().toISOString();
      const end = until === undefined ? null : pauseEnd(until, at);
      if (end === undefined)
        throw new ProblemError(400, "The body is not what is expected; see errors.", [
          { field: "until", problem: "must be an ISO 8601 duration such as PT4H, or a time with its zone, at most 30 days from now" },
        ]);
      const pause: Pause = { reason, by: caller.objectId, name: caller.name, at, until: end };
      await record(`all writing paused${end === null ? "" : ` until ${end}`} by ${caller.name}: ${reason}`, pause, caller);
      await restraint.keepPause(pause);
      return read();
    },

    resume: async ({ reason }: { reason: string }, caller: ApiCaller) => {
      const { pause, troubles } = await restraint.load();
      const at = now().toISOString();
      await record(`writing resumed by ${caller.name}: ${reason}`, { reason, pause, troubles: troubles.length }, caller);
      await restraint.keepResumed(at);
      if (pause) await restraint.endPause(pause);
      return read();
    },
  };
}
