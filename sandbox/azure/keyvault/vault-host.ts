/**
 * `*.vault.azure.net`: what is common to all calls of a vault's data plane. Challenge, token, rights, the headers of every answer.
 * Sources: recorded in Azure/azure-cli test_keyvault_key_delete.yaml (2022-08) and cloud-custodian KeyVaultKeyTest (2025).
 */
import type { JWTPayload } from "jose";
import type { Faults } from "../faults.ts";
import { authorizeVaultCall } from "./authorize.ts";
import { keyDataRoutes, type DataRoute } from "./data-plane.ts";
import { setting } from "./switches.ts";
import { objectAt, textAt } from "../json.ts";
import { logVaultOperation } from "../monitor/audit-log.ts";
import { vaultOfHost, vaultUri } from "./vault-state.ts";
import { createMatcher, vaultSegmentsOf } from "../match.ts";
import { countRead } from "../reads.ts";
import { AzureError, type Reply } from "../routes.ts";
import { VAULT_AUDIENCES, type Tokens } from "../entra/tokens.ts";
import { bearerOf, parseBody, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Caller, Vault, World } from "../world.ts";

export type VaultHost = { handle(request: AzureRequest): Promise<AzureReply | AzureFault> };

/** `assignmentId`: the role assignment that allowed the call, on vaults that ask Azure RBAC. */
type Exchange = {
  request: AzureRequest;
  vault: Vault;
  caller: Caller;
  claims: JWTPayload;
  route?: DataRoute;
  assignmentId: string | null;
};

const findRoute = createMatcher(keyDataRoutes);

export function createVaultHost(world: World, tokens: Tokens, faults: Faults): VaultHost {
  return {
    async handle(request) {
      const vault = vaultOfHost(world, request.url.hostname);
      // No such name: where a proxy stands between, it has refused already.
      if (!vault) return { fault: "reset" };
      // Its name still resolves, but nobody is behind it. The wording is not documented.
      if (vault.deleted)
        return render(world, vault, errorReply(new AzureError(404, "VaultNotFound", `The vault '${vault.name}' was not found.`)));
      const bearer = bearerOf(request);
      if (bearer === undefined) return render(world, vault, challenge(world, "AKV10000: Request is missing a Bearer or PoP token."));
      const verified = await tokens.verify(bearer, VAULT_AUDIENCES);
      if ("problem" in verified) return render(world, vault, challenge(world, problemText(verified.problem, String(verified.claims?.aud))));
      const exchange: Exchange = { request, vault, ...verified, assignmentId: null };
      return faults.around(request, verified.caller, (refusal) => serve(world, exchange, refusal));
    },
  };
}

async function serve(world: World, exchange: Exchange, refusal: AzureError | undefined): Promise<AzureReply> {
  const reply = await run(world, exchange, refusal).catch((error: unknown) => errorReply(error));
  record(world, exchange, reply);
  audit(world, exchange, reply);
  // Which assignment allowed the call (recorded: cloud-custodian KeyVaultKeyTest, 2025); without dashes.
  const by = exchange.assignmentId === null ? {} : { "x-ms-keyvault-rbac-assignment-id": exchange.assignmentId.replaceAll("-", "") };
  return render(world, exchange.vault, { ...reply, headers: { ...by, ...reply.headers } });
}

/** Up to the vault's answer; every refusal is thrown. */
async function run(world: World, exchange: Exchange, refusal: AzureError | undefined): Promise<Reply> {
  const { request, vault, caller } = exchange;
  const { method, url, headers } = request;
  const apiVersion = url.searchParams.get("api-version") ?? "";
  if (apiVersion === "") throw new AzureError(400, "BadParameter", "api-version must be specified");
  const found = findRoute(method, vaultSegmentsOf(url.pathname));
  if ("methods" in found) throw unknown(request, found.methods);
  const { route, params } = found;
  exchange.route = route;
  const body = parseBody(request.body, (problem) => new AzureError(400, "BadParameter", `The request body is not valid JSON: ${problem}`));
  exchange.assignmentId = authorizeVaultCall(world, vault, caller, route.permission, { keyName: params["name"] }).assignmentId;
  if (refusal) throw refusal;
  return route.handle({ world, method, url, params, apiVersion, headers, body, caller, vault });
}

/** Clients learn the tenant from it and ask again. */
function challenge(world: World, message: string): Reply {
  const authorization = `https://login.microsoftonline.com/${world.tenantId}`;
  return {
    status: 401,
    headers: { "www-authenticate": `Bearer authorization="${authorization}", resource="https://vault.azure.net"` },
    body: { error: { code: "Unauthorized", message } },
  };
}

/** AKV10022: Azure/go-autorest issue 525. Expiry: Azure/azure-sdk-for-net ChallengeBasedAuthenticationPolicy tests. */
function problemText(problem: "invalid" | "expired" | "audience", audience: string): string {
  const texts = {
    audience: `AKV10022: Invalid audience. Expected https://vault.azure.net, found: ${audience}.`,
    expired: "Error validating token: IDX10223",
    invalid: "Error validating token: IDX10511",
  };
  return texts[problem];
}

function unknown(request: AzureRequest, methods: string[]): AzureError {
  const { pathname } = request.url;
  if (methods.length > 0) return new AzureError(405, "MethodNotAllowed", `The method ${request.method} is not allowed on ${pathname}.`);
  return new AzureError(404, "NotFound", `There is nothing at ${pathname} in a vault that holds keys only.`);
}

function errorReply(error: unknown): Reply {
  if (!(error instanceof AzureError)) throw error;
  const { innererror, headers } = error.extra;
  const body = { code: error.code, message: error.message, ...(innererror ? { innererror } : {}) };
  return { status: error.status, headers: headers ?? {}, body: { error: body } };
}

/** Every answer carries these; `network-info` ends in a semicolon. */
function render(world: World, vault: Vault, reply: Reply): AzureReply {
  const body = reply.text ?? (reply.body === undefined ? "" : JSON.stringify(reply.body));
  return {
    status: reply.status,
    headers: {
      ...(body === "" ? {} : { "content-type": "application/json; charset=utf-8" }),
      "cache-control": "no-cache",
      pragma: "no-cache",
      expires: "-1",
      "x-ms-keyvault-region": vault.location.toLowerCase().replaceAll(" ", ""),
      "x-ms-keyvault-service-version": "1.9.2145.1",
      "x-ms-keyvault-network-info": `conn_type=Ipv4;addr=${setting(world, "keyvault.clientAddress")};act_addr_fam=InterNetwork;`,
      "x-ms-request-id": world.random.guid("vault.request"),
      "x-content-type-options": "nosniff",
      "strict-transport-security": "max-age=31536000;includeSubDomains",
      date: new Date(world.clock.now()).toUTCString(),
      ...reply.headers,
    },
    body,
  };
}

function audit(world: World, { vault, claims, route, request, assignmentId }: Exchange, { status, body }: Reply): void {
  if (!route) return;
  const { headers, url } = request;
  const key = objectAt(objectAt(body)["key"])["kid"];
  const correlationId = headers["x-ms-client-request-id"] ?? world.random.guid("audit-log.correlation");
  const id = textAt(key) || `${vaultUri(vault)}${url.pathname}`;
  logVaultOperation(world, { vault, claims, route, url, userAgent: headers["user-agent"] ?? "", correlationId, status, id, assignmentId });
}

/** Using a key changes nothing in the vault; backing it up neither. */
const READING = /\/(encrypt|decrypt|wrap|unwrap|sign|verify|backup)\/action$/i;

function record(world: World, { request, caller, route }: Exchange, reply: Reply): void {
  if (route && (request.method === "GET" || READING.test(route.permission.dataAction))) countRead(world, caller, route, "vault");
  if (request.method === "GET" || (request.method === "POST" && (!route || READING.test(route.permission.dataAction)))) return;
  world.writes.push({
    at: world.clock.iso(),
    caller: caller.name,
    oid: caller.oid,
    keymend: caller.keymend,
    method: request.method,
    url: request.url.href,
    action: route?.permission.dataAction ?? "",
    status: reply.status,
    body: recordedBody(request.body),
  });
}
