import type { HttpResponseInit } from "@azure/functions";
import { beforeAll, describe, expect, test } from "vitest";
import { createPatients } from "../../src/activities/patients.ts";
import type { LiftedTag, TargetFacts } from "../../src/domain/facts.ts";
import type { Decision, Incident, PlannedStep } from "../../src/domain/incident.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import type { Restraint, RestraintSeal } from "../../src/domain/turn/restraint.ts";
import type { Signal } from "../../src/domain/signal.ts";
import type { Role } from "../../src/api/routes.ts";
import { createAuthenticate } from "../../src/functions/authenticate.ts";
import type { Claim } from "../../src/activities/apply-step.ts";
import { type ApiDeps, createOperationsApi } from "../../src/functions/operations-api.ts";
import { createSendSignal } from "../../src/functions/send-signal.ts";
import {
  ACCOUNT_ID,
  anAccount,
  revoked,
  aKey,
  aVersion,
  CLUSTER_ID,
  KEY_URI,
  NOW,
  someFacts,
  someSettings,
  TENANT,
  V1,
  VAULT_ID,
} from "../support/builders.ts";
import { asDescribed } from "../support/described.ts";
import { fakeLog, noRestraint, throwing, transient } from "../support/fakes.ts";
import { after, aStep, planOf, turnInput } from "../support/turns.ts";
import { aRequest, AUDIENCE, createIssuer, fakeClient, type Issuer, LOOK } from "./support.ts";

const waiting = decideTurn(turnInput({ plan: planOf(aStep({ needs: "approval" }), aStep({ id: "step-2", needs: "approval" })) })).incident!;
const INSTANCE = "heal-hash of kv-orders";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await createIssuer(NOW);
});

const AUDITED = { schema: 2, entryId: "e1", kind: "note", what: "w", data: null, at: NOW, actor: "keymend", seq: 1, prev: "p", hash: "h" };
const CHAIN = { ok: true as const, rows: 1, head: "h", sealed: 1, anchored: null };

const KNOWN = {
  id: ACCOUNT_ID,
  kind: "account" as const,
  keyUri: KEY_URI,
  identityIds: [],
  phase: "healthy" as const,
  expiresOn: null,
  armed: { state: "armed" as const, why: null },
  lastLookAt: NOW,
  openIncidentId: null,
};

type Listed = Parameters<ApiDeps["stores"]["listIncidents"]>[0];

type Setting = { incidents?: Incident[]; over?: Partial<ApiDeps>; claims?: () => Claim[]; decided?: Decision[] };

function setUp({ incidents = [waiting], over = {}, claims = () => [], decided = [] }: Setting = {}) {
  const durable = fakeClient({ [INSTANCE]: "Running" });
  const log = fakeLog();
  /** What was done, in order. */
  const journal: string[] = [];
  const signals: Signal[] = [];
  const decisions: Decision[] = [...decided];
  const audit: { incidentId: string; what: string; data: unknown; by: string }[] = [];
  const lifts: LiftedTag[] = [];
  const listed: Listed[] = [];
  const restraint: Restraint = noRestraint();
  const seals: RestraintSeal[] = [];
  /** What was asked of the audit, and verified by which seal. */
  const asked: [number, string | undefined][] = [];
  const verified: [string, RestraintSeal | undefined][] = [];
  let guids = 0;
  const deps: ApiDeps = {
    authenticate: createAuthenticate({
      tenantId: TENANT,
      audiences: [AUDIENCE],
      fetchJson: async () => issuer.keySet,
      now: () => new Date(NOW),
    }),
    patients: createPatients({
      inventory: {
        listDatabases: async () => [{ kind: "account", id: ACCOUNT_ID, keyUri: KEY_URI, identityIds: [] }],
        findVault: async () => VAULT_ID,
      },
      baselines: { vaultIdOf: async () => undefined, listKnown: async () => [] },
      look: LOOK,
    }),
    gatherFacts: async () => someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] }),
    sendSignal: createSendSignal({
      addSignal: async (_, signal) => void signals.push(signal),
      hash: (text) => `hash of ${text}`,
      now: () => new Date(NOW),
    }),
    stores: {
      listIncidents: async (query) => {
        listed.push(query);
        return { value: incidents.slice(0, query.top), continuation: incidents.length > query.top ? NEXT_ROW : undefined };
      },
      findIncident: async (id) => incidents.find((incident) => incident.id === id),
      listDecisions: async () => decisions,
      addDecision: async (decision) => {
        journal.push("decision");
        const before = decisions.findIndex(({ id }) => id === decision.id);
        decisions.splice(before === -1 ? decisions.length : before, 1, decision);
      },
      keepLift: async (_, lift) => {
        journal.push("lift");
        lifts.push(lift);
      },
      listClaims: async () => claims(),
      appendAudit: async (incidentId, what, data, caller) => {
        journal.push("audit");
        audit.push({ incidentId, what, data, by: caller.objectId });
        return { rows: audit.length, head: `head of ${what}` };
      },
      restraint: {
        load: async () => ({ ...restraint }),
        keepPause: async (pause) => {
          journal.push("pause");
          restraint.pause = pause;
        },
        endPause: async (pause) => {
          journal.push("resume");
          if (restraint.pause === pause) restraint.pause = null;
        },
        keepResumed: async (at) => void (restraint.resumedAt = at),
        loadSeal: async () => seals.at(-1),
        keepSeal: async (seal) => void seals.push(seal),
      },
      listAudit: async (_, top, continuation) => {
        asked.push([top, continuation]);
        return { value: [AUDITED], continuation: continuation === "00000001" ? undefined : "00000001" };
      },
      verifyAudit: async (incidentId, seal) => {
        verified.push([incidentId, seal]);
        return CHAIN;
      },
      isAnchored: async (incidentId) => incidentId === "taken-away",
    },
    databasesOf: async (vaultId) => [{ ...KNOWN, vaultId }],
    settings: someSettings(),
    hash: (text) => `hash of ${text}`,
    digest: (value) => `digest of ${JSON.stringify(value)}`,
    newGuid: () => `guid-${++guids}`,
    now: () => new Date(NOW),
    ...over,
  };
  type Api = ReturnType<typeof createOperationsApi>;
  const api = createOperationsApi(deps);
  async function call(name: keyof Api, role: Role | null, request: Parameters<typeof aRequest>[0] = {}): Promise<HttpResponseInit> {
    const token = role === null ? undefined : await issuer.sign({ roles: [role], preferred_username: "ada@example.com" });
    const sent = aRequest({ ...request, ...(token === undefined ? {} : { token }) });
    return asDescribed(name, await api[name]({ request: sent, client: durable.client, log }));
  }
  return { call, durable, log, journal, signals, decisions, audit, lifts, listed, restraint, asked, verified };
}

const problem = (status: number, errors?: unknown) => ({
  status,
  headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  jsonBody: { type: "about:blank", title: expect.any(String), status, detail: expect.any(String), ...(errors ? { errors } : {}) },
});

const post = (path: string, body: unknown, id?: string) => ({
  method: "POST",
  path,
  body,
  ...(id === undefined ? {} : { params: { id } }),
});
/** As storage makes them: a row's own key. */
const FIRST_ROW = "79738897T900000000Z-abc";
const NEXT_ROW = "79738897T899999999Z-abc";
const toHeal = { id: ACCOUNT_ID, reason: "the pager rang" };
const toDecide = { planHash: "h1", decision: "approve", reason: "fine" };

describe("lifting a tag", () => {
  const toLift = { id: ACCOUNT_ID, tag: "keymend:revoked", reason: "the drill is over" };
  const lost = anAccount({ tags: { "Keymend:Revoked": "yes" }, service: revoked() });
  const edges = (target = lost) => setUp({ over: { gatherFacts: async () => someFacts({ targets: [target] }) } });

  test("is kept with its value, who, when and why, and then wakes the vault with a word for its timeline", async () => {
    const { call, journal, lifts, signals, durable, log } = edges();
    expect(await call("lift", "Keymend.Approver", post("/api/lift", toLift))).toMatchObject({
      status: 202,
      headers: { location: expect.stringContaining("/api/incidents?vaultId=") },
      jsonBody: { vaultId: VAULT_ID, signalId: "approver-guid-1", tag: "keymend:revoked", value: "yes" },
    });
    expect(journal).toEqual(["lift"]);
    expect(lifts).toEqual([{ targetId: ACCOUNT_ID, tag: "keymend:revoked", value: "yes", reason: "the drill is over", by: "o1", at: NOW }]);
    expect(signals).toMatchObject([
      { source: "approver", what: "the lift of tag keymend:revoked ('yes') from orders: the drill is over", caller: { objectId: "o1" } },
    ]);
    expect(durable.raised).toMatchObject([{ id: INSTANCE }]);
    expect(log.lines).toMatchObject([{ event: "tagLifted" }]);
  });

  test.each<[string, TargetFacts]>([
    ["bears no such tag", anAccount({ service: revoked() })],
    ["is another one", anAccount({ id: CLUSTER_ID, service: revoked() })],
    ["can be rid of its tag", anAccount({ tags: lost.tags })],
  ])("is refused where the database %s", async (_, target) => {
    const { call, lifts, signals } = edges(target);
    expect(await call("lift", "Keymend.Approver", post("/api/lift", toLift))).toMatchObject(problem(409));
    expect([lifts, signals]).toEqual([[], []]);
  });

  test.each([
    ["id", { ...toLift, id: VAULT_ID }],
    ["tag", { ...toLift, tag: "owner" }],
    ["reason", { ...toLift, reason: " " }],
  ])("names a wrong %s", async (field, body) => {
    expect(await edges().call("lift", "Keymend.Approver", post("/api/lift", body))).toMatchObject(
      problem(400, [{ field, problem: expect.any(String) }]),
    );
  });
});

describe("who may do what", () => {
  const operations = ["incidents", "incident", "audit", "heal", "lift", "paused", "pause", "resume", "diagnose", "decide"] as const;
  test.each(operations)("%s wants a token", async (name) => {
    expect(await setUp().call(name, null)).toMatchObject(problem(401));
  });

  test.each([
    ["heal", "Keymend.Reader"],
    ["heal", "Keymend.Approver"],
    ["lift", "Keymend.Reader"],
    ["lift", "Keymend.Operator"],
    ["pause", "Keymend.Reader"],
    ["pause", "Keymend.Approver"],
    ["resume", "Keymend.Reader"],
    ["resume", "Keymend.Approver"],
    ["diagnose", "Keymend.Approver"],
    ["decide", "Keymend.Reader"],
    ["decide", "Keymend.Operator"],
  ] as const)("%s is not for %s", async (name, role) => {
    const edges = setUp();
    expect(await edges.call(name, role, post(`/api/${name}`, toHeal, "i1"))).toMatchObject(problem(403));
    expect([edges.signals, edges.decisions, edges.audit, edges.journal]).toEqual([[], [], [], []]);
  });

  test.each([
    ["incidents", "Keymend.Approver"],
    ["incident", "Keymend.Operator"],
    ["audit", "Keymend.Reader"],
    ["paused", "Keymend.Approver"],
  ] as const)("%s is for everyone with a role", async (name, role) => {
    const path = name === "audit" ? "/api/audit?incidentId=i1" : "/api/x";
    expect(await setUp().call(name, role, { path, params: { id: "i1" } })).toMatchObject({ status: 200 });
  });
});

describe("GET incidents", () => {
  test("lists the essentials, as Azure lists things", async () => {
    const { call, listed } = setUp();
    expect(await call("incidents", "Keymend.Reader")).toEqual({
      status: 200,
      headers: { "cache-control": "no-store" },
      jsonBody: {
        value: [
          {
            id: "i1",
            vaultId: VAULT_ID,
            openedAt: NOW,
            closedAt: null,
            since: NOW,
            fixedAt: null,
            state: "waiting",
            outcome: null,
            reason: null,
            detail: "",
            nextLookAt: after(2),
            causes: ["AccessMissing"],
            targets: [ACCOUNT_ID],
          },
        ],
      },
    });
    expect(listed).toEqual([{ top: 50 }]);
  });

  test("takes state, vaultId, $top and $skipToken, and says where the rest is", async () => {
    const { call, listed } = setUp({ incidents: [waiting, waiting] });
    const path = `/api/incidents?state=waiting&vaultId=${encodeURIComponent(VAULT_ID)}&$top=1&$skipToken=${FIRST_ROW}`;
    const { jsonBody } = (await call("incidents", "Keymend.Reader", { path })) as { jsonBody: { nextLink: string } };
    expect(listed).toEqual([{ state: "waiting", vaultId: VAULT_ID, top: 1, continuation: FIRST_ROW }]);
    const { searchParams } = new URL(jsonBody.nextLink);
    expect(Object.fromEntries(searchParams)).toEqual({ state: "waiting", vaultId: VAULT_ID, $top: "1", $skipToken: NEXT_ROW });
  });

  test.each([
    ["incidents", "/api/incidents?$skipToken=garbage"],
    ["incidents", "/api/incidents?$skipToken="],
    ["audit", "/api/audit?incidentId=i1&$skipToken=x"],
  ] as const)("a $skipToken of %s that no nextLink has is wrong: %s", async (name, path) => {
    const errors = [{ field: "$skipToken", problem: "must be that of a nextLink" }];
    expect(await setUp().call(name, "Keymend.Reader", { path })).toMatchObject(problem(400, errors));
  });

  test.each(["0", "201", "1.5", "many", ""])("$top=%s is wrong", async ($top) => {
    const errors = [{ field: "$top", problem: "must be a whole number from 1 to 200" }];
    expect(await setUp().call("incidents", "Keymend.Reader", { path: `/api/incidents?$top=${$top}` })).toMatchObject(problem(400, errors));
  });

  test.each([
    ["incidents", "/api/incidents?status=waiting", "status"],
    ["audit", "/api/audit?incidentId=i1&state=closed", "state"],
    ["paused", "/api/pause?vaultId=x", "vaultId"],
  ] as const)("%s says of a parameter that nobody knows that it is not heeded: %s", async (name, path, field) => {
    expect(await setUp().call(name, "Keymend.Reader", { path })).toMatchObject(problem(400, [{ field, problem: "is not known" }]));
  });

  test("what is no vault must not look as if it had no incidents, nor one of two states as if it were the only one", async () => {
    const { call } = setUp();
    const named = [{ field: "vaultId", problem: "must be the resource id of a vault, its address or its name" }];
    expect(await call("incidents", "Keymend.Reader", { path: "/api/incidents?vaultId=kv_orders" })).toMatchObject(problem(400, named));
    const twice = [{ field: "state", problem: "is given more than once" }];
    const path = "/api/incidents?state=working&state=closed&state=waiting";
    expect(await call("incidents", "Keymend.Reader", { path })).toMatchObject(problem(400, twice));
  });

  test("a state that is none must not look as if there were no incidents", async () => {
    const errors = [{ field: "state", problem: "must be one of working, waiting, closed" }];
    expect(await setUp().call("incidents", "Keymend.Reader", { path: "/api/incidents?state=open" })).toMatchObject(problem(400, errors));
  });
});

describe("GET incidents/{id}", () => {
  test("shows what is promised, and nothing of how it is stored", async () => {
    const { jsonBody } = await setUp().call("incident", "Keymend.Reader", { params: { id: "i1" } });
    expect(Object.keys(jsonBody as object).join(" ")).toBe(
      "id vaultId openedAt closedAt since fixedAt state outcome reason detail causes targets plan applied decision nextLookAt tickets runbook timeline audit",
    );
    expect(jsonBody).toMatchObject({
      targets: [{ id: ACCOUNT_ID, kind: "account", phase: "inGrace", outcome: null }],
      plan: { hash: "h1", steps: [{ name: "EnableKeyVersion", state: "waitsForApproval", needs: "approval" }, {}] },
    });
  });

  test("shows what was applied, without what only Keymend needs", async () => {
    const applied = [{ id: "s", name: "RecoverKey" as const, on: "/k", at: NOW, result: "done" as const, detail: "", targetIds: ["/t"] }];
    const { call } = setUp({ incidents: [{ ...waiting, applied, plan: null }] });
    const { jsonBody } = await call("incident", "Keymend.Reader", { params: { id: "i1" } });
    expect(jsonBody).toMatchObject({
      plan: null,
      applied: [{ name: "RecoverKey", on: "/k", about: null, at: NOW, result: "done", detail: "", targetIds: ["/t"] }],
    });
  });

  test("tells two steps of one name on one thing apart by what each is for", async () => {
    const topic = "/subscriptions/s/resourceGroups/g/providers/Microsoft.EventGrid/systemTopics/kv-orders";
    const restore = (id: string, about: string) => ({ ...aStep({ id, on: topic, needs: "approval" as const }), about });
    const plan = planOf(restore("a", "keys to keymend"), restore("b", "keys to billing"));
    const { incident } = decideTurn(turnInput({ plan }));
    const applied = plan.steps.map(({ id, name, on, about }) => ({
      id,
      name,
      on,
      about,
      at: NOW,
      result: "done" as const,
      detail: "",
      targetIds: [],
    }));
    const { call } = setUp({ incidents: [{ ...incident!, applied }] });
    const { jsonBody } = await call("incident", "Keymend.Reader", { params: { id: "i1" } });
    const both = [
      { on: topic, about: "keys to keymend" },
      { on: topic, about: "keys to billing" },
    ];
    expect(jsonBody).toMatchObject({ plan: { steps: both }, applied: both });
    const kept = { ...incident!, plan: { ...incident!.plan!, steps: incident!.plan!.steps.map(({ about: _, ...step }) => step) } };
    const earlier = await setUp({ incidents: [kept] }).call("incident", "Keymend.Reader", { params: { id: "i1" } });
    expect(earlier.jsonBody).toMatchObject({ plan: { steps: [{ about: null }, { about: null }] } });
  });

  test.each([{ id: "i9" }, {}])("says that there is none (%o)", async (params) => {
    expect(await setUp().call("incident", "Keymend.Reader", { params })).toMatchObject(problem(404));
  });
});

describe("POST heal", () => {
  test("writes the signal down, wakes the vault's instance, answers where to look and when", async () => {
    const { call, signals, durable, log } = setUp();
    expect(await call("heal", "Keymend.Operator", post("/api/heal", toHeal))).toEqual({
      status: 202,
      headers: {
        "cache-control": "no-store",
        location: `https://keymend.example/api/incidents?vaultId=${encodeURIComponent(VAULT_ID)}`,
        "retry-after": "5",
      },
      jsonBody: { vaultId: VAULT_ID, instanceId: INSTANCE, signalId: "operator-guid-1" },
    });
    expect(signals).toEqual([
      {
        id: "operator-guid-1",
        source: "operator",
        what: "the pager rang",
        at: NOW,
        scope: { kind: "database", id: ACCOUNT_ID },
        caller: { objectId: "o1", name: "ada@example.com" },
      },
    ]);
    expect(durable.raised).toEqual([{ id: INSTANCE, name: "signal" }]);
    expect(log.lines).toMatchObject([{ level: "info", event: "healAsked", fields: { vaultId: VAULT_ID, by: "o1", done: "woken" } }]);
  });

  test("takes a vault too, and starts an instance where none runs", async () => {
    const { call, signals, durable } = setUp();
    durable.statuses.clear();
    await call("heal", "Keymend.Operator", post("/api/heal", { ...toHeal, id: ` ${VAULT_ID} ` }));
    expect(signals).toMatchObject([{ scope: { kind: "vault", id: VAULT_ID } }]);
    expect(durable.started).toMatchObject([{ id: INSTANCE, name: "healVault" }]);
  });

  test.each([VAULT_ID, ACCOUNT_ID])("of what Keymend can't see does not say that nothing depends on it: %s", async (id) => {
    const denied = { state: "unreadable", why: "denied", detail: "AuthorizationFailed: no" } as const;
    const patients = createPatients({
      inventory: { listDatabases: async () => [], findVault: async () => undefined },
      baselines: { vaultIdOf: async () => undefined, listKnown: async () => [] },
      look: { readTarget: async (kind) => ({ kind, id, ...denied }), readVault: async ({ name }) => ({ ...denied, id, name }) },
    });
    const { call, signals } = setUp({ over: { patients } });
    const answer = await call("heal", "Keymend.Operator", post("/api/heal", { ...toHeal, id }));
    expect(answer).toMatchObject({
      ...problem(424),
      jsonBody: { detail: expect.stringMatching(/can't see .*AuthorizationFailed.*not known/) },
    });
    expect(signals).toEqual([]);
  });

  test("of what no database depends on is answered 404", async () => {
    const errors = [{ field: "id", problem: "is not in the inventory" }];
    const { call, signals } = setUp();
    expect(await call("heal", "Keymend.Operator", post("/api/heal", { ...toHeal, id: CLUSTER_ID }))).toMatchObject(problem(404, errors));
    expect(signals).toEqual([]);
  });

  test.each([
    ["nothing", { id: undefined, reason: undefined }, ["id", "reason"]],
    ["an id that is none", { ...toHeal, id: "orders" }, ["id"]],
    [
      "an id of something else",
      { ...toHeal, id: ACCOUNT_ID.replace("Microsoft.DocumentDB/databaseAccounts", "Microsoft.Sql/servers") },
      ["id"],
    ],
    ["an empty reason", { ...toHeal, reason: "  " }, ["reason"]],
    ["an endless reason", { ...toHeal, reason: "x".repeat(1001) }, ["reason"]],
    ["wrong types", { id: 7, reason: ["x"] }, ["id", "reason"]],
    ["a member nobody knows", { ...toHeal, force: true }, ["force"]],
  ])("with %s names each wrong field", async (_, body, fields) => {
    const { call, signals } = setUp();
    const response = await call("heal", "Keymend.Operator", post("/api/heal", body));
    expect(response).toMatchObject(
      problem(
        400,
        fields.map((field) => ({ field, problem: expect.any(String) })),
      ),
    );
    expect(signals).toEqual([]);
  });
});

describe("POST diagnose", () => {
  test("answers diagnosis and plan of facts read just now, and writes nothing", async () => {
    const { call, journal, signals, durable } = setUp();
    const { status, jsonBody } = await call("diagnose", "Keymend.Reader", post("/api/diagnose", { id: ACCOUNT_ID }));
    expect(status).toBe(200);
    expect(jsonBody).toMatchObject({
      vaultId: VAULT_ID,
      at: NOW,
      targets: [{ id: ACCOUNT_ID, phase: "inGrace", findings: [{ code: "KeyDisabled" }] }],
      plan: { steps: [{ name: "EnableKeyVersion", needs: "approval" }], blocks: [] },
    });
    expect([journal, signals, durable.raised, durable.started]).toEqual([[], [], [], []]);
  });

  test("of what no database depends on is answered 404", async () => {
    expect(await setUp().call("diagnose", "Keymend.Operator", post("/api/diagnose", { id: CLUSTER_ID }))).toMatchObject(problem(404));
  });
});

describe("GET incidents/{id}/support", () => {
  const support = (setting: Setting = {}, id = "i1") => setUp(setting).call("support", "Keymend.Reader", { params: { id } });

  test("answers all that is on record in one piece: every page of the audit, its seal, the databases, whether Keymend writes", async () => {
    const seal = { rows: 1, head: "h" };
    const { jsonBody } = await support({ incidents: [{ ...waiting, audit: seal }] });
    expect(jsonBody).toMatchObject({
      format: "keymend/support/1",
      exportedAt: NOW,
      incident: { id: "i1" },
      drafts: [],
      audit: { format: "keymend/audit/1", incidentId: "i1", seal, chain: CHAIN, rows: [AUDITED, AUDITED] },
      databases: [{ id: ACCOUNT_ID, vaultId: VAULT_ID }],
      writing: { writes: true },
    });
  });

  test("has what Microsoft support is asked of a database that was not given back", async () => {
    const targets = waiting.targets.map((target) => ({ ...target, reason: "NotRevalidated" as const }));
    const { jsonBody } = await support({ incidents: [{ ...waiting, targets }] });
    expect(jsonBody).toMatchObject({
      audit: { seal: null },
      drafts: [{ name: "keymend-i1-account", targetIds: [ACCOUNT_ID], description: expect.stringContaining(ACCOUNT_ID) as string }],
    });
  });

  test("knows no other incident", async () => {
    expect(await support({}, "i9")).toMatchObject(problem(404));
  });
});

describe("POST incidents/{id}/decision", () => {
  const decide = (edges: ReturnType<typeof setUp>, body: unknown = toDecide, id = "i1") =>
    edges.call("decide", "Keymend.Approver", post(`/api/incidents/${id}/decision`, body, id));

  const decision = {
    id: "guid-1",
    incidentId: "i1",
    at: NOW,
    planHash: "h1",
    steps: ["step-1", "step-2"],
    questions: { "step-1": expect.stringContaining(NOW), "step-2": expect.stringContaining("step-2") },
    decision: "approve",
    reason: "fine",
    by: "o1",
  };

  test("stands in the audit and in storage before anyone is woken", async () => {
    const edges = setUp();
    expect(await decide(edges)).toEqual({
      status: 202,
      headers: { "cache-control": "no-store", location: "https://keymend.example/api/incidents/i1", "retry-after": "5" },
      jsonBody: decision,
    });
    expect(edges.journal).toEqual(["audit", "decision"]);
    expect(edges.audit).toEqual([{ incidentId: "i1", what: "approve by ada@example.com: fine", data: decision, by: "o1" }]);
    expect(edges.decisions).toEqual([decision]);
    expect(edges.durable.raised).toEqual([{ id: INSTANCE, name: "signal" }]);
  });

  test("may be a rejection", async () => {
    const edges = setUp();
    expect(await decide(edges, { ...toDecide, decision: "reject", reason: "meant" })).toMatchObject({ status: 202 });
    expect(edges.decisions).toMatchObject([{ decision: "reject", reason: "meant" }]);
  });

  const claim = { incidentId: "i1", stepId: "step-2", turn: 1 };

  test.each(["approve", "reject"])("to %s a step that is claimed meanwhile is answered 409, never 202, and told", async (word) => {
    const edges = setUp({ claims: () => [claim] });
    const response = await decide(edges, { ...toDecide, decision: word });
    expect(response).toMatchObject(problem(409));
    expect((response.jsonBody as { detail: string }).detail).toContain("step-2 was being written already");
    expect(edges.decisions).toMatchObject([{ id: "guid-1", decision: word, late: true }]);
    expect(edges.audit.map(({ what }) => what)).toEqual([
      `${word} by ada@example.com: fine`,
      `too late: ${word} by ada@example.com: fine; step-2 was being written already`,
    ]);
  });

  test.each([
    ["of an earlier turn", { ...claim, turn: -1 }],
    ["of another step", { ...claim, stepId: "step-9" }],
  ])("is not too late for a claim %s", async (_, other) => {
    expect(await decide(setUp({ claims: () => [other] }))).toMatchObject({ status: 202 });
  });

  test("to approve is answered 409 where somebody has said no, and a second no is not", async () => {
    const no: Decision = { ...decision, id: "no", decision: "reject", questions: {}, reason: "meant" };
    const edges = setUp({ decided: [no] });
    const response = await decide(edges);
    expect(response).toMatchObject(problem(409));
    expect((response.jsonBody as { detail: string }).detail).toContain("rejected by o1: meant");
    expect(edges.journal).toEqual([]);
    expect(await decide(edges, { ...toDecide, decision: "reject" })).toMatchObject({ status: 202 });
  });

  test("is too late for the step that this very turn takes", async () => {
    expect(await decide(setUp({ claims: () => [{ ...claim, turn: 0 }] }))).toMatchObject(problem(409));
  });

  describe("to reject what has its yes", () => {
    const approved = { planHash: "h1", steps: ["step-1"], expiresAt: after(60) };
    const [first, second] = waiting.plan!.steps;
    const inForce = (state: PlannedStep["state"]): Incident => ({
      ...waiting,
      decision: approved,
      plan: {
        hash: "h1",
        steps: [
          { ...first!, state },
          { ...second!, state: "applied" },
        ],
      },
    });
    const no = { ...toDecide, decision: "reject", reason: "meant" };

    test.each(["next", "waitsForPlace", "waitsForEarlierStep"] as const)("is heard while it is not written: %s", async (state) => {
      const edges = setUp({ incidents: [inForce(state)] });
      expect(await decide(edges, no)).toMatchObject({ status: 202 });
      expect(edges.decisions).toMatchObject([{ decision: "reject", steps: ["step-1"], questions: { "step-1": expect.any(String) } }]);
      expect(await decide(setUp({ incidents: [inForce(state)] }))).toMatchObject(problem(409));
    });

    test("is too late where it is being written, and told", async () => {
      const edges = setUp({ incidents: [inForce("next")], claims: () => [{ ...claim, stepId: "step-1", turn: 0 }] });
      expect(await decide(edges, no)).toMatchObject(problem(409));
      expect(edges.decisions).toMatchObject([{ decision: "reject", late: true }]);
    });

    test.each(["applied", "refused"] as const)("is nothing to decide where it is %s", async (state) => {
      expect(await decide(setUp({ incidents: [inForce(state)] }), no)).toMatchObject(problem(409));
    });

    test("leaves alone what nobody was asked about", async () => {
      const incident: Incident = { ...inForce("next"), decision: null };
      expect(await decide(setUp({ incidents: [incident] }), no)).toMatchObject(problem(409));
    });
  });

  test("on what an earlier version asked answers no question", async () => {
    const { asked: _, ...progress } = waiting.progress;
    const edges = setUp({ incidents: [{ ...waiting, progress }] });
    await decide(edges);
    expect(edges.decisions).toMatchObject([{ questions: {} }]);
  });

  test("names only the steps that wait for it", async () => {
    const [first, second] = waiting.plan!.steps;
    const edges = setUp({ incidents: [{ ...waiting, plan: { hash: "h1", steps: [{ ...first!, state: "next" }, second!] } }] });
    await decide(edges);
    expect(edges.decisions).toMatchObject([{ steps: ["step-2"] }]);
  });

  test.each<[string, Partial<Incident>, string]>([
    ["the plan has changed", { plan: { hash: "h2", steps: waiting.plan!.steps } }, "it is now h2"],
    ["there is no plan any more", { plan: null }, "it is now none"],
    ["the incident has ended", { state: "closed", outcome: "Superseded" }, "ended as Superseded"],
    ["no step waits", { plan: { hash: "h1", steps: [{ ...waiting.plan!.steps[0]!, state: "applied" }] } }, "No step"],
  ])("is answered 409 where %s, and changes nothing", async (_, change, detail) => {
    const edges = setUp({ incidents: [{ ...waiting, ...change }] });
    const response = await decide(edges);
    expect(response).toMatchObject(problem(409));
    expect((response.jsonBody as { detail: string }).detail).toContain(detail);
    expect([edges.journal, edges.durable.raised]).toEqual([[], []]);
  });

  test("on an incident that is not there is answered 404", async () => {
    expect(await decide(setUp(), toDecide, "i9")).toMatchObject(problem(404));
  });

  test.each([
    ["an empty hash", { ...toDecide, planHash: "" }, "planHash"],
    ["another word", { ...toDecide, decision: "yes" }, "decision"],
    ["no reason", { ...toDecide, reason: "" }, "reason"],
    ["steps of its own choice", { ...toDecide, steps: ["step-9"] }, "steps"],
    ["somebody else's name", { ...toDecide, by: "o2" }, "by"],
  ])("with %s is answered 400", async (_, body, field) => {
    const edges = setUp();
    expect(await decide(edges, body)).toMatchObject(problem(400, [{ field, problem: expect.any(String) }]));
    expect(edges.journal).toEqual([]);
  });

  test("counts though nobody could be woken: the next look reads it", async () => {
    const edges = setUp();
    edges.durable.statuses.clear();
    expect(await decide(edges)).toMatchObject({ status: 202 });
    expect(edges.decisions).toHaveLength(1);
    expect(edges.log.lines).toMatchObject([{ level: "warn", event: "wakeFailed", fields: { vaultId: VAULT_ID } }]);
  });

  test("whatever it is that keeps it from being woken", async () => {
    const edges = setUp();
    edges.durable.fake.raiseEvent = () => Promise.reject("a text"); // oxlint-disable-line typescript/prefer-promise-reject-errors
    expect(await decide(edges)).toMatchObject({ status: 202 });
    expect(edges.log.lines).toMatchObject([{ event: "wakeFailed", fields: { text: "a text" } }]);
  });

  test("whose audit can't be written is no decision", async () => {
    const edges = setUp({ over: { stores: { ...setUpStores(), appendAudit: throwing(transient()) } } });
    expect(await decide(edges)).toMatchObject(problem(503));
    expect(edges.durable.raised).toEqual([]);
  });
});

describe("GET audit", () => {
  test("shows one incident's rows with the verdict over the chain, page by page", async () => {
    const path = "/api/audit?incidentId=i1&$top=7&$skipToken=00000003";
    const { call, asked } = setUp();
    const { jsonBody } = (await call("audit", "Keymend.Reader", { path })) as { jsonBody: { nextLink: string } };
    expect(jsonBody).toMatchObject({ value: [AUDITED], chain: CHAIN });
    expect(asked).toEqual([[7, "00000003"]]);
    expect(new URL(jsonBody.nextLink).searchParams.get("$skipToken")).toBe("00000001");
  });

  test("of an incident that is not there is answered 404: nothing of it is verified", async () => {
    expect(await setUp().call("audit", "Keymend.Reader", { path: "/api/audit?incidentId=nope" })).toMatchObject(problem(404));
  });

  test("of one that only an anchor still knows is verified", async () => {
    const path = "/api/audit?incidentId=taken-away";
    const { call, verified } = setUp();
    expect(await call("audit", "Keymend.Reader", { path })).toMatchObject({ status: 200 });
    expect(verified).toEqual([["taken-away", undefined]]);
  });

  test("ends where there is no more", async () => {
    const stores = {
      ...setUpStores(),
      listAudit: async () => ({ value: [], continuation: undefined }),
      verifyAudit: async () => CHAIN,
    };
    const { jsonBody } = await setUp({ over: { stores } }).call("audit", "Keymend.Reader", { path: "/api/audit?incidentId=i1" });
    expect(jsonBody).toEqual({ value: [], chain: CHAIN });
  });

  test.each(["/api/audit", "/api/audit?incidentId="])("%s lacks its incident", async (path) => {
    const errors = [{ field: "incidentId", problem: "is missing" }];
    expect(await setUp().call("audit", "Keymend.Reader", { path })).toMatchObject(problem(400, errors));
  });
});

describe("POST pause and resume", () => {
  const asOperator = (edges: ReturnType<typeof setUp>, name: "pause" | "resume", body: unknown) =>
    edges.call(name, "Keymend.Operator", post(`/api/${name}`, body));
  const reason = "a migration";

  test("is in the audit before it holds, with who, why and until when; so is its end", async () => {
    const edges = setUp();
    expect(await edges.call("paused", "Keymend.Reader")).toMatchObject({ jsonBody: { writes: true, why: null, pause: null } });
    const pause = { reason, by: "o1", name: "ada@example.com", at: NOW, until: after(240) };
    const jsonBody = { writes: false, why: expect.stringContaining(reason), pause };
    expect(await asOperator(edges, "pause", { reason, until: "PT4H" })).toMatchObject({ status: 200, jsonBody });
    expect(await edges.call("paused", "Keymend.Reader")).toMatchObject({ jsonBody });
    expect(await asOperator(edges, "resume", { reason: "done" })).toMatchObject({ status: 200, jsonBody: { writes: true, pause: null } });
    expect(edges.journal).toEqual(["audit", "pause", "audit", "resume"]);
    expect(edges.audit).toMatchObject([
      { incidentId: "pause", what: `all writing paused until ${after(240)} by ada@example.com: ${reason}`, data: pause, by: "o1" },
      { incidentId: "pause", what: "writing resumed by ada@example.com: done", data: { pause } },
    ]);
    expect(edges.log.lines).toMatchObject([{ level: "warn", event: "paused" }, { event: "resumed" }]);
  });

  test("resuming ends a storm too, of what is in trouble by then", async () => {
    const edges = setUp();
    edges.restraint.troubles = Array.from({ length: 11 }, (_, i) => ({
      vaultId: `https://kv${i}.vault.azure.net`,
      since: NOW,
      causes: [],
    }));
    expect(await edges.call("paused", "Keymend.Reader")).toMatchObject({
      jsonBody: { writes: false, why: expect.stringContaining("11 vaults are out of reach"), pause: null },
    });
    expect(await asOperator(edges, "resume", { reason: "one template took them all" })).toMatchObject({ jsonBody: { writes: true } });
    expect(edges.audit).toMatchObject([{ data: { troubles: 11 } }]);
  });

  test("without an end holds until somebody resumes; the audit of both is read by the word pause", async () => {
    const edges = setUp();
    expect(await asOperator(edges, "pause", { reason })).toMatchObject({ jsonBody: { pause: { until: null } } });
    expect(await edges.call("audit", "Keymend.Reader", { path: "/api/audit?incidentId=pause" })).toMatchObject({ status: 200 });
    expect(edges.verified).toMatchObject([["pause", { rows: 1 }]]);
  });

  test.each([
    ["reason", { reason: " " }],
    ["until", { reason, until: "tomorrow" }],
    ["until", { reason, until: "P31D" }],
    ["until", { reason, until: 4 }],
    ["vault", { reason, vault: VAULT_ID }],
  ])("names a wrong %s, and pauses nothing", async (field, body) => {
    const edges = setUp();
    expect(await asOperator(edges, "pause", body)).toMatchObject(problem(400, [{ field, problem: expect.any(String) }]));
    expect(edges.journal).toEqual([]);
  });
});

describe("what goes wrong inside", () => {
  test.each([
    [null, "5"],
    [1200, "2"],
  ])("Azure or storage not answering is a 503 that says when to come again", async (retryAfterMs, seconds) => {
    const stores = { ...setUpStores(), listIncidents: throwing(transient(retryAfterMs)) };
    const response = await setUp({ over: { stores } }).call("incidents", "Keymend.Reader");
    expect(response).toMatchObject({ ...problem(503), headers: { "content-type": "application/problem+json", "retry-after": seconds } });
  });

  test("signing keys out of reach are a 503, not a refusal", async () => {
    const fetchJson = throwing(new Error("socket hang up"));
    const authenticate = createAuthenticate({ tenantId: TENANT, audiences: [AUDIENCE], fetchJson, now: () => new Date(NOW) });
    expect(await setUp({ over: { authenticate } }).call("incidents", "Keymend.Reader")).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
  });

  test("a mistake of this program is thrown on: the host records it", async () => {
    const stores = { ...setUpStores(), listIncidents: throwing(new TypeError("a mistake")) };
    await expect(setUp({ over: { stores } }).call("incidents", "Keymend.Reader")).rejects.toThrow("a mistake");
  });
});

/** Stores with one waiting incident; what a test does not name must not be called. */
function setUpStores(): ApiDeps["stores"] {
  const never = throwing(new Error("this should not be called"));
  return {
    listIncidents: never,
    findIncident: async () => waiting,
    addDecision: never,
    listDecisions: async () => [],
    keepLift: never,
    listClaims: never,
    appendAudit: never,
    restraint: { load: never, keepPause: never, endPause: never, keepResumed: never, loadSeal: never, keepSeal: never },
    listAudit: never,
    verifyAudit: never,
    isAnchored: never,
  };
}
