/**
 * login.microsoftonline.com: what `az login --service-principal`, MSAL and jose ask of it. Here client credentials; people in interactive.ts.
 * Sources: Microsoft identity platform, "OAuth 2.0 client credentials flow" and "AADSTS error codes".
 */
import type { Faults } from "../faults.ts";
import { AzureError } from "../routes.ts";
import { createInteractive, type Interactive } from "./interactive.ts";
import { Refusal, refuse, required } from "./refusal.ts";
import { isAzureResource, lifetimeOf, type Tokens } from "./tokens.ts";
import { jsonReply, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Caller, Principal, World } from "../world.ts";

const HOST = "https://login.microsoftonline.com";
/** Names that stand for "any tenant"; this sandbox has one. */
const ANY_TENANT = ["common", "organizations"];

export type Login = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

export function createLogin(world: World, tokens: Tokens, faults: Faults): Login {
  const parts = { world, tokens, interactive: createInteractive(world, tokens) };
  const respond = async (request: AzureRequest): Promise<AzureReply> => {
    try {
      return await route(parts, request);
    } catch (error) {
      if (error instanceof Refusal) return refuse(world, error);
      throw error;
    }
  };
  return {
    handle: (request) =>
      faults.around(request, callerOf(world, request), async (refusal) => {
        const reply = refusal ? refuse(world, asRefusal(refusal)) : await respond(request);
        return { ...reply, headers: { ...headers(world), ...reply.headers, ...refusal?.extra.headers } };
      }),
  };
}

function headers(world: World): Record<string, string> {
  return {
    "cache-control": "no-store, no-cache",
    pragma: "no-cache",
    expires: "-1",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-ms-request-id": world.random.guid("login.request"),
    date: new Date(world.clock.now()).toUTCString(),
  };
}

/** AADSTS90033: "A transient error has occurred. Please try again." */
function asRefusal(error: AzureError): Refusal {
  return new Refusal(error.status, "temporarily_unavailable", 90033, error.message);
}

type Parts = { world: World; tokens: Tokens; interactive: Interactive };

async function route({ world, tokens, interactive }: Parts, request: AzureRequest): Promise<AzureReply> {
  const [tenant = "", ...rest] = request.url.pathname.split("/").filter((s) => s !== "");
  const path = rest.join("/").toLowerCase();
  if (path === "discovery/instance") return jsonReply(200, instances(tenant));
  requireTenant(world, tenant);
  const ofPerson = await interactive.answer(request, path);
  if (ofPerson) return ofPerson;
  switch (`${request.method} ${path}`) {
    case "GET .well-known/openid-configuration":
      return jsonReply(200, configuration(world, 1));
    case "GET v2.0/.well-known/openid-configuration":
      return jsonReply(200, configuration(world, 2));
    case "GET discovery/keys":
    case "GET discovery/v2.0/keys":
      return jsonReply(200, await tokens.jwks());
    case "POST oauth2/token":
      return token(world, tokens, request, "resource");
    case "POST oauth2/v2.0/token":
      return token(world, tokens, request, "scope");
    default:
      return jsonReply(404, {
        error: "invalid_request",
        error_description: `The sandbox's login host does not know ${request.url.pathname}.`,
      });
  }
}

function requireTenant(world: World, tenant: string): void {
  if (tenant.toLowerCase() === world.tenantId.toLowerCase() || ANY_TENANT.includes(tenant.toLowerCase())) return;
  const advice = "Check to make sure you have the correct tenant ID and are signing into the correct cloud.";
  throw new Refusal(400, "invalid_tenant", 90002, `Tenant '${tenant}' not found. ${advice}`);
}

function instances(tenant: string): object {
  return {
    tenant_discovery_endpoint: `${HOST}/${tenant}/v2.0/.well-known/openid-configuration`,
    "api-version": "1.1",
    metadata: [
      {
        preferred_network: "login.microsoftonline.com",
        preferred_cache: "login.windows.net",
        aliases: ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
      },
    ],
  };
}

function configuration(world: World, version: 1 | 2): object {
  const at = `${HOST}/${world.tenantId}`;
  const v2 = version === 2;
  return {
    token_endpoint: `${at}/oauth2${v2 ? "/v2.0" : ""}/token`,
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    jwks_uri: `${at}/discovery${v2 ? "/v2.0" : ""}/keys`,
    response_modes_supported: ["query", "fragment", "form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    response_types_supported: ["code", "id_token", "code id_token", "token"],
    scopes_supported: ["openid", "profile", "email", "offline_access"],
    issuer: v2 ? `${at}/v2.0` : `https://sts.windows.net/${world.tenantId}/`,
    authorization_endpoint: `${at}/oauth2${v2 ? "/v2.0" : ""}/authorize`,
    device_authorization_endpoint: `${at}/oauth2${v2 ? "/v2.0" : ""}/devicecode`,
    end_session_endpoint: `${at}/oauth2${v2 ? "/v2.0" : ""}/logout`,
    tenant_region_scope: "EU",
    cloud_instance_name: "microsoftonline.com",
    cloud_graph_host_name: "graph.windows.net",
    msgraph_host: "graph.microsoft.com",
  };
}

type Credentials = { clientId: string | null; secret: string | null };

/** In the form or, as RFC 6749 section 2.3.1 allows, in a Basic header. */
function credentialsOf(request: AzureRequest, form: URLSearchParams): Credentials {
  const basic = /^Basic\s+(\S+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
  if (basic === undefined) return { clientId: form.get("client_id"), secret: form.get("client_secret") };
  const [id = "", secret = ""] = Buffer.from(basic, "base64").toString("utf8").split(":");
  return { clientId: decodeURIComponent(id), secret: decodeURIComponent(secret) };
}

/** For faults only: who asks, whether or not the secret is right. */
function callerOf(world: World, request: AzureRequest): Caller | undefined {
  if (request.method !== "POST") return undefined;
  const { clientId } = credentialsOf(request, new URLSearchParams(request.body));
  return clientId === null ? undefined : principalOf(world, clientId);
}

function principalOf(world: World, clientId: string): Principal | undefined {
  return [...world.principals.values()].find((p) => p.type === "ServicePrincipal" && p.appid.toLowerCase() === clientId.toLowerCase());
}

async function token(world: World, tokens: Tokens, request: AzureRequest, parameter: "scope" | "resource"): Promise<AzureReply> {
  const form = new URLSearchParams(request.body);
  const grant = required(form.get("grant_type"), "grant_type");
  if (grant !== "client_credentials") {
    throw new Refusal(400, "unsupported_grant_type", 70003, `The app requested an unsupported grant type '${grant}'.`);
  }
  const principal = authenticate(world, credentialsOf(request, form));
  const audience = audienceOf(world, parameter, required(form.get(parameter), parameter));
  const seconds = lifetimeOf(principal, audience);
  const answer = {
    token_type: "Bearer",
    expires_in: seconds,
    ext_expires_in: seconds,
    access_token: await tokens.issue(principal, audience),
  };
  if (parameter === "scope") return jsonReply(200, answer);
  // Version 1 of the endpoint writes its numbers as texts.
  const now = Math.floor(world.clock.now() / 1000);
  const times = {
    expires_in: String(seconds),
    ext_expires_in: String(seconds),
    expires_on: String(now + seconds),
    not_before: String(now),
  };
  return jsonReply(200, { ...answer, ...times, resource: audience });
}

function authenticate(world: World, { clientId, secret }: Credentials): Principal {
  const principal = principalOf(world, required(clientId, "client_id"));
  if (!principal) {
    const why =
      "This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. " +
      "You may have sent your authentication request to the wrong tenant.";
    throw new Refusal(
      400,
      "unauthorized_client",
      700016,
      `Application with identifier '${clientId}' was not found in the directory 'Contoso'. ${why}`,
    );
  }
  if (!secret) {
    const parameters = "'client_assertion' or 'client_secret'";
    throw new Refusal(401, "invalid_client", 7000218, `The request body must contain the following parameter: ${parameters}.`);
  }
  if (secret === principal.secret) return principal;
  const advice = `Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${clientId}'.`;
  throw new Refusal(401, "invalid_client", 7000215, `Invalid client secret provided. ${advice}`);
}

/** `{resource}/.default`; a resource that ends in a slash is written with two (`https://management.core.windows.net//.default`). */
function audienceOf(world: World, parameter: "scope" | "resource", asked: string): string {
  if (parameter === "scope" && !asked.endsWith("/.default")) {
    const rule = "Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).";
    throw new Refusal(400, "invalid_scope", 1002012, `The provided value for scope ${asked} is not valid. ${rule}`);
  }
  const audience = parameter === "scope" ? asked.slice(0, -"/.default".length) : asked;
  // Any application id URI or client id stands for the app's own API.
  if (isAzureResource(audience) || /^(api:\/\/.+|[0-9a-f-]{36})$/i.test(audience)) return audience;
  throw new Refusal(
    400,
    "invalid_resource",
    500011,
    `The resource principal named ${audience} was not found in the tenant named Contoso (${world.tenantId}).`,
  );
}
