import type { HttpResponseInit } from "@azure/functions";
import { beforeAll, describe, expect, test } from "vitest";
import type { Role } from "../../src/api/routes.ts";
import type { KnownDatabase } from "../../src/domain/databases/sight.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { createAuthenticate } from "../../src/functions/authenticate.ts";
import { createTargetsApi, type TargetsDeps } from "../../src/functions/targets-api.ts";
import { ACCOUNT_ID, CLUSTER_ID, IDENTITY_ID, KEY_URI, NOW, TENANT, VAULT_ID } from "../support/builders.ts";
import { asDescribed } from "../support/described.ts";
import { fakeLog } from "../support/fakes.ts";
import { turnInput } from "../support/turns.ts";
import { aRequest, AUDIENCE, createIssuer, fakeClient, type Issuer } from "./support.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer(NOW);
});

const SOON = "2026-11-20T00:00:00.000Z";
const account: KnownDatabase = {
  kind: "account",
  id: ACCOUNT_ID,
  keyUri: KEY_URI,
  identityIds: [IDENTITY_ID, IDENTITY_ID],
  phase: "healthy",
  expiresOn: SOON,
};
const cluster: KnownDatabase = { kind: "cluster", id: CLUSTER_ID, keyUri: KEY_URI, identityIds: [], phase: "revoked" };
const open = decideTurn(turnInput()).incident!;
const APP = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/keymend";

function setUp(over: Partial<TargetsDeps> = {}) {
  const { operations: api, databasesOf } = createTargetsApi({
    authenticate: createAuthenticate({
      tenantId: TENANT,
      audiences: [AUDIENCE],
      fetchJson: async () => issuer.keySet,
      now: () => new Date(NOW),
    }),
    listKnown: async () => [{ patientId: VAULT_ID, databases: [cluster, account] }],
    listUnarmed: async () => [],
    loadScreens: async () => ({ "kv-orders": { lookedAt: Date.parse(NOW) } }),
    loadBaseline: async () => ({ baseline: null }),
    listOpenIncidents: async () => [],
    latestIncident: async () => undefined,
    settings: { functionAppId: APP },
    ...over,
  });
  const ask = async (
    name: "targets" | "target",
    request: Parameters<typeof aRequest>[0],
    role: Role = "Keymend.Reader",
  ): Promise<HttpResponseInit> => {
    const token = await issuer.sign({ roles: [role] });
    return asDescribed(name, await api[name]({ request: aRequest({ token, ...request }), client: fakeClient().client, log: fakeLog() }));
  };
  const list = async (query = ""): Promise<Record<string, unknown>[]> => {
    const { jsonBody } = await ask("targets", { path: `/api/targets${query}` });
    return (jsonBody as { value: Record<string, unknown>[] }).value;
  };
  const read = (id: string): Promise<HttpResponseInit> => ask("target", { params: { id } });
  return { api, ask, list, read, databasesOf };
}

describe("the list", () => {
  test("has every database as the last look found it, by its id", async () => {
    const armed = { state: "unknown", why: "the last look could not tell" };
    const common = { vaultId: VAULT_ID, keyUri: KEY_URI, armed, lastLookAt: NOW, openIncidentId: "i1" };
    const { list, databasesOf } = setUp({ listOpenIncidents: async () => [{ id: "i1", vaultId: VAULT_ID.toUpperCase() }] });
    expect(await databasesOf(VAULT_ID.toUpperCase())).toHaveLength(2);
    expect(await databasesOf("https://kv-other.vault.azure.net")).toEqual([]);
    expect(await list()).toEqual([
      { ...common, id: ACCOUNT_ID, kind: "account", identityIds: [IDENTITY_ID], phase: "healthy", expiresOn: SOON },
      { ...common, id: CLUSTER_ID, kind: "cluster", identityIds: [], phase: "revoked", expiresOn: null },
    ]);
  });

  test.each<[string, lookedAt: string | undefined, screens: Record<string, { lookedAt: number }>, last: string | null]>([
    ["a look of its incident after that of a sweep", SOON, { "kv-orders": { lookedAt: Date.parse(NOW) } }, SOON],
    ["a look of a sweep after that of its incident", NOW, { "kv-orders": { lookedAt: Date.parse(SOON) } }, SOON],
    ["a look of its incident alone", NOW, {}, NOW],
    ["an incident of before looks were kept", undefined, {}, null],
  ])("has as the last look %s", async (_what, lookedAt, screens, last) => {
    const kept = [{ id: "i1", vaultId: VAULT_ID, ...(lookedAt && { lookedAt }) }];
    const { list } = setUp({ listOpenIncidents: async () => kept, loadScreens: async () => screens });
    expect(await list()).toMatchObject([{ lastLookAt: last }, { lastLookAt: last }]);
  });

  test("says what is not known of one that no look could judge", async () => {
    const { phase: _, ...unread } = account;
    const { list } = setUp({ listKnown: async () => [{ patientId: VAULT_ID, databases: [unread] }], loadScreens: async () => ({}) });
    expect(await list()).toMatchObject([{ phase: null, lastLookAt: null, openIncidentId: null, armed: { state: "unknown" } }]);
  });

  test.each<[string, string[]]>([
    ["?phase=revoked", [CLUSTER_ID]],
    ["?kind=account", [ACCOUNT_ID]],
    [`?vaultId=${encodeURIComponent("https://KV-orders.vault.azure.net")}`, [ACCOUNT_ID, CLUSTER_ID]],
    ["?vaultId=KV-orders", [ACCOUNT_ID, CLUSTER_ID]],
    [`?vaultId=${encodeURIComponent(VAULT_ID.replace("kv-orders", "kv-other"))}`, []],
  ])("chooses by %s", async (query, ids) => {
    expect((await setUp().list(query)).map(({ id }) => id)).toEqual(ids);
  });

  test("comes page by page", async () => {
    const { ask } = setUp();
    const first = (await ask("targets", { path: "/api/targets?$top=1" })).jsonBody as { value: { id: string }[]; nextLink: string };
    const rest = (await ask("targets", { path: first.nextLink.replace("https://keymend.example", "") })).jsonBody as {
      value: { id: string }[];
    };
    expect([first.value, rest.value].map((all) => all.map(({ id }) => id))).toEqual([[ACCOUNT_ID], [CLUSTER_ID]]);
    expect(rest).not.toHaveProperty("nextLink");
  });

  test.each([
    "?phase=well",
    "?$top=1001",
    "?state=closed",
    "?$skipToken=a/b",
    "?vaultId=kv%20orders",
    "?vaultId=",
    "?kind=account&kind=cluster",
  ])("refuses %s", async (query) => {
    expect(await setUp().ask("targets", { path: `/api/targets${query}` })).toMatchObject({ status: 400 });
  });
});

describe("a vault is", () => {
  const told = { vaultId: VAULT_ID, why: "no event subscription", az: ["az eventgrid ..."] };
  const well = [{ patientId: VAULT_ID, databases: [account, { ...account, id: `${ACCOUNT_ID}2`, phase: "atRisk" as const }] }];
  test.each<[string, Partial<TargetsDeps>, unknown]>([
    ["armed where a look found it in order and nothing was told", {}, { state: "armed", why: null }],
    ["not armed where that was told", { listUnarmed: async () => [told] }, { state: "unarmed", why: told.why }],
    ["of unknown arming where the app is not known", { settings: { functionAppId: null } }, { state: "unknown" }],
    [
      "not asked about where there is none",
      { listKnown: async () => [{ patientId: ACCOUNT_ID, databases: [{ ...account, keyUri: "x" }] }] },
      { state: "unknown", why: "its key URI names no vault" },
    ],
  ])("%s", async (_, over, armed) => {
    expect(await setUp({ listKnown: async () => well, ...over }).list()).toMatchObject([
      { armed },
      ...("listKnown" in over ? [] : [{ armed }]),
    ]);
  });
});

describe("one", () => {
  test.each([ACCOUNT_ID, ACCOUNT_ID.slice(1), ACCOUNT_ID.replaceAll("/", "%2F"), ACCOUNT_ID.toUpperCase()])("is read by %s", async (id) => {
    const { read } = setUp({
      loadBaseline: async () => ({ baseline: { at: NOW } }),
      latestIncident: async () => ({ incident: open }),
      listUnarmed: async () => [{ vaultId: VAULT_ID, why: "w", az: ["az a"] }],
    });
    expect(await read(id)).toMatchObject({
      status: 200,
      jsonBody: { id: ACCOUNT_ID, lastKnownGoodAt: NOW, armsBy: ["az a"], latestIncident: { id: open.id, state: open.state } },
    });
  });

  test("of which nothing is known but that it is there says so", async () => {
    expect(await setUp().read(ACCOUNT_ID)).toMatchObject({ jsonBody: { lastKnownGoodAt: null, armsBy: [], latestIncident: null } });
  });

  test.each([
    ["no look has found", `${ACCOUNT_ID}2`, /No look has found/],
    ["is a vault", VAULT_ID, /\?vaultId=/],
    ["is something else", IDENTITY_ID, /not the resource id/],
  ])("that %s is 404", async (_, id, detail) => {
    expect(await setUp().read(id)).toMatchObject({ status: 404, jsonBody: { detail: expect.stringMatching(detail) as string } });
  });

  test("without an id is the list: the host may take the one route or the other", async () => {
    const { api } = setUp();
    const token = await issuer.sign({ roles: ["Keymend.Reader"] });
    const request = aRequest({ token, path: "/api/targets?kind=account" });
    const answer = await api.target({ request, client: fakeClient().client, log: fakeLog() });
    expect(asDescribed("targets", answer)).toMatchObject({ status: 200, jsonBody: { value: [{ id: ACCOUNT_ID }] } });
  });
});

test.each(["targets", "target"] as const)("%s wants a token", async (name) => {
  expect(await setUp().ask(name, { token: "x" })).toMatchObject({ status: 401 });
});
