/** Faults armed through the control API: which requests they hit, how often, and what happens to those. */
import { AzureError } from "./routes.ts";
import type { Caller } from "./world.ts";
import type { AzureFault, AzureReply, AzureRequest } from "./wire.ts";

/** Done, and answered as asked; then `keep` changes what is kept. For tests and stories alone: no request could carry it. */
type KeptOtherwise = { kind: "keptOtherwise"; keep: () => void };

/** What a request can ask for. */
export type Fault = {
  /**
   * status: refused with it. reset: the connection breaks, nothing was done. timeout: silence, then the connection breaks; nothing was done.
   * lostAnswer: done, but the connection breaks before the answer. operationFails: the next long-running operation ends Failed.
   */
  kind: "status" | "reset" | "timeout" | "lostAnswer" | "operationFails";
  status?: number;
  code?: string;
  message?: string;
  /** Seconds. */
  retryAfter?: number;
};

export type FaultSpec = {
  /** Each part given must fit; path is a part of the path and query, in any case; caller is a name, or `keymend` for all of its identities. */
  match?: { method?: string; host?: string; path?: string; caller?: string };
  fault: Fault | KeptOtherwise;
  /** How many fitting requests pass first. */
  after?: number;
  /** How many are hit; 1 unless said. */
  times?: number;
};

/** Runs the request; with a refusal, as far as the point where a provider would refuse. */
export type Serve = (refusal?: AzureError) => Promise<AzureReply>;

export type Faults = {
  arm(spec: FaultSpec): void;
  clear(): void;
  /** How many faults wait for a fitting request. */
  armed(): number;
  /** Serves a request unless a fault has something else in store for it. */
  around(request: AzureRequest, caller: Caller | undefined, serve: Serve): Promise<AzureReply | AzureFault>;
  /** Asked by a provider as a long-running operation begins: how it is to end, if a fault says so. */
  takeOperationFailure(): OperationFailure | undefined;
};

type OperationFailure = { code: string; message: string };

type Armed = { spec: FaultSpec; skip: number; left: number };

/** The codes Azure's front ends use where the provider names none: Azure Resource Manager, common deployment errors. */
const CODES: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  408: "RequestTimeout",
  409: "Conflict",
  412: "PreconditionFailed",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

export function createFaults(): Faults {
  let armed: Armed[] = [];
  let operations: OperationFailure[] = [];

  const take = (request: AzureRequest, caller: Caller | undefined): FaultSpec["fault"] | undefined => {
    const hit = armed.find((a) => matches(a.spec.match ?? {}, request, caller) && a.skip-- <= 0);
    if (!hit) return undefined;
    hit.left -= 1;
    armed = armed.filter((a) => a.left > 0);
    return hit.spec.fault;
  };

  return {
    takeOperationFailure: () => operations.shift(),
    arm(spec) {
      armed.push({ spec, skip: spec.after ?? 0, left: spec.times ?? 1 });
    },
    armed: () => armed.length,
    clear() {
      armed = [];
      operations = [];
    },
    async around(request, caller, serve) {
      const fault = take(request, caller);
      if (fault === undefined) return serve();
      if (fault.kind === "status") return serve(refusalOf(fault));
      if (fault.kind === "reset" || fault.kind === "timeout") return { fault: fault.kind };
      if (fault.kind === "operationFails") {
        operations.push({ code: fault.code ?? "InternalServerError", message: fault.message ?? "An unexpected error occurred." });
        return serve();
      }
      const reply = await serve();
      if (fault.kind !== "keptOtherwise") return { fault: "reset" };
      fault.keep();
      return reply;
    },
  };
}

function refusalOf(fault: Fault): AzureError {
  const status = fault.status ?? 500;
  const code = fault.code ?? CODES[status] ?? "Error";
  const headers = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  return new AzureError(status, code, fault.message ?? `The request was refused: ${code}.`, { headers });
}

function matches(match: NonNullable<FaultSpec["match"]>, request: AzureRequest, caller: Caller | undefined): boolean {
  const { method, host, path } = match;
  if (method !== undefined && method.toUpperCase() !== request.method.toUpperCase()) return false;
  if (host !== undefined && host.toLowerCase() !== request.url.hostname.toLowerCase()) return false;
  if (path !== undefined && !`${request.url.pathname}${request.url.search}`.toLowerCase().includes(path.toLowerCase())) return false;
  if (match.caller === undefined) return true;
  return match.caller === "keymend" ? caller?.keymend === true : caller?.name === match.caller;
}
