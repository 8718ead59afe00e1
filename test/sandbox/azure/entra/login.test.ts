import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { createFaults } from "../../../../sandbox/azure/faults.ts";
import { createLogin } from "../../../../sandbox/azure/entra/login.ts";
import { createTokens } from "../../../../sandbox/azure/entra/tokens.ts";
import { aPerson, aWorld, START, TENANT } from "../pipeline.ts";

function aLogin() {
  const world = aWorld();
  const operator = aPerson(world, "operator");
  operator.appRoles.push("Keymend.Operator");
  const faults = createFaults();
  const login = createLogin(world, createTokens(world), faults);
  const ask = async (method: string, path: string, body = "", headers: Record<string, string> = {}) => {
    const reply = await login.handle({ method, url: new URL(`https://login.microsoftonline.com${path}`), headers, body });
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return { status: reply.status, headers: reply.headers, body: JSON.parse(reply.body) as Record<string, unknown> };
  };
  const form = (fields: Record<string, string>): string =>
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: operator.appid,
      client_secret: operator.secret ?? "",
      scope: "https://management.azure.com/.default",
      ...fields,
    }).toString();
  const token = (fields: Record<string, string> = {}) => ask("POST", `/${TENANT}/oauth2/v2.0/token`, form(fields));
  return { world, operator, faults, ask, form, token };
}

describe("client credentials (Microsoft identity platform)", () => {
  test("give a bearer token of an hour that no cache may keep", async () => {
    const { token, operator } = aLogin();

    const { status, headers, body } = await token();

    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3599, ext_expires_in: 3599 });
    expect(headers["cache-control"]).toContain("no-store");
    expect(decodeJwt(String(body["access_token"]))).toMatchObject({
      aud: "https://management.azure.com",
      iss: `https://sts.windows.net/${TENANT}/`,
      appid: operator.appid,
      oid: operator.oid,
      tid: TENANT,
      iat: START / 1000,
      exp: START / 1000 + 3599,
      ver: "1.0",
    });
  });

  test("take a resource that ends in a slash as az writes it", async () => {
    const { token } = aLogin();

    const { body } = await token({ scope: "https://management.core.windows.net//.default" });

    expect(decodeJwt(String(body["access_token"])).aud).toBe("https://management.core.windows.net/");
  });

  test("give the app's own API a token of version 2 with app roles", async () => {
    const { token, operator } = aLogin();

    const { body } = await token({ scope: "api://keymend/.default" });

    expect(decodeJwt(String(body["access_token"]))).toMatchObject({
      aud: "api://keymend",
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      azp: operator.appid,
      roles: ["Keymend.Operator"],
      ver: "2.0",
    });
  });

  test("may stand in a Basic header", async () => {
    const { ask, operator } = aLogin();
    const authorization = `Basic ${Buffer.from(`${operator.appid}:${operator.secret}`).toString("base64")}`;
    const body = "grant_type=client_credentials&scope=https%3A%2F%2Fvault.azure.net%2F.default";

    await expect(ask("POST", `/${TENANT}/oauth2/v2.0/token`, body, { authorization })).resolves.toMatchObject({ status: 200 });
  });

  test("work at the endpoint of version 1, which takes a resource and writes numbers as texts", async () => {
    const { ask, form } = aLogin();

    const { body } = await ask("POST", `/${TENANT}/oauth2/token`, form({ resource: "https://vault.azure.net" }));

    expect(body).toMatchObject({ expires_in: "3599", expires_on: String(START / 1000 + 3599), resource: "https://vault.azure.net" });
  });

  test.each([
    ["a wrong secret", { client_secret: "nope" }, 401, "invalid_client", 7000215],
    ["no secret", { client_secret: "" }, 401, "invalid_client", 7000218],
    ["an unknown application", { client_id: "00000000-0000-4000-8000-000000000000" }, 400, "unauthorized_client", 700016],
    ["another grant", { grant_type: "password" }, 400, "unsupported_grant_type", 70003],
    ["a scope without /.default", { scope: "https://management.azure.com/user_impersonation" }, 400, "invalid_scope", 1002012],
    ["a resource that the tenant lacks", { scope: "https://example.com/.default" }, 400, "invalid_resource", 500011],
    ["no scope", { scope: "" }, 400, "invalid_request", 900144],
  ])("are refused with %s", async (_, fields, status, error, code) => {
    const { token } = aLogin();

    const reply = await token(fields);

    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({
      error,
      error_codes: [code],
      error_description: expect.stringMatching(new RegExp(`^AADSTS${code}: `)),
    });
  });

  test("are not for managed identities, which have no secret", async () => {
    const { token, world } = aLogin();
    const identity = aPerson(world, "id1", { keymend: true });

    await expect(token({ client_id: identity.appid })).resolves.toMatchObject({ status: 401 });
  });

  test("are refused while a fault is armed for that caller", async () => {
    const { token, faults } = aLogin();
    faults.arm({ match: { host: "login.microsoftonline.com", caller: "operator" }, fault: { kind: "status", status: 503 } });

    await expect(token()).resolves.toMatchObject({ status: 503, body: { error: "temporarily_unavailable" } });
    await expect(token()).resolves.toMatchObject({ status: 200 });
  });
});

describe("discovery", () => {
  test.each([
    ["v2.0/.well-known/openid-configuration", `https://login.microsoftonline.com/${TENANT}/v2.0`, "/oauth2/v2.0/token"],
    [".well-known/openid-configuration", `https://sts.windows.net/${TENANT}/`, "/oauth2/token"],
  ])("%s names the issuer and the endpoints", async (path, issuer, endpoint) => {
    const { ask } = aLogin();

    const { body } = await ask("GET", `/${TENANT}/${path}`);

    expect(body["issuer"]).toBe(issuer);
    expect(body["token_endpoint"]).toBe(`https://login.microsoftonline.com/${TENANT}${endpoint}`);
  });

  test("answers MSAL's instance discovery", async () => {
    const { ask } = aLogin();

    const { body } = await ask("GET", "/common/discovery/instance?api-version=1.1&authorization_endpoint=x");

    expect(body["metadata"]).toMatchObject([{ aliases: expect.arrayContaining(["login.microsoftonline.com"]) }]);
  });

  test("does not know other tenants: AADSTS90002", async () => {
    const { ask } = aLogin();

    const reply = await ask("GET", "/33333333-3333-4333-8333-333333333333/v2.0/.well-known/openid-configuration");

    expect(reply).toMatchObject({ status: 400, body: { error: "invalid_tenant", error_codes: [90002] } });
  });

  test("publishes the key that its tokens are signed with", async () => {
    const { ask, token, world } = aLogin();
    const { body } = await token({ scope: "api://keymend/.default" });
    const keys = createRemoteJWKSet(new URL(`https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`), {
      [customFetch]: async (url) => new Response(JSON.stringify((await ask("GET", new URL(url).pathname)).body)),
    });

    const verified = await jwtVerify(String(body["access_token"]), keys, {
      audience: "api://keymend",
      issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      currentDate: new Date(world.clock.now()),
    });

    expect(verified.payload["roles"]).toEqual(["Keymend.Operator"]);
  });
});
