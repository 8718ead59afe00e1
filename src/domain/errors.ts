/** The three errors that are thrown. Everything expected is a value; throwing means "a retry may cure this" or "this is our fault". */

export class TransientError extends Error {
  override readonly name = "TransientError";
  /** What was attempted, as a step or a read is called. */
  readonly operation: string;
  readonly resourceId: string;
  /** How long Azure asked to wait; null where it did not say. */
  readonly retryAfterMs: number | null;
  /** It may have worked all the same: no answer came, or one that says nothing about it. */
  readonly isUncertain: boolean;
  /** Azure was not asked: others come first. It says nothing of how Azure does. */
  readonly isOurs: boolean;

  constructor(failure: {
    operation: string;
    resourceId: string;
    retryAfterMs: number | null;
    detail: string;
    isUncertain?: boolean;
    isOurs?: boolean;
    cause?: unknown;
  }) {
    super(`${failure.operation} on ${failure.resourceId} did not work this time: ${failure.detail}`, { cause: failure.cause });
    this.operation = failure.operation;
    this.resourceId = failure.resourceId;
    this.retryAfterMs = failure.retryAfterMs;
    this.isUncertain = failure.isUncertain ?? false;
    this.isOurs = failure.isOurs ?? false;
  }
}

/** The configuration is wrong: every problem at once, each naming its setting. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`the configuration has ${problems.length} problem(s): ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** What cannot happen has happened: a mistake of this program. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}
