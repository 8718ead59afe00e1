/** The shape of a provider: routes with the permission each needs. The pipeline (arm.ts, vault-host.ts) does what is common to all. */
import type { JWTPayload } from "jose";
import { type Caller, type Json, type JsonObject, subscriptionIn, type World } from "./world.ts";

export type Reply = {
  status: number;
  headers?: Record<string, string>;
  /** undefined: no body at all. */
  body?: Json;
  /** Sent as it is instead of body (pretty-printed answers). */
  text?: string;
};

export type Call = {
  world: World;
  method: string;
  url: URL;
  /** Captured by the pattern, as sent. */
  params: Record<string, string>;
  apiVersion: string;
  headers: Record<string, string>;
  /** Parsed JSON, or undefined without a body. */
  body: Json | undefined;
  caller: Caller;
  /** Of the caller's token, and of the request: there where Resource Manager is what calls. */
  claims?: JWTPayload;
  correlationId?: string;
};

/** The attributes of a role assignment that is written or deleted, as its request or the stored one names them. */
export type ConditionAttributes = {
  roleDefinitionId?: string | undefined;
  principalId?: string | undefined;
  principalType?: string | undefined;
};

/**
 * pattern: path of the resource with {params}; static parts match in any casing. `{scope}` at the start captures any
 * scope, also none. action: the Azure action needed at the scope (`scopeOf`, else the resource id of the path).
 */
export type Route = {
  method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE" | "HEAD";
  pattern: string;
  action: string | null;
  /** Whether the action is asked for, where that is open; it is where omitted. */
  isAsked?: (world: World) => boolean;
  /** operationName of the ARM event on success; none where omitted (reads, POST reads). */
  event?: string;
  scopeOf?: (call: Call) => string;
  /** What a condition on the caller's role assignment may look at: the pipeline hands it to evaluateAction. */
  attributesOf?: (call: Call) => ConditionAttributes;
  handle: (call: Call) => Reply | Promise<Reply>;
};

/** An error answer; thrown by handlers, rendered by the pipeline as {"error":{...}}. */
export class AzureError extends Error {
  readonly status: number;
  readonly code: string;
  /** body: all of it, where a provider writes it in a way of its own. */
  readonly extra: { innererror?: JsonObject; details?: Json; headers?: Record<string, string>; unwrapped?: boolean; body?: JsonObject };
  constructor(status: number, code: string, message: string, extra: AzureError["extra"] = {}) {
    super(message);
    this.name = "AzureError";
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** The subscription that the request is in; the first one where it names none. */
export const subscriptionOf = ({ world, url }: Pick<Call, "world" | "url">): string => subscriptionIn(url.pathname) ?? world.subscriptionId;

/** In the subscription of the request. */
export const isHere = (call: Pick<Call, "world" | "url">, id: string): boolean => same(subscriptionIn(id) ?? "", subscriptionOf(call));

/** ARM ids compare without case. */
export const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
