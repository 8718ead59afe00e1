/** Asks Azure how a submitted step went. Permission: reading the operation. */
import { type ApplyDeps, type ApplyInput, recordStep, finish } from "./apply-step.ts";
import type { AppliedStep, WriteRequest } from "../domain/incident.ts";
import { type Again, orAgain } from "./results.ts";

/** requests: what was sent for it. */
export type PollInput = ApplyInput & { poller: string; requests?: WriteRequest[] | undefined };

export type PollState =
  | { kind: "running" }
  | { kind: "succeeded" }
  | { kind: "failed"; code: string; detail: string }
  | { kind: "unknown"; detail: string };

export type PollResult = { kind: "running" } | { kind: "settled"; result: AppliedStep["result"] } | Again;

export type PollDeps = Pick<ApplyDeps, "incidents" | "audit" | "now" | "log" | "settings" | "countExtension"> & {
  poll: (poller: string) => Promise<PollState>;
};

/** Asks once. */
export async function pollStep(deps: PollDeps, { poller, requests, ...input }: PollInput): Promise<Exclude<PollResult, Again>> {
  const state = await deps.poll(poller);
  if (state.kind === "running") return { kind: "running" };
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
