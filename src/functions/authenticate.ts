/**
 * Who calls the operations API: verifies an Entra access token (issuer, audience, signature, lifetime) and its app roles.
 * Source: Microsoft Learn, "Access tokens in the Microsoft identity platform" and "Add app roles and get them from a token".
 */
import type { HttpRequest } from "@azure/functions";
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from "jose";
import type { Role } from "../api/routes.ts";
import { currentCloud } from "../domain/clouds.ts";
import { TransientError } from "../domain/errors.ts";
import { ProblemError } from "./problem.ts";

/** name: for people; objectId: for records. */
export type ApiCaller = { objectId: string; name: string; roles: string[] };

export type Authenticate = (request: HttpRequest, anyOf: readonly Role[]) => Promise<ApiCaller>;

export type AuthenticateDeps = {
  tenantId: string;
  audiences: string[];
  /** Fetches the signing keys; the network's own rules (a proxy) are the caller's. */
  fetchJson: (url: string) => Promise<unknown>;
  now: () => Date;
};

/** Clocks differ: a token just issued by one that is ahead is good (RFC 7519, 4.1.4 and 4.1.5: "some small leeway ... to account for clock skew"). */
const CLOCK_SKEW_SECONDS = 60;

/**
 * Says who signed in, and not that the client that shows it may call: no access token. It is for an app by its client id, never by its
 * URI, and names no client in azp or appid, as every access token does; what only it has counts too (Microsoft Learn, "ID token claims
 * reference" and "Access token claims reference").
 */
function isIdToken({ aud, azp, appid, nonce, at_hash: accessHash, c_hash: codeHash }: JWTPayload): boolean {
  if ([nonce, accessHash, codeHash].some((claim) => claim !== undefined)) return true;
  return azp === undefined && appid === undefined && [aud].flat().every((audience) => audience?.includes(":") !== true);
}

function callerOf(payload: JWTPayload, challenge: Record<string, string>): ApiCaller {
  if (isIdToken(payload)) throw new ProblemError(401, "This is an ID token: send an access token.", [], challenge);
  const text = (claim: unknown): string => (typeof claim === "string" ? claim : "");
  const roles = Array.isArray(payload["roles"]) ? payload["roles"].filter((role) => typeof role === "string") : [];
  const objectId = text(payload["oid"]);
  if (objectId === "") throw new ProblemError(401, "The token names nobody: it has no oid claim.", [], challenge);
  return { objectId, name: text(payload["preferred_username"]) || text(payload["azp"]) || text(payload["appid"]) || objectId, roles };
}

/** Throws ProblemError 401 without a valid token, 403 without one of the roles; TransientError where the signing keys can't be read. */
export function createAuthenticate({ tenantId, audiences, fetchJson, now }: AuthenticateDeps): Authenticate {
  const { login, issuersOf } = currentCloud();

  /** That the keys can't be had is no word about the token. */
  async function fetchKeys(url: string): Promise<Response> {
    try {
      return Response.json(await fetchJson(url));
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new TransientError({ operation: "read the signing keys", resourceId: url, retryAfterMs: null, detail, cause });
    }
  }
  const keys = createRemoteJWKSet(new URL(`${login}/${tenantId}/discovery/v2.0/keys`), { [customFetch]: fetchKeys });
  // Version 1 and version 2 tokens of the same tenant.
  const issuer = issuersOf(tenantId);
  const challenge = { "www-authenticate": `Bearer authorization_uri="${login}/${tenantId}"` };

  async function verify(token: string): Promise<JWTPayload> {
    try {
      return (
        await jwtVerify(token, keys, {
          issuer,
          audience: audiences,
          algorithms: ["RS256"],
          currentDate: now(),
          clockTolerance: CLOCK_SKEW_SECONDS,
          requiredClaims: ["exp", "oid"],
        })
      ).payload;
    } catch (error) {
      if (error instanceof errors.JWKSInvalid)
        throw new ProblemError(503, "The signing keys make no sense just now; try again.", [], { "retry-after": "5" });
      if (error instanceof errors.JOSEError) throw new ProblemError(401, `The token is not accepted: ${error.message}.`, [], challenge);
      throw error;
    }
  }

  return async (request, anyOf) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (token === undefined)
      throw new ProblemError(401, `Send an access token for ${audiences[0]} as 'Authorization: Bearer ...'.`, [], challenge);
    const caller = callerOf(await verify(token), challenge);
    if (!anyOf.some((role) => caller.roles.includes(role))) {
      throw new ProblemError(403, `This needs the app role ${anyOf.join(" or ")}; your token has ${caller.roles.join(", ") || "none"}.`);
    }
    return caller;
  };
}
