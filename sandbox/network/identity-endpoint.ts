/**
 * The managed identity endpoint of App Service and Functions, protocol 2019-08-01, for the identities assigned to the app.
 * Source: Azure App Service, "How to use managed identities", REST endpoint reference.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { lifetimeOf, type Tokens } from "../azure/entra/tokens.ts";
import { messageOf } from "../azure/wire.ts";
import type { Principal, World } from "../azure/world.ts";
import { close, listen } from "./loopback.ts";

export type IdentityEndpoint = { endpoint: string; header: string; close: () => Promise<void> };

type Answer = { status: number; body: object };

/** identities: client ids of the user-assigned identities that the app has. */
export type IdentitySource = { world: World; tokens: Tokens; identities: string[] };

/** source: asked at every request. */
export async function startIdentityEndpoint(source: () => IdentitySource): Promise<IdentityEndpoint> {
  const header = randomUUID().toUpperCase();
  const respond = async (request: IncomingMessage): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (pathname !== "/msi/token") return refusal(404, `There is nothing at ${pathname}.`);
    // The header keeps out requests that someone talked the app into making (SSRF).
    if (request.headers["x-identity-header"] !== header) return refusal(401, "The X-IDENTITY-HEADER header is missing or wrong.");
    const version = searchParams.get("api-version");
    if (version !== "2019-08-01") return refusal(400, `The api-version '${version ?? ""}' is not supported; use 2019-08-01.`);
    const resource = searchParams.get("resource");
    if (!resource) return refusal(400, "The resource query parameter is required.");
    const { world, tokens, identities } = source();
    const principal = find(world, identities, searchParams);
    if (!principal)
      return refusal(400, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.");
    const expires = Math.floor(world.clock.now() / 1000) + lifetimeOf(principal, resource);
    const token = await tokens.issue(principal, resource);
    return {
      status: 200,
      body: { access_token: token, expires_on: String(expires), resource, token_type: "Bearer", client_id: principal.appid.toUpperCase() },
    };
  };

  const server = createServer((request, response) => {
    const send = ({ status, body }: Answer): void => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
    };
    respond(request).then(send, (error: unknown) => send(refusal(500, messageOf(error))));
  });
  return { endpoint: `${await listen(server)}/msi/token`, header, close: () => close(server) };
}

function refusal(statusCode: number, message: string): Answer {
  return { status: statusCode, body: { statusCode, message } };
}

/** By client_id, principal_id or mi_res_id. With none of them a system-assigned identity is meant, and this app has none. */
function find(world: World, identities: string[], asked: URLSearchParams): Principal | undefined {
  const resourceId = asked.get("mi_res_id")?.toLowerCase();
  const clientId = resourceId === undefined ? asked.get("client_id") : world.identities.get(resourceId)?.clientId;
  const objectId = asked.get("principal_id") ?? asked.get("object_id");
  return [...world.principals.values()].find(
    ({ appid, oid }) =>
      identities.some((id) => id.toLowerCase() === appid.toLowerCase()) &&
      (appid.toLowerCase() === clientId?.toLowerCase() || oid.toLowerCase() === objectId?.toLowerCase()),
  );
}
