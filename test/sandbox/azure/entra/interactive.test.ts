/** How people sign in from a browser, as an application would see it on the wire. */
import { createHash } from "node:crypto";
import { decodeJwt } from "jose";
import { describe, expect, test } from "vitest";
import { addPrincipal } from "../../../../sandbox/azure/authorization/build.ts";
import { createFaults } from "../../../../sandbox/azure/faults.ts";
import { createLogin } from "../../../../sandbox/azure/entra/login.ts";
import { createTokens } from "../../../../sandbox/azure/entra/tokens.ts";
import { aWorld, TENANT } from "../pipeline.ts";

const CLIENT = "33333333-3333-4333-8333-333333333333";
const PAGE = "https://keymend.example/api/dashboard/";
const VERIFIER = "a-verifier-that-is-long-enough-to-be-one-43-chars";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

function aTenant() {
  const world = aWorld();
  world.applications.push({
    appid: CLIENT,
    name: "Keymend",
    identifierUri: "api://keymend",
    spaRedirectUris: [PAGE, "http://127.0.0.1/api/dashboard/"],
  });
  const anna = addPrincipal(world, { name: "anna@contoso.com", type: "User", appRoles: ["Keymend.Approver"] });
  addPrincipal(world, { name: "without-a-role@contoso.com", type: "User" });
  const login = createLogin(world, createTokens(world), createFaults());
  const send = async (method: string, path: string, body = "", headers: Record<string, string> = {}) => {
    const reply = await login.handle({ method, url: new URL(`https://login.microsoftonline.com/${TENANT}/${path}`), headers, body });
    if ("fault" in reply) throw new Error(`no answer: ${reply.fault}`);
    return reply;
  };
  const query = (fields: Record<string, string> = {}): string =>
    `oauth2/v2.0/authorize?${new URLSearchParams({
      client_id: CLIENT,
      response_type: "code",
      response_mode: "fragment",
      redirect_uri: PAGE,
      scope: `${CLIENT}/user_impersonation openid profile offline_access`,
      code_challenge: CHALLENGE,
      code_challenge_method: "S256",
      state: "s1",
      nonce: "n1",
      ...fields,
    }).toString()}`;
  const choose = async (fields: Record<string, string> = {}): Promise<URLSearchParams> => {
    const { status, headers } = await send("POST", query(fields), `person=${anna.oid}`);
    expect(status).toBe(302);
    return new URLSearchParams(new URL(headers["location"]!).hash.slice(1));
  };
  const token = async (fields: Record<string, string>, headers: Record<string, string> = { origin: "https://keymend.example" }) => {
    const form = new URLSearchParams({ client_id: CLIENT, redirect_uri: PAGE, code_verifier: VERIFIER, ...fields });
    const reply = await send("POST", "oauth2/v2.0/token", form.toString(), headers);
    return { ...reply, body: JSON.parse(reply.body) as Record<string, string> };
  };
  const redeem = (code: string | null, fields: Record<string, string> = {}, headers?: Record<string, string>) =>
    token({ grant_type: "authorization_code", code: code ?? "", ...fields }, headers);
  return { anna, send, query, choose, token, redeem };
}

describe("the authorize page", () => {
  test("asks who it is of those that have an app role", async () => {
    const { send, query, anna } = aTenant();
    const { status, headers, body } = await send("GET", query());
    expect({ status, type: headers["content-type"] }).toEqual({ status: 200, type: "text/html; charset=utf-8" });
    expect(body).toContain(`value="${anna.oid}"`);
    expect(body).not.toContain("without-a-role");
  });

  test.each([
    ["a redirect URI that is not registered", { redirect_uri: "https://elsewhere.example/" }, "AADSTS50011"],
    ["another path of it", { redirect_uri: "https://keymend.example/" }, "AADSTS50011"],
    ["an application that is none", { client_id: "44444444-4444-4444-8444-444444444444" }, "AADSTS700016"],
  ])("says %s to whoever looks, and sends nothing anywhere", async (_, fields, code) => {
    const { send, query } = aTenant();
    const { status, headers, body } = await send("GET", query(fields));
    expect({ status, location: headers["location"] }).toEqual({ status: 400, location: undefined });
    expect(body).toContain(code);
  });

  test("takes a registered loopback address whatever its port", async () => {
    const { send, query } = aTenant();
    await expect(send("GET", query({ redirect_uri: "http://127.0.0.1:40123/api/dashboard/" }))).resolves.toMatchObject({ status: 200 });
  });

  test.each([
    ["a scope of another API", { scope: "https://graph.microsoft.com/User.Read" }, "invalid_scope", "AADSTS70011"],
    ["its own API by URI", { scope: "api://keymend/user_impersonation" }, "invalid_request", "AADSTS90009"],
    ["no proof key", { code_challenge: "" }, "invalid_request", "AADSTS9002325"],
    ["no code", { response_type: "token" }, "unsupported_response_type", "AADSTS700054"],
    ["silence", { prompt: "none" }, "login_required", "AADSTS50058"],
  ])("tells the application that it can't have %s", async (_, fields, error, code) => {
    const { choose } = aTenant();
    const said = await choose(fields);
    expect(Object.fromEntries(said)).toMatchObject({ error, state: "s1" });
    expect(said.get("error_description")).toContain(code);
  });
});

describe("a code", () => {
  test("gives a token for the application's own API and one that says who it is", async () => {
    const { choose, redeem, anna } = aTenant();
    const { status, headers, body } = await redeem((await choose()).get("code"));
    expect({ status, origin: headers["access-control-allow-origin"] }).toEqual({ status: 200, origin: "https://keymend.example" });
    const both = {
      aud: CLIENT,
      oid: anna.oid,
      preferred_username: "anna@contoso.com",
      roles: ["Keymend.Approver"],
      tid: TENANT,
      ver: "2.0",
    };
    expect(decodeJwt(body["access_token"]!)).toMatchObject({ ...both, azp: CLIENT, scp: "user_impersonation" });
    expect(decodeJwt(body["id_token"]!)).toMatchObject({ ...both, nonce: "n1" });
    expect(decodeJwt(body["id_token"]!)).not.toHaveProperty("azp");
    const { uid, utid } = JSON.parse(Buffer.from(body["client_info"]!, "base64url").toString()) as Record<string, string>;
    expect({ uid, utid }).toEqual({ uid: anna.oid, utid: TENANT });
  });

  test("counts once", async () => {
    const { choose, redeem } = aTenant();
    const code = (await choose()).get("code");
    await redeem(code);
    await expect(redeem(code)).resolves.toMatchObject({ status: 400, body: { error: "invalid_grant", error_codes: [54005] } });
  });

  test.each([
    ["with another proof", { code_verifier: "another-verifier-that-is-long-enough-to-be-one" }, [501481]],
    ["for another address", { redirect_uri: "http://127.0.0.1/api/dashboard/" }, [54005]],
  ])("is not redeemed %s", async (_, fields, codes) => {
    const { choose, redeem } = aTenant();
    const answer = await redeem((await choose()).get("code"), fields);
    expect(answer).toMatchObject({ status: 400, body: { error: "invalid_grant", error_codes: codes } });
  });

  test("is a browser's alone", async () => {
    const { choose, redeem } = aTenant();
    const answer = await redeem((await choose()).get("code"), {}, {});
    expect(answer).toMatchObject({ status: 400, body: { error_codes: [9002327] } });
  });
});

describe("a refresh token", () => {
  const refreshed = async (scope: string) => {
    const { choose, redeem, token } = aTenant();
    const { body } = await redeem((await choose()).get("code"));
    return token({ grant_type: "refresh_token", refresh_token: body["refresh_token"]!, scope });
  };

  test("gives new ones", async () => {
    const { status, body } = await refreshed(`${CLIENT}/.default openid`);
    expect(status).toBe(200);
    expect(Number(body["refresh_token_expires_in"])).toBeLessThanOrEqual(86_400);
    expect(decodeJwt(body["access_token"]!)).toMatchObject({ aud: CLIENT });
  });

  test("is not used up: two windows that share one both go on (Learn, Refresh tokens in the Microsoft identity platform)", async () => {
    const { choose, redeem, token } = aTenant();
    const { body } = await redeem((await choose()).get("code"));
    const asked = { grant_type: "refresh_token", refresh_token: body["refresh_token"]!, scope: `${CLIENT}/.default openid` };
    const [one, other] = [await token(asked), await token(asked)];
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(one.body["refresh_token"]).not.toBe(other.body["refresh_token"]);
  });

  test("gives none for the application itself by its URI (AADSTS90009)", async () => {
    await expect(refreshed("api://keymend/.default")).resolves.toMatchObject({ status: 400, body: { error_codes: [90009] } });
  });
});

test("a browser may ask beforehand whether it may", async () => {
  const { send } = aTenant();
  const headers = { origin: "https://keymend.example", "access-control-request-headers": "x-anchormailbox" };
  await expect(send("OPTIONS", "oauth2/v2.0/token", "", headers)).resolves.toMatchObject({
    status: 204,
    headers: { "access-control-allow-origin": "https://keymend.example", "access-control-allow-headers": "x-anchormailbox" },
  });
});

test.each([
  [PAGE, 302],
  ["https://elsewhere.example/", 200],
])("who signs out goes back to %s: %i", async (back, status) => {
  const { send } = aTenant();
  const { headers, ...reply } = await send("GET", `oauth2/v2.0/logout?post_logout_redirect_uri=${encodeURIComponent(back)}&state=s2`);
  expect(reply.status).toBe(status);
  expect(headers["location"]).toBe(status === 302 ? `${back}?state=s2` : undefined);
});
