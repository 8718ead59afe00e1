import { request } from "node:http";
import { ManagedIdentityCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createTokens } from "../../../sandbox/azure/entra/tokens.ts";
import { startIdentityEndpoint } from "../../../sandbox/network/identity-endpoint.ts";
import { aPerson, aWorld, START } from "../azure/pipeline.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of open.splice(0)) await close();
});

async function anEndpoint() {
  const world = aWorld();
  const identity = aPerson(world, "id-keymend", { keymend: true });
  const other = aPerson(world, "id-other", { keymend: true });
  const { endpoint, header, close } = await startIdentityEndpoint(() => ({
    world,
    tokens: createTokens(world),
    identities: [identity.appid],
  }));
  open.push(close);
  const ask = async (query: Record<string, string>, headers: Record<string, string> = { "X-IDENTITY-HEADER": header }) => {
    const search = new URLSearchParams({ "api-version": "2019-08-01", resource: "https://vault.azure.net", ...query });
    const response = await fetch(`${endpoint}?${search.toString()}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { identity, other, endpoint, header, ask };
}

describe("the identity endpoint (App Service, 2019-08-01)", () => {
  test.each(["client_id", "principal_id"])("gives a token of a day to the identity named by %s", async (name) => {
    const { ask, identity } = await anEndpoint();

    const { status, body } = await ask({ [name]: name === "client_id" ? identity.appid : identity.oid });

    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: "Bearer", resource: "https://vault.azure.net", expires_on: String(START / 1000 + 86_400) });
    expect(decodeJwt(String(body["access_token"]))).toMatchObject({
      oid: identity.oid,
      appid: identity.appid,
      aud: "https://vault.azure.net",
    });
  });

  test("refuses an identity that the app does not have, also none at all", async () => {
    const { ask, other } = await anEndpoint();

    for (const query of [{ client_id: other.appid }, {}]) {
      await expect(ask(query)).resolves.toEqual({
        status: 400,
        body: {
          statusCode: 400,
          message: "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
        },
      });
    }
  });

  test("refuses without its header", async () => {
    const { ask, identity } = await anEndpoint();

    await expect(ask({ client_id: identity.appid }, {})).resolves.toMatchObject({ status: 401 });
    await expect(ask({ client_id: identity.appid }, { "X-IDENTITY-HEADER": "guess" })).resolves.toMatchObject({ status: 401 });
  });

  test("refuses another protocol and a missing resource", async () => {
    const { ask, identity } = await anEndpoint();

    await expect(ask({ client_id: identity.appid, "api-version": "2017-09-01" })).resolves.toMatchObject({ status: 400 });
    await expect(ask({ client_id: identity.appid, resource: "" })).resolves.toMatchObject({ status: 400 });
  });

  test("serves ManagedIdentityCredential", async () => {
    const { identity, endpoint, header } = await anEndpoint();
    vi.stubEnv("IDENTITY_ENDPOINT", endpoint);
    vi.stubEnv("IDENTITY_HEADER", header);
    const credential = new ManagedIdentityCredential({ clientId: identity.appid });

    const token = await credential.getToken("https://management.azure.com/.default");

    expect(decodeJwt(token.token)).toMatchObject({
      oid: identity.oid,
      aud: expect.stringMatching(/^https:\/\/management\.azure\.com\/?$/),
    });
  });

  test("says what is wrong with an address that is none, and serves on", async () => {
    const { endpoint, ask, identity } = await anEndpoint();
    const { hostname, port } = new URL(endpoint);
    const status = await new Promise((resolve, reject) => {
      request({ hostname, port, path: "//" }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });

    expect(status).toBe(500);
    await expect(ask({ client_id: identity.appid })).resolves.toMatchObject({ status: 200 });
  });
});
