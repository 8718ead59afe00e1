/** Runs one call to Azure and sorts its ending: a value, a refusal that a retry does not cure (a value too), or a thrown TransientError. */
import { TransientError } from "../domain/errors.ts";
import type { Unreadable } from "../domain/facts.ts";
import { classifyError, NOT_SENT } from "./classify-error.ts";
import type { Failure } from "./classify-error.ts";

export type CallEnding<T> = { ok: true; value: T } | { ok: false; failure: Failure };

const CURABLE = new Set<Failure["kind"]>(["throttled", "transient", "conflict", "preconditionFailed"]);

export async function callAzure<T>(operation: string, resourceId: string, run: () => Promise<T>): Promise<CallEnding<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (error) {
    const failure = classifyError(error);
    if (CURABLE.has(failure.kind)) throw toTransientError(operation, resourceId, failure, error);
    return { ok: false, failure };
  }
}

export function toTransientError(operation: string, resourceId: string, failure: Failure, cause?: unknown): TransientError {
  const detail = `${failure.code}: ${failure.message}`;
  const isUncertain = failure.kind === "transient";
  const isOurs = failure.code === NOT_SENT;
  return new TransientError({ operation, resourceId, retryAfterMs: failure.retryAfterMs ?? null, detail, isUncertain, isOurs, cause });
}

/** The value, or undefined where Azure says it is not there. Every other refusal is thrown as it came. */
export async function orAbsent<T>(run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (classifyError(error).kind === "notFound") return undefined;
    throw error;
  }
}

/** Whether this call made it: false where it is there already. Every other refusal is thrown as it came. */
export async function isNew(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (classifyError(error).code === "EntityAlreadyExists") return false;
    throw error;
  }
}

/** A refused read as a fact. Absence is no refusal: whoever reads decides about `notFound` first. */
export function toUnreadable(failure: Failure): Unreadable {
  const why = failure.kind === "denied" || failure.kind === "firewall" ? failure.kind : "unusable";
  return { state: "unreadable", why, detail: `${failure.code}: ${failure.message}` };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
