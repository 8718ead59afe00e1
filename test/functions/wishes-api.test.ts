import type { HttpResponseInit } from "@azure/functions";
import { beforeAll, describe, expect, test } from "vitest";
import type { Found } from "../../src/activities/patients.ts";
import type { Facts } from "../../src/domain/facts.ts";
import type { Incident } from "../../src/domain/incident.ts";
import type { Signal } from "../../src/domain/signal.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import type { WishOnRecord } from "../../src/domain/wish.ts";
import type { Role } from "../../src/api/routes.ts";
import { createAuthenticate } from "../../src/functions/authenticate.ts";
import { createWishesApi, type WishesDeps } from "../../src/functions/wishes-api.ts";
import {
  ACCOUNT_ID,
  anAccount,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_URI,
  NOW,
  someFacts,
  someSettings,
  TENANT,
  VAULT_ID,
} from "../support/builders.ts";
import { asDescribed } from "../support/described.ts";
import { fakeLog, noRestraint } from "../support/fakes.ts";
import { PATIENT } from "../support/turns.ts";
import { aStatusOf, aWish, CHECK, SWITCH_IDENTITY, turnOn } from "../support/wishes.ts";
import { aRequest, AUDIENCE, createIssuer, fakeClient, type Issuer } from "./support.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer(NOW);
});

const ROUTE = { start: "startOperation", list: "operations", read: "operation", cancel: "cancelOperation" } as const;

type Setting = { onRecord?: WishOnRecord[]; found?: Found; incident?: Incident; facts?: Facts; over?: Partial<WishesDeps> };

function setUp({ onRecord = [], found = { patient: PATIENT }, incident, facts = someFacts(), over = {} }: Setting = {}) {
  const journal: string[] = [];
  const kept = new Map(onRecord.map((wish) => [wish.id, wish]));
  const signals: Signal[] = [];
  const log = fakeLog();
  const deps: WishesDeps = {
    authenticate: createAuthenticate({
      tenantId: TENANT,
      audiences: [AUDIENCE],
      fetchJson: async () => issuer.keySet,
      now: () => new Date(NOW),
    }),
    patients: { find: async () => found, named: async () => PATIENT },
    gatherFacts: async (_, __, wished = []) => ({ ...facts, wishes: [...wished] }),
    sendSignal: async (_, __, signal) => {
      journal.push("signal");
      signals.push(signal);
      return "woken";
    },
    wishes: {
      keep: async (wish) => {
        journal.push("keep");
        kept.set(wish.id, { ...wish, status: kept.get(wish.id)?.status ?? null });
      },
      find: async (id) => kept.get(id),
      list: async () => [...kept.values()],
    },
    findIncident: async () => incident,
    loadRestraint: async () => noRestraint(),
    settings: someSettings(),
    digest: (value) => JSON.stringify(value),
    newGuid: () => "0123-4567-89ab-cdef",
    now: () => new Date(NOW),
    ...over,
  };
  const api = createWishesApi(deps);
  const call = async (
    name: keyof typeof api,
    role: Role | null,
    request: Parameters<typeof aRequest>[0] = {},
  ): Promise<HttpResponseInit> => {
    const token = role === null ? undefined : await issuer.sign({ roles: [role], name: "ada" });
    const asked = aRequest({ ...request, ...(token === undefined ? {} : { token }) });
    return asDescribed(ROUTE[name], await api[name]({ request: asked, client: fakeClient().client, log }));
  };
  return { call, journal, kept, signals, log };
}

const body = {
  operation: "check-requirements",
  reason: "change 42",
  kind: "account",
  vaultId: VAULT_ID,
  key: "cmk",
  identityId: IDENTITY_ID,
  databaseId: ACCOUNT_ID,
};
const post = (sent: unknown, id?: string) => ({
  method: "POST",
  path: "/api/operations",
  body: sent,
  ...(id === undefined ? {} : { params: { id } }),
});
const problem = (status: number, errors?: unknown) => ({ status, jsonBody: { status, ...(errors ? { errors } : {}) } });
const ID = "20261102T100000000Z-0123456789ab";

describe("wanting something", () => {
  test("is on record before anybody is woken, with who, why and until when", async () => {
    const { call, journal, kept, signals, log } = setUp();
    expect(await call("start", "Keymend.Operator", post(body))).toMatchObject({
      status: 202,
      headers: { location: `https://keymend.example/api/operations/${ID}` },
      jsonBody: {
        id: ID,
        operation: "check-requirements",
        state: "working",
        outcome: null,
        plan: null,
        requirements: [],
        undo: [],
        incidentId: null,
      },
    });
    expect(journal).toEqual(["keep", "signal"]);
    expect(kept.get(ID)).toMatchObject({
      ...CHECK,
      reason: "change 42",
      by: { objectId: "o1", name: "o1" },
      at: NOW,
      until: "2026-11-04T10:00:00.000Z",
      patient: PATIENT,
    });
    expect(signals).toMatchObject([
      {
        id: `wish-${ID}`,
        source: "wish",
        what: "a planned operation, check-requirements on kv-orders/cmk: change 42",
        caller: { objectId: "o1" },
      },
    ]);
    expect(log.lines).toMatchObject([{ event: "wished" }]);
  });

  test("may be said to end sooner, and leave out what is not known yet", async () => {
    const { identityId: _, databaseId: __, ...least } = body;
    const { call, kept } = setUp();
    await call("start", "Keymend.Operator", post({ ...least, until: "PT2H" }));
    expect(kept.get(ID)).toMatchObject({ until: "2026-11-02T12:00:00.000Z", params: { identityId: null, databaseId: null } });
  });

  test("of a vault that nothing depends on yet is wanted of it all the same", async () => {
    const { call, kept } = setUp({ found: { patient: null, why: "none", detail: "nothing depends on it" } });
    await call("start", "Keymend.Operator", post(body));
    expect(kept.get(ID)?.patient).toEqual({ id: VAULT_ID, kind: "vault", vaultName: "kv-orders" });
  });

  test("a database is prepared for with the identity that is named, there already or not", async () => {
    const { call, kept } = setUp();
    const { databaseId: _, ...least } = body;
    await call("start", "Keymend.Operator", post({ ...least, operation: "prepare" }));
    expect(kept.get(ID)).toMatchObject({ operation: "prepare", params: { ...CHECK.params, databaseId: null }, patient: PATIENT });
    const { identityId: __, ...nobody } = body;
    expect(await call("start", "Keymend.Operator", post({ ...nobody, operation: "prepare" }))).toMatchObject({ status: 400 });
  });

  test("purge protection is turned on only where it is asked for by name, and the vault is named: it stays", async () => {
    const { call, kept } = setUp();
    const asked = { ...body, operation: "prepare", purgeProtection: true };
    for (const sent of [asked, { ...asked, confirm: "KV-orders", dryRun: true }]) {
      const refused = await call("start", "Keymend.Operator", post(sent));
      expect(refused).toMatchObject(problem(400, [{ field: "confirm", problem: "must be the name of the vault" }]));
      expect(JSON.stringify(refused.jsonBody)).toContain("can never be turned off again");
    }
    expect(await call("start", "Keymend.Operator", post({ ...asked, confirm: "kv-orders" }))).toMatchObject({ status: 202 });
    expect([...kept.values()]).toMatchObject([{ params: { purgeProtection: true } }]);
    expect(await call("start", "Keymend.Operator", post({ ...asked, purgeProtection: false }))).toMatchObject({ status: 400 });
  });

  test("rehearsed takes the turn that the loop would, and leaves nothing behind", async () => {
    const { call, journal } = setUp();
    const { status, jsonBody } = await call("start", "Keymend.Operator", post({ ...body, dryRun: true }));
    expect(status).toBe(200);
    expect(jsonBody).toMatchObject({ dryRun: true, state: "closed", outcome: "Completed", detail: "every requirement is met" });
    expect(jsonBody).not.toHaveProperty("id");
    expect(journal).toEqual([]);
  });

  test.each<[string, unknown, unknown]>([
    ["operation", { ...body, operation: "destroy" }, [{ field: "operation", problem: expect.any(String) as string }]],
    ["vault", { ...body, vaultId: ACCOUNT_ID }, [{ field: "vaultId", problem: "must be the resource id of a vault" }]],
    [
      "identity",
      { ...body, identityId: VAULT_ID },
      [{ field: "identityId", problem: "must be the resource id of a user-assigned identity" }],
    ],
    ["key", { ...body, key: "a/b" }, [{ field: "key", problem: "must be the name of a key" }]],
    ["kind", { ...body, kind: "server" }, [{ field: "kind", problem: "must be account or cluster" }]],
    [
      "kind of database",
      { ...body, kind: "cluster", databaseId: ACCOUNT_ID },
      [{ field: "databaseId", problem: "must be the resource id of a cluster, as kind says" }],
    ],
    [
      "kind of database, the other way",
      { ...body, kind: "account", databaseId: CLUSTER_ID },
      [{ field: "databaseId", problem: "must be the resource id of an account, as kind says" }],
    ],
    ["member", { ...body, force: true }, [{ field: "force", problem: "is not known" }]],
    ["end", { ...body, until: "P60D" }, [{ field: "until", problem: expect.stringMatching(/30 days/) as string }]],
  ])("names a wrong %s, and writes nothing", async (_, sent, errors) => {
    const { call, journal } = setUp();
    expect(await call("start", "Keymend.Operator", post(sent))).toMatchObject(problem(400, errors));
    expect(journal).toEqual([]);
  });

  test("of what can't be seen is refused", async () => {
    const { call, journal } = setUp({ found: { patient: null, why: "unseen", detail: "can't see it" } });
    expect(await call("start", "Keymend.Operator", post(body))).toMatchObject(
      problem(424, [{ field: "vaultId", problem: expect.any(String) as string }]),
    );
    expect(journal).toEqual([]);
  });

  test.each<[string, WishOnRecord, number]>([
    ["while the same is wanted", aWish(), 409],
    ["once that was called off", aWish(CHECK, { cancelled: { at: NOW, by: "bob", reason: "no" } }), 202],
    ["once that has ended", aWish(CHECK, { status: aStatusOf({ state: "closed", stands: true }) }), 202],
    [
      "while the same is wanted in another casing",
      aWish({ ...CHECK, params: { ...CHECK.params, key: CHECK.params.key.toUpperCase() } }),
      409,
    ],
    ["while something else is wanted", aWish({ ...CHECK, params: { ...CHECK.params, key: "other" } }), 202],
  ])("%s", async (_, before, status) => {
    expect(await setUp({ onRecord: [before] }).call("start", "Keymend.Operator", post(body))).toMatchObject({ status });
  });
});

describe("moving a database", () => {
  const toKey = {
    operation: "switch-key",
    databaseId: ACCOUNT_ID,
    keyUri: "https://kv-orders.vault.azure.net/keys/cmk-2",
    reason: "apart",
  };
  const toIdentity = { operation: "switch-identity", databaseId: ACCOUNT_ID, identityId: IDENTITY_ID, reason: "apart" };

  test("is refused while another one moves it, of whatever vault that is wanted", async () => {
    const elsewhere = aWish(SWITCH_IDENTITY, { patient: { ...PATIENT, id: `${VAULT_ID}-2` } });
    const { call, kept } = setUp({ onRecord: [elsewhere] });
    const answer = await call("start", "Keymend.Operator", post(toKey));
    expect(answer).toMatchObject(problem(409));
    expect(JSON.stringify(answer.jsonBody)).toMatch(/moved already.*operation w1, by ada: change 42.*cancel/);
    expect([...kept.keys()]).toEqual(["w1"]);
    const calledOff = { ...elsewhere, cancelled: { at: NOW, by: "bob", reason: "no" } };
    expect(await setUp({ onRecord: [calledOff] }).call("start", "Keymend.Operator", post(toKey))).toMatchObject({ status: 202 });
  });

  test.each([toKey, toIdentity])("is wanted of the vault that it has its key in: $operation", async (sent) => {
    const { call, kept, signals } = setUp();
    expect(await call("start", "Keymend.Operator", post(sent))).toMatchObject({ status: 202, jsonBody: { disposable: null } });
    const { reason: _, operation, ...params } = sent;
    expect(kept.get(ID)).toMatchObject({ operation, params, patient: PATIENT });
    expect(signals).toMatchObject([{ what: `a planned operation, ${operation} of orders: apart` }]);
  });

  test("to a key of another vault is that vault's, as long as it can be seen", async () => {
    const named = (id: string) => ({
      over: { patients: { find: async () => ({ patient: PATIENT }), named: async () => ({ ...PATIENT, id }) } },
    });
    const seen = setUp(named(`${VAULT_ID}-2`));
    await seen.call("start", "Keymend.Operator", post(toKey));
    expect(seen.kept.get(ID)?.patient.id).toBe(`${VAULT_ID}-2`);
    const unseen = setUp(named("https://kv-fabrikam.vault.azure.net"));
    await unseen.call("start", "Keymend.Operator", post(toKey));
    expect(unseen.kept.get(ID)?.patient).toEqual(PATIENT);
  });

  test("that is not there, or can't be seen, is told at once", async () => {
    const none = setUp({ found: { patient: null, why: "none", detail: "it has no customer-managed key" } });
    expect(await none.call("start", "Keymend.Operator", post(toIdentity))).toMatchObject(problem(404));
    const unseen = setUp({ found: { patient: null, why: "unseen", detail: "403" } });
    expect(await unseen.call("start", "Keymend.Operator", post(toKey))).toMatchObject(problem(424, [{ field: "databaseId" }]));
  });

  test("leaves things behind that are told a day later, as a look of then shows them", async () => {
    const before = { keyUri: KEY_URI, defaultIdentity: `UserAssignedIdentity=${IDENTITY_ID}` };
    const told = async (from: string, facts: Facts): Promise<unknown> => {
      let looks = 0;
      const gatherFacts = async () => {
        looks++;
        return facts;
      };
      const status = aStatusOf({ state: "closed", outcome: "Completed", before, disposable: { from } });
      const { call } = setUp({ onRecord: [aWish(SWITCH_IDENTITY, { id: ID, status })], over: { gatherFacts } });
      const { jsonBody } = await call("read", "Keymend.Reader", { params: { id: ID } });
      return { looks, ...(jsonBody as { disposable: unknown }) };
    };
    const moved = someFacts({
      targets: [anAccount({ defaultIdentity: { form: "user", id: SWITCH_IDENTITY.params.identityId, federatedClientId: null } })],
    });
    const later = "2026-11-03T10:00:00.000Z";
    expect(await told(later, moved)).toMatchObject({ looks: 0, disposable: { from: later, az: [] } });
    const lines = (...az: unknown[]) => ({ looks: 1, disposable: { from: NOW, az: expect.arrayContaining(az) as string[] } });
    expect(await told(NOW, moved)).toMatchObject(lines(`# orders does not use id-orders any more, as of ${NOW}`));
    const back = someFacts({ targets: [anAccount()] });
    expect(await told(NOW, back)).toMatchObject(lines(expect.stringMatching(/does not use id-\S+ any more: nothing is to go/)));
    const blind = someFacts({ vault: { state: "unreadable", why: "denied", detail: "403", id: VAULT_ID, name: "kv-orders" } });
    for (const facts of [blind, someFacts({ keys: [{ state: "unreadable", why: "denied", detail: "403", name: "cmk" }] })])
      expect(await told(NOW, facts)).toMatchObject(lines(expect.stringMatching(/nothing is called needless before it was/)));
  });
});

describe("revoking and restoring a key", () => {
  const scope = "https://KV-orders.vault.azure.net:443/keys/cmk/0123456789abcdef0123456789abcdef";
  const revoke = { operation: "revoke", scope, confirm: "cmk", reason: "the tenant leaves" };

  test("is wanted of the key, whichever version is named, at its vault", async () => {
    const { call, kept } = setUp();
    expect(await call("start", "Keymend.Operator", post(revoke))).toMatchObject({
      status: 202,
      jsonBody: { operation: "revoke", parameters: { keyUri: KEY_URI }, loses: expect.stringMatching(/out of reach/) as string },
    });
    expect(kept.get(ID)).toMatchObject({ operation: "revoke", params: { keyUri: KEY_URI }, patient: PATIENT });
    const { confirm: _, ...restore } = { ...revoke, operation: "restore" };
    expect(await setUp().call("start", "Keymend.Operator", post(restore))).toMatchObject({ status: 202, jsonBody: { loses: null } });
  });

  test("is wanted of a database by its name, whose identity then loses its grant", async () => {
    const { call, kept } = setUp();
    const sent = { ...revoke, scope: ACCOUNT_ID, confirm: "orders" };
    expect(await call("start", "Keymend.Operator", post(sent))).toMatchObject({ status: 202 });
    expect([...kept.values()]).toMatchObject([{ operation: "revoke", params: { databaseId: ACCOUNT_ID }, patient: PATIENT }]);
    const refused = await call("start", "Keymend.Operator", post({ ...sent, confirm: "cmk" }));
    expect(refused).toMatchObject(problem(400, [{ field: "confirm", problem: "must be the name of the database" }]));
    const { confirm: _, ...restore } = { ...sent, operation: "restore" };
    const other = setUp();
    await other.call("start", "Keymend.Operator", post(restore));
    expect([...other.kept.values()]).toMatchObject([{ operation: "restore", params: { databaseId: ACCOUNT_ID } }]);
  });

  test.each<[string, unknown, string]>([
    ["without its name, even rehearsed", { ...revoke, confirm: "CMK", dryRun: true }, "confirm"],
    ["of no key", { ...revoke, scope: "https://kv-orders.vault.azure.net" }, "scope"],
    ["of a managed HSM", { ...revoke, scope: "https://h.managedhsm.azure.net/keys/cmk" }, "scope"],
    ["of a vault", { ...revoke, scope: VAULT_ID }, "scope"],
  ])("%s is refused, and nothing is kept", async (_, sent, field) => {
    const { call, journal } = setUp();
    expect(await call("start", "Keymend.Operator", post(sent))).toMatchObject(
      problem(400, [{ field, problem: expect.any(String) as string }]),
    );
    expect(journal).toEqual([]);
  });

  const enable = { operation: "enable-cmk", databaseId: ACCOUNT_ID, keyUri: `${KEY_URI}/`, confirm: "orders", reason: "own keys" };

  test("an account is given its first key by its name, and told before what that means", async () => {
    const { call, kept } = setUp();
    expect(await call("start", "Keymend.Operator", post(enable))).toMatchObject({ status: 202, jsonBody: { operation: "enable-cmk" } });
    expect([...kept.values()]).toMatchObject([
      { params: { databaseId: ACCOUNT_ID, keyUri: KEY_URI, identityId: null, requestUnits: 100 } },
    ]);
    const refused = await call("start", "Keymend.Operator", post({ ...enable, confirm: "kv-orders" }));
    expect(refused).toMatchObject(problem(400, [{ field: "confirm", problem: "must be the name of the account" }]));
    expect(JSON.stringify(refused.jsonBody)).toContain("can never be without one again");
  });

  test.each<[string, object, string]>([
    ["a cluster", { databaseId: CLUSTER_ID }, "databaseId"],
    ["no share at all", { requestUnits: 0 }, "requestUnits"],
    ["half a request unit", { requestUnits: 1.5 }, "requestUnits"],
  ])("nothing is enabled for %s", async (_, over, field) => {
    const { call } = setUp();
    expect(await call("start", "Keymend.Operator", post({ ...enable, ...over }))).toMatchObject(
      problem(400, [{ field: expect.stringContaining(field) as string }]),
    );
  });

  test("nor does a rotation need to be confirmed: it takes nothing away", async () => {
    const { call, kept } = setUp();
    const sent = { operation: "rotate-key", keyUri: scope, reason: "once a year" };
    expect(await call("start", "Keymend.Operator", post(sent))).toMatchObject({ status: 202, jsonBody: { loses: null } });
    expect(kept.get(ID)).toMatchObject({ operation: "rotate-key", params: { keyUri: KEY_URI } });
  });

  test("rehearsed says what it would write and whom it concerns", async () => {
    const { jsonBody } = await setUp().call("start", "Keymend.Operator", post({ ...revoke, dryRun: true }));
    expect(jsonBody).toMatchObject({
      state: "working",
      requirements: [
        { name: "key", state: "met" },
        { detail: "orders will be out of reach" },
        { name: "no rotation by itself", advised: true },
      ],
      plan: {
        steps: [
          { name: "TagIntent", state: "next" },
          { name: "DisableKeyVersion", state: "next" },
        ],
      },
    });
  });
});

describe("calling it off", () => {
  test("is on record, and wakes the loop, which writes nothing of it any more", async () => {
    const { call, journal, kept, signals } = setUp({ onRecord: [aWish(CHECK, { status: aStatusOf() })] });
    expect(await call("cancel", "Keymend.Operator", post({ reason: "not today" }, "w1"))).toMatchObject({
      status: 202,
      jsonBody: { id: "w1", cancelled: { at: NOW, by: "o1", reason: "not today" } },
    });
    expect(journal).toEqual(["keep", "signal"]);
    expect(kept.get("w1")).toMatchObject({ cancelled: { reason: "not today" }, status: { state: "working" } });
    expect(signals).toMatchObject([{ id: "wish-w1-cancelled", source: "wish" }]);
  });

  test("twice keeps the first word", async () => {
    const cancelled = { at: "2026-11-02T09:00:00.000Z", by: "bob", reason: "first" };
    const { call, kept } = setUp({ onRecord: [aWish(CHECK, { cancelled })] });
    await call("cancel", "Keymend.Operator", post({ reason: "second" }, "w1"));
    expect(kept.get("w1")?.cancelled).toEqual(cancelled);
  });

  test("of what has ended is refused; of what is not there too", async () => {
    const { call } = setUp({ onRecord: [aWish(CHECK, { status: aStatusOf({ state: "closed", outcome: "Completed" }) })] });
    expect(await call("cancel", "Keymend.Operator", post({ reason: "x" }, "w1"))).toMatchObject(problem(409));
    expect(await call("cancel", "Keymend.Operator", post({ reason: "x" }, "w2"))).toMatchObject(problem(404));
    expect(await call("cancel", "Keymend.Operator", post({}, "w1"))).toMatchObject(problem(400));
  });
});

describe("reading", () => {
  test("one has its plan, timeline and steps from its incident", async () => {
    const wish = aWish();
    const { incident } = decideTurn(turnOn(someFacts({ wishes: [wish] })));
    const { id: _, ...status } = incident!.wishes![0]!;
    const { call } = setUp({ onRecord: [{ ...wish, status }], incident: incident! });
    const { jsonBody } = await call("read", "Keymend.Reader", { params: { id: "w1" } });
    expect(jsonBody).toMatchObject({
      id: "w1",
      state: "closed",
      outcome: "Completed",
      reasonCode: null,
      requestedBy: { name: "ada" },
      incidentId: "i1",
      requirements: expect.arrayContaining([expect.objectContaining({ name: "grant", state: "met" })]) as unknown,
      timeline: expect.arrayContaining([expect.objectContaining({ what: expect.stringMatching(/wanted by ada/) as string })]) as unknown,
      progress: { what: "every requirement is met" },
    });
  });

  test("one that is not there is 404", async () => {
    expect(await setUp().call("read", "Keymend.Reader", {})).toMatchObject(problem(404));
  });

  test("all lists the essentials, by state where that is asked", async () => {
    const onRecord = [
      aWish(CHECK, { id: "w2", status: aStatusOf({ state: "closed", outcome: "Refused", reasonCode: "Cancelled" }) }),
      aWish(),
    ];
    const { call } = setUp({ onRecord });
    expect(await call("list", "Keymend.Reader")).toMatchObject({
      jsonBody: {
        value: [
          { id: "w2", outcome: "Refused" },
          { id: "w1", state: "working" },
        ],
      },
    });
    const closed = await call("list", "Keymend.Reader", { path: "/api/operations?state=closed" });
    expect((closed.jsonBody as { value: unknown[] }).value).toMatchObject([{ id: "w2" }]);
    expect(await call("list", "Keymend.Reader", { path: "/api/operations?state=open" })).toMatchObject(problem(400));
  });

  test("is done page by page, and of one vault where that is asked", async () => {
    const other = { ...PATIENT, id: VAULT_ID.replace("kv-orders", "kv-other") };
    const onRecord = ["w4", "w3", "w2", "w1"].map((id) => aWish(CHECK, { id, ...(id === "w3" ? { patient: other } : {}) }));
    const { call } = setUp({ onRecord });
    const read = async (path: string): Promise<string[]> => {
      const { jsonBody } = await call("list", "Keymend.Reader", { path });
      const { value, nextLink } = jsonBody as { value: { id: string }[]; nextLink?: string };
      return [...value.map(({ id }) => id), ...(nextLink === undefined ? [] : await read(nextLink.replace("https://keymend.example", "")))];
    };
    expect(await read("/api/operations?$top=1")).toEqual(["w4", "w3", "w2", "w1"]);
    expect(await read(`/api/operations?$top=2&vaultId=${encodeURIComponent(VAULT_ID.toUpperCase())}`)).toEqual(["w4", "w2", "w1"]);
  });
});

describe("who may", () => {
  test.each(["start", "list", "read", "cancel"] as const)("%s wants a token", async (name) => {
    expect(await setUp().call(name, null)).toMatchObject(problem(401));
  });

  test.each([
    ["start", "Keymend.Reader"],
    ["start", "Keymend.Approver"],
    ["cancel", "Keymend.Reader"],
    ["cancel", "Keymend.Approver"],
  ] as const)("%s is not for %s", async (name, role) => {
    const { call, journal } = setUp({ onRecord: [aWish()] });
    expect(await call(name, role, post(body, "w1"))).toMatchObject(problem(403));
    expect(journal).toEqual([]);
  });
});
