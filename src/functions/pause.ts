/** Pauses and resumes all writing. On record before it holds: who, when, why, until when. */
import { heldBack, type Pause, pauseEnd, type Restraint, RESTRAINT_AUDIT, type RestraintSeal } from "../domain/turn/restraint.ts";
import type { ApiCaller } from "./authenticate.ts";
import { ProblemError } from "./problem.ts";

export type RestraintRecords = {
  load: () => Promise<Restraint>;
  keepPause: (pause: Pause) => Promise<void>;
  endPause: () => Promise<void>;
  loadSeal: () => Promise<RestraintSeal | undefined>;
  keepSeal: (seal: RestraintSeal) => Promise<void>;
};

export type PauseDeps = {
  stores: {
    restraint: RestraintRecords;
    appendAudit: (incidentId: string, what: string, data: unknown, caller: ApiCaller) => Promise<RestraintSeal>;
  };
  now: () => Date;
};

export function createPausing({ stores: { restraint, appendAudit }, now }: PauseDeps) {
  const record = async (what: string, data: unknown, caller: ApiCaller): Promise<void> =>
    restraint.keepSeal(await appendAudit(RESTRAINT_AUDIT, what, data, caller));

  async function read() {
    const { pause } = await restraint.load();
    const held = heldBack({ pause }, now().toISOString());
    return { writes: held === null, why: held?.why ?? null, pause: held && pause };
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
      const { pause } = await restraint.load();
      await record(`writing resumed by ${caller.name}: ${reason}`, { reason, pause }, caller);
      await restraint.endPause();
      return read();
    },
  };
}
