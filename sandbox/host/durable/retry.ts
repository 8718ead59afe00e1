/**
 * Retries of an activity or a sub-orchestration. A last failed attempt is followed by a timer that fires at once: the SDK
 * counts on it. Source: Azure/durabletask RetryInterceptor.cs, Azure/azure-functions-durable-js RetryableTask.ts.
 */
import type { RetryOptions } from "./actions.ts";
import { Deferred } from "./deferred.ts";

export type RetryHost = { readonly now: number; timer(fireAt: number): Deferred };

export function withRetry(host: RetryHost, options: RetryOptions, call: () => Deferred): Deferred {
  const whole = new Deferred();
  const firstAttempt = host.now;
  const attempt = (count: number): void => {
    const task = call();
    task.whenDone(() => {
      if (!task.failed) return whole.settle();
      if (count + 1 >= options.maxNumberOfAttempts) return host.timer(host.now).whenDone(() => whole.settle(true));
      const delay = nextDelay(options, count, host.now - firstAttempt);
      if (delay === 0) return whole.settle(true);
      host.timer(host.now + delay).whenDone(() => attempt(count + 1));
    });
  };
  attempt(0);
  return whole;
}

function nextDelay(options: RetryOptions, count: number, elapsed: number): number {
  if (options.retryTimeoutInMilliseconds !== undefined && elapsed >= options.retryTimeoutInMilliseconds) return 0;
  const delay = options.firstRetryIntervalInMilliseconds * (options.backoffCoefficient ?? 1) ** count;
  return Math.min(delay, options.maxRetryIntervalInMilliseconds ?? Number.MAX_SAFE_INTEGER);
}
