/** Asks Azure how a submitted step went. Permission: reading the operation. */
import { type ApplyDeps, type ApplyInput, finish, follow, isLong, recordStep } from "./apply-step.ts";
import { formatDuration, toMs } from "../domain/time.ts";
import { ESCALATE_AFTER_MS } from "../domain/turn/waits.ts";
import type { AppliedStep, WriteRequest } from "../domain/incident.ts";
import { type Again, orAgain } from "./results.ts";

/** requests: what was sent for it. since: when Azure took it; it is then followed by the looks, or is to be from now on. Absent before that. */
export type PollInput = ApplyInput & { poller: string; requests?: WriteRequest[] | undefined; since?: string };

export type PollState =
  | { kind: "running" }
  | { kind: "succeeded" }
  | { kind: "failed"; code: string; detail: string }
  | { kind: "unknown"; detail: string };

export type PollResult =
  | { kind: "running" }
  /** It runs, and the looks follow it. */
  | { kind: "followed" }
  | { kind: "settled"; result: AppliedStep["result"] }
  | Again;

export type PollDeps = Pick<ApplyDeps, "incidents" | "audit" | "now" | "log" | "settings" | "countExtension"> & {
  poll: (poller: string) => Promise<PollState>;
};

async function stillRuns(deps: PollDeps, { poller, requests, since, ...input }: PollInput): Promise<Exclude<PollResult, Again>> {
  if (since === undefined) return { kind: "running" };
  if (!input.follows) return (await follow(deps, input, { poller, requests }, since)) ? { kind: "followed" } : { kind: "running" };
  const ms = deps.now().getTime() - toMs(since);
  if (isLong(input.step) || ms < ESCALATE_AFTER_MS) return { kind: "running" };
  // Written once is enough here, too.
  await finish(deps, input, { detail: `Azure accepted it and has worked on it for ${formatDuration(ms)}; what it did is read`, requests });
  return { kind: "settled", result: "done" };
}

/** Asks once. */
export async function pollStep(deps: PollDeps, asked: PollInput): Promise<Exclude<PollResult, Again>> {
  const { poller, requests, since: _, ...input } = asked;
  const state = await deps.poll(poller);
  if (state.kind === "running") return stillRuns(deps, asked);
  if (state.kind === "succeeded") {
    await finish(deps, input, { detail: "Azure says Succeeded", requests });
    return { kind: "settled", result: "done" };
  }
  if (state.kind === "unknown") {
    // Written once is enough: whether it worked is read from the facts, never by writing again.
    await finish(deps, input, { detail: `Azure accepted it; how it went can't be read: ${state.detail}`, requests });
    return { kind: "settled", result: "done" };
  }
  await recordStep(deps, input, "failed", { detail: `${state.code}: ${state.detail}`, requests });
  return { kind: "settled", result: "failed" };
}

export const createPollStep =
  (deps: PollDeps) =>
  (input: PollInput): Promise<PollResult> =>
    orAgain(deps.log, input.patient.id, () => pollStep(deps, input));
