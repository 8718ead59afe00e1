/** Typed activity calls: yield* call(context, "assess", input). */
import { type OrchestrationContext, RetryOptions, type Task } from "durable-functions";
import type { ApplyInput, ApplyResult } from "../activities/apply-step.ts";
import type { AssessInput, AssessResult } from "../activities/assess.ts";
import type { GiveUpInput } from "../activities/give-up.ts";
import type { TicketInput, TicketResult } from "../activities/open-ticket.ts";
import type { PollInput, PollResult } from "../activities/poll-step.ts";
import type { ScanInput, ScanResult } from "../activities/scan-ids.ts";

export type Activities = {
  assess: (input: AssessInput) => Promise<AssessResult>;
  applyStep: (input: ApplyInput) => Promise<ApplyResult>;
  pollStep: (input: PollInput) => Promise<PollResult>;
  scanIds: (input: ScanInput) => Promise<ScanResult>;
  openTicket: (input: TicketInput) => Promise<TicketResult>;
  giveUp: (input: GiveUpInput) => Promise<{ incidentId: string }>;
};

/** What Azure refuses or delays comes back as a value; a throw is a worker that died or a mistake: three tries, then it is told. */
function retryOptions(): RetryOptions {
  const options = new RetryOptions(5000, 3);
  options.backoffCoefficient = 2;
  return options;
}

export function* call<K extends keyof Activities>(
  context: OrchestrationContext,
  name: K,
  input: Parameters<Activities[K]>[0],
): Generator<Task, Awaited<ReturnType<Activities[K]>>, never> {
  return yield context.df.callActivityWithRetry(name, retryOptions(), input);
}
