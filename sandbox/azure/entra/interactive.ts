/**
 * How a person signs in from a single-page application: the authorize page, the code with its proof key, the refresh token, signing out.
 * Sources: Microsoft Learn, "Microsoft identity platform and OAuth 2.0 authorization code flow", "OpenID Connect on the Microsoft identity
 * platform", "Redirect URI (reply URL) outline and restrictions", "Refresh tokens in the Microsoft identity platform", "AADSTS error codes".
 */
import { createHash } from "node:crypto";
import type { Tokens } from "./tokens.ts";
import { Refusal, refuse, required, wordsOf } from "./refusal.ts";
import { choicePage, errorPage, html } from "./sign-in-page.ts";
import { jsonReply, type AzureReply, type AzureRequest } from "../wire.ts";
import type { Application, Principal, World } from "../world.ts";

/** As of "Refresh tokens": for a redirect URI of type spa 24 hours, and those got with it end with the first. */
const REFRESH_MS = 86_400_000;
/** "Authorization codes are short lived, typically expiring after about 10 minutes" (authorization code flow). */
const CODE_MS = 600_000;
/** What is asked for with any scope of an API (OpenID Connect scopes). */
const OPENID = ["openid", "profile", "email", "offline_access"];

type Grant = { application: Application; person: Principal; scopes: string; nonce: string | undefined };
/** until: by the machine's clock, as browsers live by it. */
type Code = Grant & { challenge: string; redirectUri: string; until: number };
type Refresh = Grant & { until: number };

export type Interactive = {
  /** path: below the tenant, in lower case. undefined: it is no person's. */
  answer(request: AzureRequest, path: string): Promise<AzureReply | undefined>;
};

const GRANTS = ["authorization_code", "refresh_token"];

const formOf = ({ body }: AzureRequest): URLSearchParams => new URLSearchParams(body);

/** "The port component (for example, :5001 or :443) is ignored for the purposes of matching a localhost redirect URI" (RFC 8252, 7.3). */
function matches(registered: string, given: string): boolean {
  if (!URL.canParse(given)) return false;
  const [one, other] = [new URL(registered), new URL(given)];
  const isLoopback = ["127.0.0.1", "localhost"].includes(one.hostname);
  if (isLoopback) other.port = one.port;
  return one.href === other.href;
}

export function createInteractive(world: World, tokens: Tokens): Interactive {
  const codes = new Map<string, Code>();
  const refreshes = new Map<string, Refresh>();

  function applicationOf(id: string): Application {
    const found = world.applications.find(({ appid }) => appid.toLowerCase() === id.toLowerCase());
    if (found) return found;
    throw new Refusal(400, "unauthorized_client", 700016, `Application with identifier '${id}' was not found in the directory 'Contoso'.`);
  }

  function registeredUri({ appid, spaRedirectUris }: Application, given: string): string {
    if (spaRedirectUris.some((uri) => matches(uri, given))) return given;
    const rule = "does not match the redirect URIs configured for the application.";
    throw new Refusal(400, "invalid_request", 50011, `The redirect URI '${given}' specified in the request ${rule} '${appid}'.`);
  }

  /** Only the application's own API is there to ask for: by its client id (AADSTS90009), as itself or all that it exposes. */
  function scopesOf({ appid, identifierUri }: Application, asked: string): string {
    const own = asked.split(" ").filter((scope) => scope !== "" && !OPENID.includes(scope));
    const foreign = own.find((scope) => !/^(.+)\/(user_impersonation|\.default)$/.test(scope));
    const resources = new Set(own.map((scope) => scope.slice(0, scope.lastIndexOf("/")).toLowerCase()));
    if (resources.has(identifierUri.toLowerCase())) {
      const rule =
        "is requesting a token for itself. This scenario is supported only if resource is specified using the GUID based App Identifier.";
      throw new Refusal(400, "invalid_request", 90009, `Application '${appid}'(${identifierUri}) ${rule}`);
    }
    if (foreign !== undefined || resources.size > 1 || !resources.has(appid.toLowerCase()))
      throw new Refusal(
        400,
        "invalid_scope",
        70011,
        `The provided request must include a 'scope' input parameter. The scope ${asked} is not valid.`,
      );
    return "user_impersonation";
  }

  /** What is wrong with who asks, or with where to, is said on a page: there is nobody to send it to. */
  function readAuthorize(query: URLSearchParams) {
    const application = applicationOf(required(query.get("client_id"), "client_id"));
    return { application, redirectUri: registeredUri(application, required(query.get("redirect_uri"), "redirect_uri")) };
  }

  function readAsked(query: URLSearchParams, application: Application) {
    if (query.get("response_type") !== "code")
      throw new Refusal(400, "unsupported_response_type", 700054, "response_type 'code' is what this application is enabled for.");
    const challenge = query.get("code_challenge");
    if (!challenge || query.get("code_challenge_method") !== "S256")
      throw new Refusal(
        400,
        "invalid_request",
        9002325,
        "Proof Key for Code Exchange is required for cross-origin authorization code redemption.",
      );
    return { challenge, scopes: scopesOf(application, required(query.get("scope"), "scope")), nonce: query.get("nonce") ?? undefined };
  }

  function answerTo(redirectUri: string, query: URLSearchParams, fields: Record<string, string>): AzureReply {
    const url = new URL(redirectUri);
    const state = query.get("state");
    const all = new URLSearchParams({ ...fields, ...(state === null ? {} : { state }) });
    if ((query.get("response_mode") ?? "query") === "fragment") url.hash = all.toString();
    else for (const [name, value] of all) url.searchParams.set(name, value);
    // After a form that was posted the browser is to GET.
    return { status: 302, headers: { location: url.href }, body: "" };
  }

  const people = (): Principal[] => [...world.principals.values()].filter(({ type, appRoles }) => type === "User" && appRoles.length > 0);

  const clientInfo = (person: Principal): string =>
    Buffer.from(JSON.stringify({ uid: person.oid, utid: world.tenantId })).toString("base64url");

  function authorize(request: AzureRequest): AzureReply {
    const { url } = request;
    let place: ReturnType<typeof readAuthorize>;
    try {
      place = readAuthorize(url.searchParams);
    } catch (error) {
      if (error instanceof Refusal) return html(400, errorPage(wordsOf(world, error).error_description));
      throw error;
    }
    const { application, redirectUri } = place;
    try {
      const asked = readAsked(url.searchParams, application);
      if (url.searchParams.get("prompt") === "none")
        throw new Refusal(400, "login_required", 50058, "A silent sign-in request was sent but no user is signed in.");
      if (request.method === "GET") return html(200, choicePage({ application, people: people(), action: `${url.pathname}${url.search}` }));
      const person = people().find(({ oid }) => oid === formOf(request).get("person"));
      if (!person) throw new Refusal(400, "access_denied", 65004, "User declined to consent to access the app.");
      const code = `0.${world.random.hex("login.code", 60)}`;
      codes.set(code, { application, person, redirectUri, ...asked, until: performance.now() + CODE_MS });
      return answerTo(redirectUri, url.searchParams, {
        code,
        client_info: clientInfo(person),
        session_state: world.random.guid("login.session"),
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { error: code, error_description: description, error_uri: uri } = wordsOf(world, error);
      return answerTo(redirectUri, url.searchParams, { error: code, error_description: description, error_uri: uri });
    }
  }

  function fromCode(form: URLSearchParams, application: Application): Refresh {
    const text = required(form.get("code"), "code");
    const code = codes.get(text);
    codes.delete(text);
    if (!code || code.application !== application || code.redirectUri !== form.get("redirect_uri"))
      throw new Refusal(
        400,
        "invalid_grant",
        54005,
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
      );
    if (code.until < performance.now())
      throw new Refusal(400, "invalid_grant", 70008, "The provided authorization code or refresh token has expired due to inactivity.");
    const proof = createHash("sha256")
      .update(required(form.get("code_verifier"), "code_verifier"))
      .digest("base64url");
    if (proof !== code.challenge)
      throw new Refusal(
        400,
        "invalid_grant",
        501481,
        "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
      );
    const { person, scopes, nonce } = code;
    return { application, person, scopes, nonce, until: performance.now() + REFRESH_MS };
  }

  function fromRefresh(form: URLSearchParams, application: Application): Refresh {
    const text = required(form.get("refresh_token"), "refresh_token");
    // "The Microsoft identity platform doesn't revoke old refresh tokens when used to fetch new access tokens" (Refresh tokens).
    const refresh = refreshes.get(text);
    if (!refresh || refresh.application !== application)
      throw new Refusal(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.");
    if (refresh.until < performance.now())
      throw new Refusal(
        400,
        "invalid_grant",
        700084,
        "The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which can't be extended.",
      );
    return { ...refresh, scopes: scopesOf(application, required(form.get("scope"), "scope")), nonce: undefined };
  }

  async function answerRedeemed(request: AzureRequest): Promise<AzureReply> {
    const form = formOf(request);
    const application = applicationOf(required(form.get("client_id"), "client_id"));
    if (request.headers["origin"] === undefined)
      throw new Refusal(
        400,
        "invalid_request",
        9002327,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
      );
    const refresh = form.get("grant_type") === "refresh_token" ? fromRefresh(form, application) : fromCode(form, application);
    const { person, scopes, nonce, until } = refresh;
    const { accessToken, idToken } = await tokens.issueDelegated(person, application, { scopes, nonce });
    const text = `1.${world.random.hex("login.refresh", 80)}`;
    refreshes.set(text, refresh);
    return jsonReply(200, {
      token_type: "Bearer",
      scope: `${application.appid}/${scopes} ${application.appid}/.default openid profile email`,
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: accessToken,
      refresh_token: text,
      refresh_token_expires_in: Math.floor((until - performance.now()) / 1000),
      id_token: idToken,
      client_info: clientInfo(person),
    });
  }

  /** Any origin: what guards a code is that it is sent to a registered redirect URI alone, and its proof key. */
  const shared = ({ headers }: AzureRequest): Record<string, string> => ({
    "access-control-allow-origin": headers["origin"] ?? "*",
    "access-control-allow-methods": "POST, OPTIONS",
    ...(headers["access-control-request-headers"] === undefined
      ? {}
      : { "access-control-allow-headers": headers["access-control-request-headers"] }),
    vary: "origin",
  });

  /** A refusal is for the page to read too. */
  async function redeem(request: AzureRequest): Promise<AzureReply> {
    let reply: AzureReply;
    try {
      reply = await answerRedeemed(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = refuse(world, error);
    }
    return { ...reply, headers: { ...reply.headers, ...shared(request) } };
  }

  function signOut({ url }: AzureRequest): AzureReply {
    const back = url.searchParams.get("post_logout_redirect_uri");
    const known = world.applications.flatMap(({ spaRedirectUris }) => spaRedirectUris);
    if (back === null || !known.some((uri) => matches(uri, back))) return html(200, errorPage("You signed out of your account."));
    const to = new URL(back);
    const state = url.searchParams.get("state");
    if (state !== null) to.searchParams.set("state", state);
    return { status: 302, headers: { location: to.href }, body: "" };
  }

  return {
    async answer(request, path) {
      switch (`${request.method} ${path}`) {
        case "POST oauth2/v2.0/token":
          return GRANTS.includes(formOf(request).get("grant_type") ?? "") ? redeem(request) : undefined;
        case "OPTIONS oauth2/v2.0/token":
          return { status: 204, headers: shared(request), body: "" };
        case "GET oauth2/v2.0/authorize":
        case "POST oauth2/v2.0/authorize":
          return authorize(request);
        case "GET oauth2/v2.0/logout":
          return signOut(request);
        default:
          return undefined;
      }
    },
  };
}
