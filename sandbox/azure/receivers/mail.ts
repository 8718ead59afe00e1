/**
 * `*.communication.azure.com`: takes e-mails. Who may send them with which role is not modelled: any token of the tenant for it will do.
 * Source: Azure/azure-rest-api-specs, communication/data-plane/Email/stable/2023-03-31 (`POST /emails:send`, 202 with Operation-Location and
 * the operation's id; `GET /emails/operations/{id}`); Microsoft Learn, "Authenticate to Azure Communication Services" (the token's audience).
 */
import type { Tokens } from "../entra/tokens.ts";
import type { Faults } from "../faults.ts";
import { bearerOf, jsonReply, recordedBody, type AzureFault, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Json, World } from "../world.ts";
import type { Received } from "./received.ts";

const AUDIENCES = ["https://communication.azure.com", "https://communication.azure.com/"];
const API_VERSIONS = ["2023-03-31", "2025-09-01"];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const refusal = (status: number, code: string, message: string, headers: Record<string, string> = {}): AzureReply =>
  jsonReply(status, { error: { code, message } }, { "x-ms-error-code": code, ...headers });

const memberOf = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value[name] : undefined;

const isAddress = (value: Json | undefined): boolean => typeof value === "string" && /^[^@\s]+@[^@\s]+$/.test(value);

/** What the specification requires of a message; undefined where it has it all. */
function lackOf(body: Json): string | undefined {
  const recipients = memberOf(memberOf(body, "recipients"), "to");
  if (!isAddress(memberOf(body, "senderAddress"))) return "senderAddress is not a valid e-mail address.";
  if (typeof memberOf(memberOf(body, "content"), "subject") !== "string") return "content.subject is required.";
  const isList = Array.isArray(recipients) && recipients.length > 0;
  return isList && recipients.every((one) => isAddress(memberOf(one, "address"))) ? undefined : "recipients.to is not valid.";
}

export function createMail(world: World, tokens: Tokens, faults: Faults, received: Received[]) {
  const known = new Set<string>();
  const send = (request: AzureRequest): AzureReply => {
    const { hostname } = request.url;
    const body = recordedBody(request.body);
    const lack = lackOf(body);
    if (lack !== undefined) return refusal(400, "BadRequest", lack);
    const id = request.headers["operation-id"] ?? world.random.guid("mail");
    if (!UUID.test(id)) return refusal(400, "BadRequest", "Operation-Id is not a UUID.");
    known.add(id);
    received.push({ at: world.clock.iso(), by: "mail", host: hostname, headers: request.headers, text: request.body, body });
    const location = `https://${hostname}/emails/operations/${id}?api-version=${request.url.searchParams.get("api-version")}`;
    return jsonReply(202, { id, status: "Running", error: null }, { "operation-location": location, "retry-after": "30" });
  };
  const answer = (request: AzureRequest): AzureReply => {
    const { pathname, searchParams } = request.url;
    if (!API_VERSIONS.includes(searchParams.get("api-version") ?? ""))
      return refusal(400, "ApiVersionNotSupported", "The api-version is not supported.");
    if (request.method === "POST" && pathname === "/emails:send") return send(request);
    const [, id = ""] = /^\/emails\/operations\/([^/]+)$/.exec(pathname) ?? [];
    if (request.method === "GET" && known.has(id)) return jsonReply(200, { id, status: "Succeeded", error: null });
    return refusal(404, "NotFound", `There is nothing at ${pathname}.`);
  };
  return {
    async handle(request: AzureRequest): Promise<AzureReply | AzureFault> {
      const bearer = bearerOf(request);
      const verified = bearer === undefined ? undefined : await tokens.verify(bearer, AUDIENCES);
      if (!verified || "problem" in verified) return refusal(401, "Denied", "Denied by the resource provider.");
      return faults.around(request, verified.caller, (refused) =>
        Promise.resolve(refused ? refusal(refused.status, refused.code, refused.message, refused.extra.headers) : answer(request)),
      );
    },
  };
}
