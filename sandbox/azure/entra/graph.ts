/**
 * graph.microsoft.com, as far as `az role assignment` needs it: who is this application, what is this object id called.
 * Source: Microsoft Graph v1.0, servicePrincipal list and get, directoryObject getByIds.
 */
import type { Faults } from "../faults.ts";
import { objectAt, textAt } from "../json.ts";
import { GRAPH_AUDIENCES, type Tokens } from "./tokens.ts";
import { bearerOf, jsonReply, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Principal, World } from "../world.ts";

export type Graph = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

const ROOT = "https://graph.microsoft.com/v1.0";

export function createGraph(world: World, tokens: Tokens, faults: Faults): Graph {
  return {
    async handle(request) {
      const bearer = bearerOf(request);
      const verified = bearer === undefined ? undefined : await tokens.verify(bearer, GRAPH_AUDIENCES);
      if (!verified || "problem" in verified)
        return finish(world, refusal(401, "InvalidAuthenticationToken", "Access token is empty or not valid here."));
      return faults.around(request, verified.caller, (refused) =>
        Promise.resolve(finish(world, refused ? refusal(refused.status, refused.code, refused.message) : answer(world, request))),
      );
    },
  };
}

function finish(world: World, reply: AzureReply): AzureReply {
  const requestId = world.random.guid("graph.request");
  return { ...reply, headers: { ...reply.headers, "request-id": requestId, "x-ms-request-id": requestId, "cache-control": "no-cache" } };
}

function refusal(status: number, code: string, message: string): AzureReply {
  return jsonReply(status, { error: { code, message, innerError: {} } });
}

function answer(world: World, request: AzureRequest): AzureReply {
  const [version, collection = "", id, ...rest] = request.url.pathname.split("/").filter((s) => s !== "");
  if (version !== "v1.0" || rest.length > 0) return refusal(400, "BadRequest", `Resource not found for the segment '${version}'.`);
  switch (`${request.method} ${collection.toLowerCase()}`) {
    case "GET serviceprincipals":
      return id === undefined ? listServicePrincipals(world, request) : one(world, id, "ServicePrincipal");
    case "GET users":
      return id === undefined
        ? refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        : one(world, id, "User");
    case "GET groups":
      return id === undefined
        ? refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        : one(world, id, "Group");
    case "POST directoryobjects":
      return getByIds(world, request, id ?? "");
    default:
      return refusal(400, "BadRequest", `Resource not found for the segment '${collection}'.`);
  }
}

function objectOf(principal: Principal): object {
  const { oid: id, name: displayName, type, appid: appId } = principal;
  const kind = { ServicePrincipal: "servicePrincipal", User: "user", Group: "group" }[type];
  const base = { "@odata.type": `#microsoft.graph.${kind}`, id, displayName };
  if (type === "User") return { ...base, userPrincipalName: displayName };
  return type === "Group"
    ? base
    : { ...base, appId, servicePrincipalNames: [appId], servicePrincipalType: principal.secret ? "Application" : "ManagedIdentity" };
}

function one(world: World, id: string, type: Principal["type"]): AzureReply {
  const principal = world.principals.get(id.toLowerCase());
  if (principal?.type === type)
    return jsonReply(200, { "@odata.context": `${ROOT}/$metadata#directoryObjects/$entity`, ...objectOf(principal) });
  return refusal(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

/** Filters of `az`: `servicePrincipalNames/any(c:c eq 'X')`, `appId eq 'X'`, `displayName eq 'X'`, `id eq 'X'`. */
function listServicePrincipals(world: World, request: AzureRequest): AzureReply {
  const filter = request.url.searchParams.get("$filter");
  const wanted = filter === null ? undefined : /eq '((?:[^']|'')*)'/.exec(filter)?.[1]?.replaceAll("''", "'").toLowerCase();
  if (filter !== null && wanted === undefined)
    return refusal(400, "Request_UnsupportedQuery", `Unsupported or invalid query filter clause: ${filter}`);
  const found = [...world.principals.values()].filter(
    (p) =>
      p.type === "ServicePrincipal" && (wanted === undefined || [p.appid, p.name, p.oid].some((name) => name.toLowerCase() === wanted)),
  );
  return jsonReply(200, { "@odata.context": `${ROOT}/$metadata#servicePrincipals`, value: found.map((p) => objectOf(p)) });
}

function getByIds(world: World, request: AzureRequest, action: string): AzureReply {
  if (!/^(microsoft\.graph\.)?getByIds$/i.test(action))
    return refusal(400, "BadRequest", `Resource not found for the segment '${action}'.`);
  const { ids } = objectAt(recordedBody(request.body));
  if (!Array.isArray(ids)) return refusal(400, "Request_BadRequest", "Parameter 'ids' is required.");
  const found = ids.map((id) => world.principals.get(textAt(id).toLowerCase())).filter((p) => p !== undefined);
  return jsonReply(200, { "@odata.context": `${ROOT}/$metadata#directoryObjects`, value: found.map((p) => objectOf(p)) });
}
