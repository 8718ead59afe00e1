/**
 * The Event Grid webhook: one invocation an event, all of a delivery at once, and no success unless every one succeeds.
 * Source: Azure/azure-sdk-for-net Microsoft.Azure.WebJobs.Extensions.EventGrid HttpRequestProcessor.cs,
 * EventGridExtensionConfigProvider.cs; github.com/cloudevents/spec http-webhook.md section 4 for OPTIONS.
 */
import type { Invoke } from "./functions.ts";
import { type HostRequest, type HostResponse, answer, answerText } from "./http-types.ts";
import type { RegisteredFunction } from "./registry.ts";

export class EventGridWebhook {
  readonly #functions: Map<string, RegisteredFunction>;
  readonly #invoke: Invoke;

  constructor(functions: readonly RegisteredFunction[], invoke: Invoke) {
    this.#functions = new Map(functions.map((fn) => [fn.name, fn]));
    this.#invoke = invoke;
  }

  async handle(request: HostRequest): Promise<HostResponse> {
    const name = request.url.searchParams.get("functionName") ?? "";
    const fn = this.#functions.get(name);
    if (!fn) return answerText(404, `cannot find function: '${name}'`);
    if (request.method === "OPTIONS") return answer(200, { "webhook-allowed-origin": request.headers["webhook-request-origin"] ?? "*" });
    if (request.method !== "POST") return answer(400);
    switch ((request.headers["aeg-event-type"] ?? "").toLowerCase()) {
      case "subscriptionvalidation":
        return this.#validate(request);
      case "notification":
        return this.#notify(fn, request);
      case "unsubscribe":
        return answer(202);
      default:
        return answer(400);
    }
  }

  #validate(request: HostRequest): HostResponse {
    const body = parse(request);
    const [event] = Array.isArray(body) ? body : [body];
    // In the CloudEvents form the data is JSON in a string.
    const data: unknown = typeof field(event, "data") === "string" ? JSON.parse(String(field(event, "data"))) : field(event, "data");
    const code = field(data, "validationCode");
    if (typeof code !== "string") return answer(500);
    return answerText(200, JSON.stringify({ validationResponse: code }));
  }

  async #notify(fn: RegisteredFunction, request: HostRequest): Promise<HostResponse> {
    const body = parse(request);
    if (typeof body !== "object" || body === null) return answer(500);
    const events: unknown[] = Array.isArray(body) ? body : [body];
    const all = await Promise.all(
      events.map((event) =>
        this.#invoke(fn, { string: JSON.stringify(event, null, 2) }, { data: { json: JSON.stringify(field(event, "data") ?? null) } }),
      ),
    );
    const failed = all.find((ended) => "error" in ended);
    if (failed && "error" in failed) return answerText(500, `Exception while executing function: Functions.${fn.name}`);
    return answer(202);
  }
}

function parse({ body }: HostRequest): unknown {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return value;
  } catch {
    // No JSON: the caller refuses what is no event.
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
