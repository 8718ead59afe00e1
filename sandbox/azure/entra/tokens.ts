/**
 * Access tokens of the tenant: RS256 JWTs with the claims that Azure's services and the app's own API look at.
 * Times in them are virtual.
 */
import { createLocalJWKSet, errors, exportJWK, generateKeyPair, jwtVerify, SignJWT, type JSONWebKeySet, type JWTPayload } from "jose";
import type { Application, Caller, Principal, World } from "../world.ts";

export type Verified = { caller: Caller; claims: JWTPayload };
export type Unverified = { problem: "invalid" | "expired" | "audience"; claims: JWTPayload | undefined };

export type Tokens = {
  issue(principal: Principal, audience: string): Promise<string>;
  /** For a person who signed in to an application: to call its own API, and to tell it who it is. */
  issueDelegated(person: Principal, application: Application, asked: { scopes: string; nonce: string | undefined }): Promise<Delegated>;
  verify(bearer: string, audiences: readonly string[]): Promise<Verified | Unverified>;
  jwks(): Promise<JSONWebKeySet>;
  /** Every token so far: none of them may show up anywhere else. */
  readonly handedOut: readonly string[];
};

export type Delegated = { accessToken: string; idToken: string };

/** What ARM accepts: both names of the resource, with and without the slash (`az` asks for management.core.windows.net). */
export const ARM_AUDIENCES = ["https://management.azure.com", "https://management.core.windows.net"].flatMap((a) => [a, `${a}/`]);
export const VAULT_AUDIENCES = ["https://vault.azure.net"];
export const GRAPH_AUDIENCES = ["https://graph.microsoft.com", "https://graph.microsoft.com/"];
/** azure-monitor-docs logs/api/access-api.md; the .com name is the newer one. */
export const LOG_AUDIENCES = ["https://api.loganalytics.io", "https://api.loganalytics.azure.com"].flatMap((a) => [a, `${a}/`]);
/** Resources of Microsoft's own services: their tokens are of version 1. All else is the app's own API, version 2. */
const AZURE_RESOURCES = [
  ...[...ARM_AUDIENCES, ...VAULT_AUDIENCES, ...GRAPH_AUDIENCES, ...LOG_AUDIENCES].map((a) => a.replace(/\/$/, "")),
  "https://storage.azure.com",
  "https://eventgrid.azure.net",
  "https://cosmos.azure.com",
];

/** Microsoft identity platform, "Access token lifetime": 60-90 minutes; 3599 is what the token endpoint says. */
const TOKEN_SECONDS = 3599;
/** Managed identities: App Service keeps a token per resource for 24 hours (Azure managed identities, "Is there a token cache?"). */
const MANAGED_IDENTITY_TOKEN_SECONDS = 86_400;
/** Azure's services forgive clocks that differ by five minutes. */
const SKEW_SECONDS = 300;

/** Each Cosmos DB account is a resource of its own name (Microsoft Learn, "Use data plane role-based access control", scope of the token). */
const isAccount = (resource: string): boolean => /^https:\/\/[a-z0-9-]+\.documents\.azure\.com$/i.test(resource);

export function isAzureResource(audience: string): boolean {
  const resource = audience.replace(/\/$/, "");
  return AZURE_RESOURCES.includes(resource) || isAccount(resource);
}

/**
 * The app's own registration has a token lifetime policy of a day, the longest there is (Microsoft Learn, "Configurable token
 * lifetimes in the Microsoft identity platform"): the app goes by the virtual clock, which a client may move by hours.
 */
const OWN_API_TOKEN_SECONDS = 86_400;

export function lifetimeOf(principal: Principal, audience: string): number {
  if (principal.secret === undefined) return MANAGED_IDENTITY_TOKEN_SECONDS;
  return isAzureResource(audience) ? TOKEN_SECONDS : OWN_API_TOKEN_SECONDS;
}

/** Made once a process, on first use: a 2048-bit key takes a tenth of a second that start-up should not wait for. */
let signingKey: ReturnType<typeof makeKey> | undefined;

async function makeKey() {
  const pair = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
  const { kty, n, e } = await exportJWK(pair.publicKey);
  const kid = "keymend-sandbox";
  const jwks: JSONWebKeySet = { keys: [{ kty: kty!, use: "sig", alg: "RS256", kid, x5t: kid, n: n!, e: e! }] };
  return { pair, kid, jwks, resolve: createLocalJWKSet(jwks) };
}

export function createTokens(world: World): Tokens {
  // Clients outside the sandbox live by the machine's clock: while the virtual one runs fast, their token must last its hour there too.
  const goodUntilWall = new Map<string, number>();
  /** Tokens whose signature held: it is the same at every call, and only time can change the answer. */
  const signed = new Map<string, JWTPayload>();
  const isWithinTime = ({ nbf = 0, exp = 0 }: JWTPayload): boolean => {
    const now = Math.floor(world.clock.now() / 1000);
    return nbf <= now + SKEW_SECONDS && exp > now - SKEW_SECONDS;
  };
  const check = async (bearer: string): Promise<JWTPayload> => {
    const known = signed.get(bearer);
    if (known && isWithinTime(known)) return known;
    const { resolve } = await (signingKey ??= makeKey());
    const options = { currentDate: new Date(world.clock.now()), clockTolerance: SKEW_SECONDS, algorithms: ["RS256"] };
    const { payload } = await jwtVerify(bearer, resolve, options);
    signed.set(bearer, payload);
    return payload;
  };

  const handedOut: string[] = [];
  const sign = async (claims: JWTPayload, seconds: number): Promise<string> => {
    const { pair, kid } = await (signingKey ??= makeKey());
    const now = Math.floor(world.clock.now() / 1000);
    const token = await new SignJWT({ ...claims, iat: now, nbf: now, exp: now + seconds })
      .setProtectedHeader({ typ: "JWT", alg: "RS256", kid })
      .sign(pair.privateKey);
    handedOut.push(token);
    return token;
  };

  return {
    handedOut,
    async issue(principal, audience) {
      const uti = world.random.hex("token", 22);
      if (principal.secret !== undefined) goodUntilWall.set(uti, performance.now() + TOKEN_SECONDS * 1000);
      return sign({ ...claimsOf(world, principal, audience), uti }, lifetimeOf(principal, audience));
    },

    async issueDelegated(person, application, { scopes, nonce }) {
      const both = personClaims(world, person, application);
      const [accessToken, idToken] = await Promise.all([
        sign({ ...both, azp: application.appid, azpacr: "0", scp: scopes, uti: world.random.hex("token", 22) }, OWN_API_TOKEN_SECONDS),
        sign({ ...both, ...(nonce === undefined ? {} : { nonce }) }, TOKEN_SECONDS),
      ]);
      return { accessToken, idToken };
    },

    async verify(bearer, audiences) {
      let claims: JWTPayload;
      try {
        claims = await check(bearer);
      } catch (error) {
        if (!(error instanceof errors.JWTExpired)) return { problem: "invalid", claims: undefined };
        claims = error.payload;
        if ((goodUntilWall.get(String(claims["uti"])) ?? 0) < performance.now()) return { problem: "expired", claims };
      }
      const principal = world.principals.get(String(claims["oid"]));
      if (!principal) return { problem: "invalid", claims };
      if (!audiences.includes(String(claims.aud))) return { problem: "audience", claims };
      const { oid, appid, name, keymend } = principal;
      return { caller: { oid, appid, name, keymend }, claims };
    },

    async jwks() {
      return (await (signingKey ??= makeKey())).jwks;
    },
  };
}

/** Source: Microsoft identity platform, access token claims reference. */
function claimsOf(world: World, principal: Principal, audience: string): JWTPayload {
  const { oid, appid } = principal;
  const both = { aud: audience, oid, sub: oid, tid: world.tenantId, idtyp: principal.type === "User" ? "user" : "app" };
  if (!isAzureResource(audience)) {
    const iss = `https://login.microsoftonline.com/${world.tenantId}/v2.0`;
    return { ...both, iss, azp: appid, azpacr: "1", roles: principal.appRoles, ver: "2.0" };
  }
  const iss = `https://sts.windows.net/${world.tenantId}/`;
  const user = principal.type === "User" ? { name: principal.name, upn: principal.name, unique_name: principal.name } : {};
  return { ...both, ...user, iss, idp: iss, appid, appidacr: principal.secret === undefined ? "2" : "1", ver: "1.0" };
}

/** Source: Microsoft identity platform, "Access token claims reference" and "ID token claims reference": version 2, roles in both. */
function personClaims(world: World, { oid, name, appRoles }: Principal, { appid }: Application): JWTPayload {
  const iss = `https://login.microsoftonline.com/${world.tenantId}/v2.0`;
  const user = { name: name.split("@")[0]!, preferred_username: name };
  return { aud: appid, iss, oid, sub: oid, tid: world.tenantId, ...user, roles: appRoles, ver: "2.0" };
}
