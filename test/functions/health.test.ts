import { beforeAll, expect, test } from "vitest";
import { createAuthenticate } from "../../src/functions/authenticate.ts";
import { createHealth } from "../../src/functions/health.ts";
import { NOW, TENANT, VAULT_ID } from "../support/builders.ts";
import { fakeLog, throwing, transient } from "../support/fakes.ts";
import { asDescribed } from "../support/described.ts";
import { aRequest, AUDIENCE, createIssuer, fakeClient, type Issuer } from "./support.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer(NOW);
});

const ROUNDS = { sweeps: [NOW], doubtSince: null, rounds: [{ at: NOW, vaults: 2, late: 0 }] };

const VITALS = {
  record: ROUNDS,
  signs: { event: NOW },
  unarmed: [{ vaultId: VAULT_ID, why: "taken", az: ["az x"] }],
  roles: { at: NOW, lacks: [] },
  periodMs: 300_000,
  isAnchoring: false,
};

async function ask(token: string | undefined, over: Partial<Parameters<typeof createHealth>[0]> = {}) {
  const health = createHealth({
    authenticate: createAuthenticate({
      tenantId: TENANT,
      audiences: [AUDIENCE],
      fetchJson: async () => issuer.keySet,
      now: () => new Date(NOW),
    }),
    loadVitals: async () => VITALS,
    countLetters: async () => ({ waiting: 2, dead: 1 }),
    now: () => new Date(NOW),
    ...over,
  });
  const answer = await health({
    request: aRequest({ path: "/api/health", ...(token === undefined ? {} : { token }) }),
    client: fakeClient().client,
    log: fakeLog(),
  });
  return asDescribed("health", answer);
}

test("a probe without a token hears that the app runs, and nothing else", async () => {
  expect(await ask(undefined, { loadVitals: throwing(transient()) })).toEqual({
    status: 200,
    headers: { "cache-control": "no-store" },
    jsonBody: { status: "alive" },
  });
});

test("who may read hears each check, and what to do about vaults that are not armed", async () => {
  const { status, jsonBody } = await ask(await issuer.sign());
  expect(status).toBe(200);
  expect(jsonBody).toMatchObject({
    status: "ok",
    at: NOW,
    checks: expect.arrayContaining([expect.objectContaining({ name: "round", ok: true, ageSeconds: 0, limitSeconds: 900 })]),
    unarmed: [{ vaultId: VAULT_ID, why: "taken", runbook: ["az x"] }],
    notifications: { waiting: 2, dead: 1 },
  });
});

test("who may read hears what Keymend's own identities lack, and what gives it back; that is not well", async () => {
  const lack = {
    capability: "access" as const,
    state: "lacking" as const,
    why: "none grants it",
    actions: ["a/write"],
    vaultIds: [VAULT_ID],
  };
  const answer = await ask(await issuer.sign(), {
    loadVitals: async () => ({ ...VITALS, roles: { at: NOW, lacks: [{ ...lack, az: ["npm x"] }] } }),
  });
  expect(answer).toMatchObject({
    status: 503,
    jsonBody: {
      status: "notOk",
      checks: expect.arrayContaining([expect.objectContaining({ name: "roles", ok: false })]),
      roles: [{ ...lack, runbook: ["npm x"] }],
    },
  });
});

test("what is not well is 503, so that a probe with a token need not read it", async () => {
  expect(await ask(await issuer.sign(), { loadVitals: async () => ({ ...VITALS, record: null }) })).toMatchObject({
    status: 503,
    jsonBody: { status: "notOk" },
  });
});

test.each([
  ["a token that is none", async () => "a.b.c", 401],
  ["one without a role", () => issuer.sign({ roles: [] }), 403],
])("%s is refused: it is no anonymous probe", async (_, token, status) => {
  expect((await ask(await token())).status).toBe(status);
});

test("storage that does not answer is no health", async () => {
  expect((await ask(await issuer.sign(), { loadVitals: throwing(transient()) })).status).toBe(503);
});
