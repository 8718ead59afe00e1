import { beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../src/api/routes.ts";
import { type ApiCaller, type AuthenticateDeps, createAuthenticate } from "../../src/functions/authenticate.ts";
import { ProblemError } from "../../src/functions/problem.ts";
import { NOW, TENANT } from "../support/builders.ts";
import { aRequest, AUDIENCE, createIssuer, type Issuer, KEYS_URL, unsigned, V1_ISSUER, V2_ISSUER } from "./support.ts";

const GUID = "99999999-0000-4000-8000-000000000009";

const ROLES: Role[] = ["Keymend.Reader", "Keymend.Operator"];
let issuer: Issuer;

beforeAll(async () => {
  issuer = await createIssuer(NOW);
});

const authenticator = (over: Partial<AuthenticateDeps> = {}) =>
  createAuthenticate({
    tenantId: TENANT,
    audiences: [AUDIENCE, "a7c6"],
    fetchJson: async () => issuer.keySet,
    now: () => new Date(NOW),
    ...over,
  });
const authenticate = (token: string | undefined, over?: Partial<AuthenticateDeps>): Promise<ApiCaller> =>
  authenticator(over)(aRequest(token === undefined ? {} : { token }), ROLES);

/** The problem document that a request ends with. */
async function problemOf(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error(`no problem document: ${String(error)}`);
  return error.response;
}

describe("a token of this tenant for this API", () => {
  test.each([
    ["version 2", {}],
    ["version 1", { iss: V1_ISSUER, ver: "1.0" }],
    ["the second audience", { aud: "a7c6", azp: "o1" }],
    ["several audiences", { aud: ["x", AUDIENCE] }],
  ])("is accepted: %s", async (_, claims) => {
    expect(await authenticate(await issuer.sign(claims))).toEqual({ objectId: "o1", name: "o1", roles: ["Keymend.Reader"] });
  });

  test.each([
    ["issued by a clock that is ahead", "nbf", 60],
    ["that expired only by a clock that is behind", "exp", -59],
  ])("is accepted: one %s of ours by a minute at most", async (_, claim, seconds) => {
    expect(await authenticate(await issuer.sign({ [claim]: issuer.at + seconds }))).toMatchObject({ objectId: "o1" });
  });

  test.each([
    ["a person's user name", { preferred_username: "ada@example.com", azp: "app" }, "ada@example.com"],
    ["an app by azp", { azp: "app2" }, "app2"],
    ["an app by appid", { appid: "app1" }, "app1"],
    ["nobody by a name that is no text", { preferred_username: 7, azp: ["x"] }, "o1"],
  ])("names %s", async (_, claims, name) => {
    expect(await authenticate(await issuer.sign(claims))).toMatchObject({ name, objectId: "o1" });
  });

  test("is told by keys that are fetched once for many requests, from where Microsoft Entra keeps them", async () => {
    const fetched: string[] = [];
    const fetchJson = async (url: string) => {
      fetched.push(url);
      return issuer.keySet;
    };
    const check = authenticator({ fetchJson });
    const token = await issuer.sign();
    await Promise.all([check(aRequest({ token }), ROLES), check(aRequest({ token }), ROLES)]);
    await check(aRequest({ token }), ROLES);
    expect(fetched).toEqual([KEYS_URL]);
  });
});

describe("anything else", () => {
  const hour = 3600;
  test.each<[string, () => string | undefined | Promise<string>]>([
    ["no token", () => undefined],
    ["a word", () => "letmein"],
    ["a token of another tenant", () => issuer.sign({ iss: "https://sts.windows.net/another/" })],
    // All tenants' tokens are signed by the same keys (Microsoft Learn, "Access tokens in the Microsoft identity platform", validate tokens).
    ["a version 2 token of another tenant", () => issuer.sign({ iss: V2_ISSUER.replace(TENANT, GUID), tid: GUID })],
    ["a token of every tenant", () => issuer.sign({ iss: V2_ISSUER.replace(TENANT, "common") })],
    ["a token of an issuer that begins as ours does", () => issuer.sign({ iss: `${V2_ISSUER}/evil` })],
    ["a token without an issuer", () => issuer.sign({ iss: undefined })],
    ["a token of another issuer", () => issuer.sign({ iss: "https://evil.example" })],
    ["a token for another API", () => issuer.sign({ aud: "https://management.azure.com" })],
    ["a token for an API whose name begins as ours does", () => issuer.sign({ aud: `${AUDIENCE}-evil` })],
    ["a token for none of several APIs", () => issuer.sign({ aud: ["x", "y"] })],
    ["a token without an audience", () => issuer.sign({ aud: undefined })],
    ["a token signed by another key", () => issuer.sign({}, { key: issuer.stranger })],
    ["a token signed by a key that is not in the set", () => issuer.sign({}, { key: issuer.stranger, kid: "k2" })],
    ["a token that brings its own key", () => issuer.sign({}, { key: issuer.stranger, header: { jwk: issuer.strangerJwk } })],
    ["a token with what must be understood and is not", () => issuer.sign({}, { header: { crit: ["x"], x: 1 } })],
    ["a token without a signature", async () => (await issuer.sign()).replace(/[^.]+$/, "")],
    ["an encrypted one", async () => `${await issuer.sign()}.x.y`],
    ["a token whose expiry is no number", () => issuer.sign({ exp: "tomorrow" })],
    ["a token whose beginning is no number", () => issuer.sign({ nbf: "now" })],
    ["a token that has expired", () => issuer.sign({ exp: issuer.at - 60 })],
    ["a token that is not valid yet", () => issuer.sign({ nbf: issuer.at + 61 })],
    ["a token that never expires", () => issuer.sign({ exp: undefined })],
    ["a token without oid", () => issuer.sign({ oid: undefined })],
    ["a token with an empty oid", () => issuer.sign({ oid: "" })],
    ["a token whose oid is no text", () => issuer.sign({ oid: 7 })],
    ["an unsigned token", () => unsigned({ iss: V1_ISSUER, aud: AUDIENCE, exp: issuer.at + hour, oid: "o1", roles: ROLES })],
    [
      "an unsigned token with a made-up signature",
      () => unsigned({ aud: AUDIENCE, exp: issuer.at + hour, oid: "o1", roles: ROLES }, "c2ln"),
    ],
    [
      "an unsigned token in other letters",
      () => unsigned({ iss: V1_ISSUER, aud: AUDIENCE, exp: issuer.at + hour, oid: "o1" }, "c2ln", "NONE"),
    ],
    [
      "a token signed with the public key in PEM as a secret",
      () => issuer.sign({}, { alg: "HS256", key: new TextEncoder().encode(issuer.publicPem) }),
    ],
    [
      "a token signed with the public key as a secret",
      () => issuer.sign({}, { alg: "HS256", key: new TextEncoder().encode(JSON.stringify(issuer.publicJwk)) }),
    ],
    ["a token signed with the right key in another way", () => issuer.sign({}, { alg: "PS256", key: issuer.otherAlgorithm })],
    ["a token whose roles were changed", async () => tamper(await issuer.sign())],
  ])("%s is answered 401, and how to do better", async (_, token) => {
    const response = await problemOf(authenticate(await token()));
    expect(response).toMatchObject({
      status: 401,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        "www-authenticate": `Bearer authorization_uri="https://login.microsoftonline.com/${TENANT}"`,
      },
      jsonBody: { type: "about:blank", title: "Who are you?", status: 401, detail: expect.any(String) },
    });
  });

  test("a token that says where its key is is answered 401, and nobody asks there", async () => {
    const header = { jku: "https://evil.example/keys", x5u: "https://evil.example/certificate" };
    const token = await issuer.sign({}, { key: issuer.stranger, kid: "k9", header });
    const asked: string[] = [];
    const fetchJson = async (url: string) => (asked.push(url), issuer.keySet);
    expect(await problemOf(authenticate(token, { fetchJson }))).toMatchObject({ status: 401 });
    expect(asked).toEqual([KEYS_URL]);
  });

  test.each([
    ["for the app by its client id, that names no client", { aud: "a7c6" }],
    ["with a nonce", { nonce: "n" }],
    ["with the hash of an access token", { azp: "app", at_hash: "h" }],
    ["with the hash of a code", { azp: "app", c_hash: "h" }],
  ])("an ID token, %s, is answered 401: it lets nobody in", async (_, claims) => {
    const { status, headers, jsonBody } = await problemOf(authenticate(await issuer.sign(claims)));
    expect([status, jsonBody]).toMatchObject([401, { detail: "This is an ID token: send an access token." }]);
    expect(headers).toHaveProperty("www-authenticate");
  });

  test("another scheme is answered 401, with the audience to ask a token for", async () => {
    const request = aRequest();
    request.headers.set("authorization", "Basic YWRhOnB3");
    const { jsonBody } = await problemOf(authenticator()(request, ROLES));
    expect(jsonBody).toMatchObject({ status: 401, detail: `Send an access token for ${AUDIENCE} as 'Authorization: Bearer ...'.` });
  });

  test("no answer ever holds the token", async () => {
    const token = await issuer.sign({ exp: issuer.at - hour });
    expect(JSON.stringify(await problemOf(authenticate(token)))).not.toContain(token.split(".")[1]);
  });

  test.each([
    ["no roles", undefined, "none"],
    ["roles that are no list", "Keymend.Reader", "none"],
    ["roles of another app", ["Admin", 7], "Admin"],
    ["a role that does not reach this", ["Keymend.Approver"], "Keymend.Approver"],
  ])("%s is answered 403, with the role that is needed", async (_, roles, has) => {
    const { status, headers, jsonBody } = await problemOf(authenticate(await issuer.sign({ roles })));
    expect([status, headers]).toMatchObject([403, { "content-type": "application/problem+json" }]);
    expect(jsonBody).toMatchObject({
      title: "You may not",
      detail: `This needs the app role Keymend.Reader or Keymend.Operator; your token has ${has}.`,
    });
  });
});

describe("the signing keys", () => {
  test.each([new Error("socket hang up"), "a thrown text"])("that can't be read are no word about the token: try again", async (thrown) => {
    const fetchJson = async () => {
      throw thrown;
    };
    await expect(authenticate(await issuer.sign(), { fetchJson })).rejects.toMatchObject({
      name: "TransientError",
      operation: "read the signing keys",
      resourceId: KEYS_URL,
    });
  });

  test("that make no sense are answered 503", async () => {
    const response = await problemOf(authenticate(await issuer.sign(), { fetchJson: async () => ({ error: "later" }) }));
    expect(response).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
  });

  test("are read again after a failure", async () => {
    let reads = 0;
    const fetchJson = async () => {
      if (++reads === 1) throw new Error("once");
      return issuer.keySet;
    };
    const check = authenticator({ fetchJson });
    const token = await issuer.sign();
    await expect(check(aRequest({ token }), ROLES)).rejects.toThrow("once");
    expect(await check(aRequest({ token }), ROLES)).toMatchObject({ objectId: "o1" });
  });

  test("a mistake of this program is thrown on", async () => {
    const now = (): Date => {
      throw new TypeError("a mistake");
    };
    await expect(authenticate(await issuer.sign(), { now })).rejects.toThrow("a mistake");
  });
});

/** The same signature under other claims. */
function tamper(token: string): string {
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
  const changed = Buffer.from(JSON.stringify({ ...claims, roles: ["Keymend.Approver", "Keymend.Reader"] })).toString("base64url");
  return [header, changed, signature].join(".");
}
