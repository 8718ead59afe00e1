/**
 * HTTP triggers: which one, with what request, and what its answer is on the wire. Keys (authLevel) are not asked for, as
 * `func start` does not. Source: Azure/azure-functions-host src/WebJobs.Script.Grpc RpcMessageConversionExtensions.cs.
 */
import type { Invoke } from "./functions.ts";
import { type HostRequest, type HostResponse, answer } from "./http-types.ts";
import type { RegisteredFunction } from "./registry.ts";
import { Routes } from "./routes.ts";
import type { RpcHttp, RpcNullable } from "./rpc.ts";

export class HttpTriggers {
  readonly #routes: Routes<RegisteredFunction>;
  readonly #invoke: Invoke;

  constructor(functions: readonly RegisteredFunction[], routePrefix: string, invoke: Invoke) {
    this.#invoke = invoke;
    this.#routes = new Routes(
      functions.map((fn) => {
        const { methods, route } = fn.trigger;
        const allowed = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
        const path = typeof route === "string" ? route : fn.name;
        return { methods: allowed, template: `${routePrefix}/${path}`, target: fn };
      }),
    );
  }

  async handle(request: HostRequest): Promise<HostResponse> {
    const match = this.#routes.match(request.method, request.url.pathname);
    if (!match) return answer(404);
    const { url, method, headers, body } = request;
    const http: RpcHttp = {
      method,
      url: url.href,
      nullableHeaders: nullable(headers),
      nullableQuery: nullable(Object.fromEntries(url.searchParams)),
      nullableParams: nullable(match.params),
      ...(body.length > 0 ? { body: { bytes: body } } : {}),
    };
    const ended = await this.#invoke(match.target, { http });
    // The caller learns nothing of what was thrown.
    if ("error" in ended) return answer(500);
    return ended.returnValue?.http ? fromRpc(ended.returnValue.http) : answer(204);
  }
}

function nullable(values: Record<string, string>): Record<string, RpcNullable> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function fromRpc(http: RpcHttp): HostResponse {
  const headers: HostResponse["headers"] = { ...http.headers };
  const cookies = (http.cookies ?? []).map(
    ({ name, value, path }) => `${name}=${encodeURIComponent(value)}${path ? `; path=${path.value}` : ""}`,
  );
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  return { status: Number(http.statusCode ?? 200), headers, body: http.body?.bytes ?? http.body?.string ?? "" };
}
