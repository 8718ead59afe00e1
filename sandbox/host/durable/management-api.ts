/**
 * The HTTP API that DurableClient calls, and operators too. Source: Azure/azure-functions-durable-extension HttpApiHandler.cs
 * (409 for a taken id since its `catch (OrchestrationAlreadyExistsException)`), Azure/azure-functions-durable-js DurableClient.ts.
 */
import { randomUUID } from "node:crypto";
import type { HostJson } from "../host-json.ts";
import { type HostRequest, type HostResponse, answer, answerJson } from "../http-types.ts";
import { instanceLinks } from "./client-binding.ts";
import type { Engine } from "./engine.ts";
import { historyEvent } from "./history.ts";
import { purgeBy, select, statusPayload } from "./instance-query.ts";
import { type Instance, type Store, isRunning } from "./store.ts";

export type ManagementParts = {
  engine: Engine;
  store: Store;
  hostJson: HostJson;
  hostUrl: () => string;
  now: () => number;
};

const pageSize = 100;

export class ManagementApi {
  readonly #parts: ManagementParts;

  constructor(parts: ManagementParts) {
    this.#parts = parts;
  }

  /** segments: the path below the API's base. */
  handle(request: HostRequest, segments: readonly string[]): HostResponse {
    const [collection, first, second] = segments;
    if (collection === "entities") return answerJson(501, { Message: "Entities are not played by the local host." });
    if (collection === "instances") return this.#instances(request, segments.slice(1));
    const isStart = collection === "orchestrators" && segments.length <= 3 && request.method === "POST";
    return isStart && first !== undefined ? this.#start(request, first, second) : answer(404);
  }

  #instances(request: HostRequest, [id, operation, eventName, ...rest]: readonly string[]): HostResponse {
    if (id === undefined) return this.#many(request);
    if (operation === undefined) return this.#one(request, id);
    if (request.method !== "POST" || rest.length > 0) return answer(404);
    if (eventName === undefined) return this.#operate(request, id, operation.toLowerCase());
    return operation.toLowerCase() === "raiseevent" ? this.#raise(request, id, eventName) : answer(404);
  }

  #start(request: HostRequest, name: string, id = randomUUID().replaceAll("-", "")): HostResponse {
    const { engine, store, hostJson, hostUrl } = this.#parts;
    const input = jsonText(request);
    if (input === undefined) return badRequest("Invalid JSON content");
    const existing = store.instance(id);
    if (existing && isRunning(existing) && !hostJson.anyStateOverridable) {
      return answerJson(409, { Message: `An Orchestration instance with the status ${existing.status} already exists.` });
    }
    const version = request.url.searchParams.get("version") ?? hostJson.defaultVersion;
    engine.create({ id, name, input, version, parent: null });
    const { rewindPostUri: _, ...links } = instanceLinks(hostUrl(), hostJson.hubName, id);
    return answerJson(202, links, { location: links["statusQueryGetUri"]!, "retry-after": "10" });
  }

  #many({ method, url, headers }: HostRequest): HostResponse {
    const { store, engine, now } = this.#parts;
    if (method === "GET") {
      const found = select(store.instances(), url.searchParams);
      const from = Number(headers["x-ms-continuation-token"] ?? 0);
      const to = from + Number(url.searchParams.get("top") ?? pageSize);
      const showInput = url.searchParams.get("showInput") !== "false";
      const page = found.slice(from, to).map((instance) => statusPayload(instance, { showInput }));
      return answerJson(200, page, to < found.length ? { "x-ms-continuation-token": String(to) } : {});
    }
    if (method !== "DELETE") return answer(404);
    if (!url.searchParams.has("createdTimeFrom")) {
      return answerJson(400, "Please provide value for 'createdTimeFrom' parameter.");
    }
    const purged = purgeBy(store.instances(), url.searchParams, now());
    for (const { id } of purged) engine.purge(id);
    return purged.length === 0 ? answer(404) : answerJson(200, { instancesDeleted: purged.length });
  }

  #one({ method, url }: HostRequest, id: string): HostResponse {
    const { store, engine } = this.#parts;
    const instance = store.instance(id);
    if (!instance) return answer(404);
    if (method === "DELETE") {
      if (isRunning(instance)) {
        const why = `but the orchestration with instance ID ${id} has status ${instance.status}`;
        return answerJson(412, `Only orchestrations in a terminal state can be purged, ${why}`);
      }
      engine.purge(id);
      return answerJson(200, { instancesDeleted: 1 });
    }
    return method === "GET" ? this.#status(instance, url) : answer(404);
  }

  #status(instance: Instance, url: URL): HostResponse {
    const flag = (name: string): boolean => url.searchParams.get(name)?.toLowerCase() === "true";
    const showInput = url.searchParams.get("showInput")?.toLowerCase() !== "false";
    const history = flag("showHistory") ? this.#parts.store.history(instance.id) : undefined;
    const payload = statusPayload(instance, { showInput, history, showHistoryOutput: flag("showHistoryOutput") });
    if (isRunning(instance)) return answerJson(202, payload, { location: url.href, "retry-after": "5" });
    return answerJson(instance.status === "Failed" && flag("returnInternalServerErrorOnFailure") ? 500 : 200, payload);
  }

  #raise(request: HostRequest, id: string, name: string): HostResponse {
    const refused = this.#refuseEnded(id);
    if (refused) return refused;
    const mediaType = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
    if (mediaType !== "application/json") return badRequest("Only application/json request content is supported");
    const input = jsonText(request);
    if (input === undefined) return badRequest("Invalid JSON content");
    this.#parts.engine.send(id, historyEvent("EventRaised", this.#parts.now(), { Name: name, Input: input }));
    return answer(202);
  }

  #operate({ url }: HostRequest, id: string, operation: string): HostResponse {
    const { engine, now } = this.#parts;
    const types = { terminate: "ExecutionTerminated", suspend: "ExecutionSuspended", resume: "ExecutionResumed" } as const;
    if (operation === "rewind" || operation === "restart") {
      return answerJson(501, `The ${operation} operation is not supported by the underlying storage provider.`);
    }
    if (operation !== "terminate" && operation !== "suspend" && operation !== "resume") return answer(404);
    const refused = this.#refuseEnded(id);
    if (refused) return refused;
    const reason = url.searchParams.get("reason");
    engine.send(id, historyEvent(types[operation], now(), { Input: reason === null ? null : JSON.stringify(reason) }));
    return answer(202);
  }

  #refuseEnded(id: string): HostResponse | undefined {
    const instance = this.#parts.store.instance(id);
    if (!instance) return answer(404);
    return isRunning(instance) ? undefined : answer(410);
  }
}

function badRequest(message: string): HostResponse {
  return answerJson(400, { Message: message });
}

/** The body as JSON text, of an empty text where there is none; undefined when it is not JSON. */
function jsonText({ body }: HostRequest): string | undefined {
  if (body.length === 0) return '""';
  try {
    return JSON.stringify(JSON.parse(body.toString("utf8")));
  } catch {
    return undefined;
  }
}
