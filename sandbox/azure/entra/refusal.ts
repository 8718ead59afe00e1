/** An OAuth 2.0 error: RFC 6749 section 5.2 with Microsoft's additions (Microsoft identity platform, "AADSTS error codes"). */
import { jsonReply, type AzureReply } from "../wire.ts";
import type { World } from "../world.ts";

export class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly aadsts: number;
  constructor(status: number, error: string, aadsts: number, message: string) {
    super(message);
    this.status = status;
    this.error = error;
    this.aadsts = aadsts;
  }
}

/** What a refusal says of itself, wherever it is written. */
export function wordsOf(world: World, refusal: Refusal) {
  const traceId = world.random.guid("login.trace");
  const correlationId = world.random.guid("login.correlation");
  const timestamp = `${world.clock.iso().slice(0, 19).replace("T", " ")}Z`;
  const trail = `Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`;
  return {
    error: refusal.error,
    error_description: `AADSTS${refusal.aadsts}: ${refusal.message} ${trail}`,
    error_codes: [refusal.aadsts],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${refusal.aadsts}`,
  };
}

export const refuse = (world: World, refusal: Refusal): AzureReply => jsonReply(refusal.status, wordsOf(world, refusal));

/** Of a form or a query. */
export function required(value: string | null, name: string): string {
  if (value) return value;
  throw new Refusal(400, "invalid_request", 900144, `The request body must contain the following parameter: '${name}'.`);
}
