/**
 * Says what an Azure refusal means. The only place that looks at HTTP statuses. What is no answer of Azure, no network
 * failure and no failure to get a token is thrown on as it is: it would be a mistake of this program.
 */
import { isRestError } from "@azure/core-rest-pipeline";
import type { PipelineResponse, RestError } from "@azure/core-rest-pipeline";

export type FailureKind = "throttled" | "conflict" | "preconditionFailed" | "notFound" | "denied" | "firewall" | "invalid" | "transient";

export type Failure = {
  kind: FailureKind;
  /** Azure's own code, the inner one where the outer says nothing (`Forbidden`, `Conflict`). */
  code: string;
  message: string;
  /** How long Azure asked to wait; absent where it did not say. */
  retryAfterMs?: number;
};

type Words = { code: string | undefined; message: string };

const KIND_OF_STATUS: Readonly<Record<number, FailureKind>> = {
  401: "denied",
  403: "denied",
  404: "notFound",
  408: "transient",
  409: "conflict",
  412: "preconditionFailed",
  423: "conflict",
  429: "throttled",
};

/** Codes that name a status and no reason; the reason is then in `innererror`. */
const GENERIC = new Set(["Forbidden", "Conflict", "BadRequest", "BadArgumentError", "Unauthorized"]);

/** Codes that say more than the status they come with. */
const KIND_OF_CODE = new Map<string, FailureKind>(
  Object.entries<FailureKind>({
    ForbiddenByFirewall: "firewall",
    // Public access switched off is told by either code (several public reports).
    ForbiddenByConnection: "firewall",
    // Key reads through ARM answer 400 where the data plane answers 403. Seen: Azure/bicep issue 6539.
    ForbiddenByRbac: "denied",
    // 404 for "not for you" rather than "not there": no read may take it for absence.
    SubscriptionNotFound: "denied",
    InvalidSubscriptionId: "denied",
    // 409 for a subscription that can't have such resources at all.
    MissingSubscriptionRegistration: "notFound",
  }),
);

/** No answer at all, or no token to ask with: nothing was read, and a retry may cure it. */
const NO_ANSWER = new Set([
  "AbortError",
  "TimeoutError",
  "CredentialUnavailableError",
  "AuthenticationError",
  "AggregateAuthenticationError",
  "AuthenticationRequiredError",
]);

export function classifyError(error: unknown): Failure {
  if (isRestError(error)) return classifyRestError(error);
  if (error instanceof Error && NO_ANSWER.has(error.name)) return { kind: "transient", code: error.name, message: error.message };
  // An answer of a shape that this program does not know.
  if (error instanceof Error && error.name === "ValiError") return { kind: "invalid", code: "UnreadableAnswer", message: error.message };
  throw error;
}

function classifyRestError(error: RestError): Failure {
  const { code, message } = wordsOf(error);
  if (error.statusCode === undefined) {
    // Without an answer the SDKs give the socket's code; without even that the answer could not be understood.
    return { kind: code === undefined ? "invalid" : "transient", code: code ?? "UnreadableAnswer", message };
  }
  const retryAfterMs = readRetryAfter(error);
  return {
    kind: kindOf(error.statusCode, code, message),
    code: code ?? `Http${error.statusCode}`,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function kindOf(status: number, code: string | undefined, message: string): FailureKind {
  const known = KIND_OF_CODE.get(code ?? "");
  if (known !== undefined) return known;
  if (status === 400 && message.startsWith("[ForbiddenByRbac")) return "denied";
  if (status === 404 && code === undefined) return "transient"; // Azure always names what is missing; a box on the way does not
  return KIND_OF_STATUS[status] ?? (status >= 500 ? "transient" : "invalid");
}

/**
 * Cosmos DB sends its errors without the outer `error` (recorded: Azure/azure-powershell, CosmosDB.Test); Key Vault nests
 * the reason in `innererror`, which its SDK renames; Tables has `odata.error`; Microsoft.Support writes `Error` and `Code` (recorded:
 * Azure/azure-cli-extensions, test_support_tickets.yaml, 2020-01). Each SDK keeps the body in another place.
 */
function wordsOf(error: RestError): Words {
  const bodies = [error.details, parse(error.response?.bodyAsText), member(error.response, "parsedBody"), parse(error.message)];
  const cores = bodies.map(
    (body) => member(body, "error") ?? member(body, "Error") ?? member(body, "odata.error") ?? member(body, "odataError") ?? body,
  );
  const first = (read: (core: unknown) => unknown): string | undefined => cores.map(read).find((value) => isText(value));
  const outer = first((core) => member(core, "code") ?? member(core, "Code")) ?? (isText(error.code) ? error.code : undefined);
  const inner = first((core) => member(member(core, "innererror") ?? member(core, "innerError"), "code"));
  const message =
    first((core) => member(core, "message") ?? member(core, "Message")) ?? first((core) => member(member(core, "message"), "value"));
  return {
    code: outer === undefined || GENERIC.has(outer) ? (inner ?? outer) : outer,
    message: (message ?? error.message).slice(0, 2000),
  };
}

/**
 * What a failed call to a vault's own name says of the name. Every answer of Key Vault names its service's version, or asks for a token
 * (recorded: Azure/azure-cli test_keyvault_key_delete.yaml, 2022-08). A proxy says 502 of a name that it can't resolve (RFC 9110 section 15.6.3).
 */
export function heardIn(error: unknown): "answered" | "noSuchName" | "silent" {
  if (!isRestError(error)) {
    classifyError(error); // a mistake of this program is thrown on
    return "silent"; // no token to ask with says nothing of the name
  }
  const { headers } = error.response ?? {};
  if (headers?.has("x-ms-keyvault-service-version") || headers?.has("www-authenticate")) return "answered";
  return error.code === "ENOTFOUND" || error.statusCode === 404 || error.statusCode === 502 ? "noSuchName" : "silent";
}

/** The connection ended before there was an answer (Node.js, "Errors": "forcibly closed by a peer"). */
export const isCut = (error: unknown): boolean => isRestError(error) && error.code === "ECONNRESET";

/** Of a request that this program did not send, for want of a token (governor.ts). */
export const NOT_SENT = "NotSent";

const readRetryAfter = ({ response, statusCode }: RestError): number | undefined =>
  response && retryAfterOf(response.headers, statusCode ?? response.status);

/** How long Azure asks to wait; undefined where it does not say. */
export function retryAfterOf(headers: PipelineResponse["headers"], status: number): number | undefined {
  const header = (name: string): string | undefined => headers.get(name) || undefined;
  const inMs = header("retry-after-ms") ?? header("x-ms-retry-after-ms");
  const wait = header("retry-after");
  const waitMs =
    inMs !== undefined
      ? Number(inMs)
      : wait !== undefined
        ? (secondsToMs(wait) ?? Date.parse(wait) - (Date.parse(header("date") ?? "") || Date.now()))
        : status === 429
          ? quotaResetMs(header("x-ms-user-quota-resets-after"))
          : Number.NaN;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

const secondsToMs = (seconds: string): number | undefined => (Number.isFinite(Number(seconds)) ? Number(seconds) * 1000 : undefined);

/** hh:mm:ss, from Resource Graph. learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests */
function quotaResetMs(text: string | undefined): number {
  const parts = /^(\d+):(\d\d):(\d\d)$/.exec(text ?? "");
  return parts === null ? Number.NaN : (Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3])) * 1000;
}

function parse(body: unknown): unknown {
  if (!isText(body) || !body.trimStart().startsWith("{")) return undefined;
  return jsonIn(body);
}

/** Undefined where it is cut off or no JSON: then another place must say it, or the schema that it is held against. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (Reflect.get(value, name) ?? undefined) : undefined;
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
