/** What arrives from outside, through the host's own endpoints: good, odd and wrong. Nothing of it may stop the app or go unsaid. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateKeyPair, SignJWT } from "jose";
import { textAt } from "../../sandbox/azure/json.ts";
import { createTokens } from "../../sandbox/azure/entra/tokens.ts";
import type { Json, JsonObject } from "../../sandbox/azure/world.ts";
import { Clock } from "../../sandbox/time/clock.ts";
import { startSandbox } from "../../sandbox/running/sandbox.ts";
import type { Patient } from "../../sandbox/estate/estate.ts";
import { type App, type AppEvent, ended, HOUR, MINUTE, SECOND, startApp, type Aftermath, told } from "./app.ts";

let app: App;

beforeAll(async () => {
  app = await startApp({ settings: { KEYMEND_SWEEP_SCHEDULE: "0 0 * * * *", KEYMEND_RECHECK_SCHEDULE: "0 0 * * * *" } });
});
afterAll(async () => app?.close());

type Delivered = Aftermath & { status: number; lines: AppEvent[] };

/** As Event Grid would post it; then everything that follows from it at once. All is well: there is a look, and no incident. */
async function deliver(to: "onKeyVaultEvent" | "onResourceEvent", body: unknown, patient = app.patient("orders")): Promise<Delivered> {
  await app.wait(MINUTE);
  const since = app.sandbox.world.clock.iso();
  const before = app.log.length;
  const response = await fetch(`${app.sandbox.hostUrl}/runtime/webhooks/EventGrid?functionName=${to}`, {
    method: "POST",
    headers: { "content-type": "application/json", "aeg-event-type": "Notification" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  await app.wait(10 * SECOND);
  return { status: response.status, lines: app.log.slice(before), ...(await told(app, patient, since)) };
}

const looks = (lines: AppEvent[]): (string | undefined)[] => lines.filter(({ event }) => event === "looked").map(({ vaultId }) => vaultId);
const about = (lines: AppEvent[]): string[] => lines.filter(({ event }) => event.startsWith("event")).map(({ event }) => event);

let made = 0;
const keyEvent = ({ vault, keyName }: Patient, change: JsonObject = {}): JsonObject => ({
  id: `event-${++made}`,
  topic: vault.id,
  subject: keyName,
  eventType: "Microsoft.KeyVault.KeyNearExpiry",
  eventTime: app.sandbox.world.clock.iso(),
  data: {
    Id: `https://${vault.name}.vault.azure.net/keys/${keyName}/1`,
    VaultName: vault.name,
    ObjectType: "Key",
    ObjectName: keyName,
    Version: "1",
  },
  dataVersion: "1",
  metadataVersion: "1",
  ...change,
});

const OID = "http://schemas.microsoft.com/identity/claims/objectidentifier";
const SOMEBODY = "11111111-2222-4333-8444-555555555555";

function resourceEvent({ vault }: Patient, data: JsonObject = {}): JsonObject {
  const id = `${vault.id}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001`;
  return {
    id: `event-${++made}`,
    topic: `/subscriptions/${app.sandbox.world.subscriptionId}`,
    subject: id,
    eventType: "Microsoft.Resources.ResourceDeleteSuccess",
    eventTime: app.sandbox.world.clock.iso(),
    data: { operationName: "Microsoft.Authorization/roleAssignments/delete", resourceUri: id, claims: { [OID]: SOMEBODY }, ...data },
    dataVersion: "2",
    metadataVersion: "1",
  };
}

function expectTaken({ status, lines, incidents }: Delivered): void {
  expect(status).toBe(202);
  expect(about(lines)).toEqual(["eventTaken"]);
  expect(looks(lines)).toEqual([app.patient("orders").vault.id]);
  expect(incidents).toEqual([]);
}

describe("events", () => {
  test("a body that is no JSON is refused, and the next event is taken", async () => {
    const patient = app.patient("orders");
    const { status, lines, incidents } = await deliver("onKeyVaultEvent", '{"id": "1", "eventType": ');
    expect(status).toBe(500);
    expect(about(lines)).toEqual([]);
    expect(incidents).toEqual([]);
    expectTaken(await deliver("onKeyVaultEvent", [keyEvent(patient)]));
  });

  test.for([[[{}]], [[42]], [["text"]], [[{ id: "1", data: {} }]], [[null]]])("%j is no event: dropped, with a word", async ([body]) => {
    const { status, lines, incidents } = await deliver("onKeyVaultEvent", body);
    expect(status).toBe(202);
    expect(about(lines)).toEqual(["eventDropped"]);
    expect(incidents).toEqual([]);
  });

  test("an unknown event type is ignored, and the log says so", async () => {
    const { status, lines, incidents } = await deliver("onKeyVaultEvent", [
      keyEvent(app.patient("orders"), { eventType: "Microsoft.KeyVault.SecretNearExpiry" }),
    ]);
    expect(status).toBe(202);
    expect(lines).toEqual([expect.objectContaining({ event: "eventIgnored", what: "Microsoft.KeyVault.SecretNearExpiry" })]);
    expect(incidents).toEqual([]);
  });

  test("an operation that can't take a key away is ignored", async () => {
    const { lines, incidents } = await deliver("onResourceEvent", [
      resourceEvent(app.patient("orders"), { operationName: "Microsoft.Storage/storageAccounts/write" }),
    ]);
    expect(about(lines)).toEqual(["eventIgnored"]);
    expect(incidents).toEqual([]);
  });

  test("a vault that no database depends on is ignored, by name", async () => {
    const { vault } = app.patient("orders");
    const stranger = { ...app.patient("orders"), vault: { ...vault, id: vault.id.replace("kv-orders", "kv-stranger") } };
    const { status, lines } = await deliver("onKeyVaultEvent", [keyEvent(stranger)]);
    expect(status).toBe(202);
    expect(about(lines)).toEqual(["eventIgnored"]);
    expect(JSON.stringify(lines)).toContain("kv-stranger");
  });

  test("an event about a vault in a group that is wrong opens no second incident book for it", async () => {
    const patient = app.patient("orders");
    expectTaken(await deliver("onKeyVaultEvent", [keyEvent(patient, { topic: patient.vault.id.replace("rg-keys", "rg-elsewhere") })]));
  });

  test.for(["topic", "subject", "resourceUri"])("ids in another case are the same ids (%s)", async (member) => {
    const patient = app.patient("orders");
    const event = member === "topic" ? keyEvent(patient) : resourceEvent(patient);
    const place = member === "resourceUri" ? (event["data"] as JsonObject) : event;
    place[member] = textAt(place[member]).toUpperCase();
    expectTaken(await deliver(member === "topic" ? "onKeyVaultEvent" : "onResourceEvent", [event]));
  });

  test.for<[string, JsonObject]>([
    ["dates as strings", { NBF: "1559081980", EXP: "1559082102" }],
    ["no dates", { NBF: null }],
    ["stray blanks in names and values", { "ObjectName ": "cmk-orders", Version: " 1" }],
    ["names in camel case", { vaultName: "kv-orders", objectName: "cmk-orders", exp: 1 }],
  ])("a Key Vault event with %s is taken", async ([, data]) => {
    expectTaken(await deliver("onKeyVaultEvent", [keyEvent(app.patient("orders"), { data })]));
  });

  test.for<[string, JsonObject]>([
    ["no data", { data: null }],
    ["data that is text", { data: "{}" }],
    ["a time that is none", { eventTime: "yesterday" }],
    ["no time", { eventTime: undefined }],
    ["a time far ahead", { eventTime: "2999-01-01T00:00:00Z" }],
    ["no id", { id: undefined }],
    ["an id that no table key could hold", { id: "a/b\\c#d?e\u0007" }],
  ])("a Key Vault event with %s is taken: it only says where to look", async ([, change]) => {
    expectTaken(await deliver("onKeyVaultEvent", [keyEvent(app.patient("orders"), change)]));
  });

  test("several events of one delivery are each taken", async () => {
    const [orders, payments] = [app.patient("orders"), app.patient("payments")];
    const { status, lines } = await deliver("onKeyVaultEvent", [keyEvent(orders), keyEvent(payments)]);
    expect(status).toBe(202);
    expect(lines.filter(({ event }) => event === "eventTaken").map(({ vaultId }) => vaultId)).toEqual(
      expect.arrayContaining([orders.vault.id, payments.vault.id]),
    );
    expect(looks(lines).toSorted()).toEqual([orders.vault.id, payments.vault.id]);
  });

  test("a CloudEvent is taken, alone and without an array", async () => {
    const patient = app.patient("orders");
    const { topic, eventType, eventTime, dataVersion, metadataVersion, ...rest } = keyEvent(patient);
    expectTaken(await deliver("onKeyVaultEvent", { ...rest, source: topic, type: eventType, time: eventTime, specversion: "1.0" }));
  });

  test("the same event again is taken, at once or later", async () => {
    const event = keyEvent(app.patient("orders"));
    const twice = await deliver("onKeyVaultEvent", [event, event]);
    expect([twice.status, twice.incidents]).toEqual([202, []]);
    expectTaken(await deliver("onKeyVaultEvent", [event]));
  });

  test.for<[string, Json]>([
    ["an object", { [OID]: SOMEBODY, name: "Somebody" }],
    ["JSON in a string", JSON.stringify({ [OID]: SOMEBODY, name: "Somebody" })],
  ])("claims as %s say who it was", async ([, claims]) => {
    const delivered = await deliver("onResourceEvent", [resourceEvent(app.patient("orders"), { claims })]);
    expectTaken(delivered);
    expect(delivered.lines).toContainEqual(expect.objectContaining({ event: "eventTaken", by: SOMEBODY }));
  });

  test.for<Json[]>([["{not json"], [42], [null], [[]]])("claims %j name nobody, and the event is taken all the same", async ([claims]) => {
    const delivered = await deliver("onResourceEvent", [resourceEvent(app.patient("orders"), { claims })]);
    expectTaken(delivered);
    expect(delivered.lines).toContainEqual(expect.objectContaining({ event: "eventTaken", by: null }));
  });

  test("the app's own writes come back and are ignored", async () => {
    const { principalId } = app.sandbox.estate.keymend.observe;
    const { lines, incidents } = await deliver("onResourceEvent", [
      resourceEvent(app.patient("orders"), { claims: { [OID]: principalId.toUpperCase() } }),
    ]);
    expect(about(lines)).toEqual(["eventIgnored"]);
    expect(incidents).toEqual([]);
  });
});

type Problem = {
  status: number;
  type: string | null;
  body: { title?: string; detail?: string; errors?: { field: string; problem: string }[] };
};

async function call(method: string, path: string, init: { token?: string; body?: string } = {}): Promise<Problem & { headers: Headers }> {
  const { token, body } = init;
  const response = await fetch(`${app.sandbox.hostUrl}${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { authorization: token }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    headers: response.headers,
    body: text === "" ? {} : JSON.parse(text),
  };
}

const bearer = async (who: "operator" | "reader" | "approver", audience = "api://keymend"): Promise<string> =>
  `Bearer ${await app.sandbox.azure.tokens.issue(app.sandbox.estate[who], audience)}`;

function expectProblem(answer: Problem, status: number, fields?: string[]): void {
  expect(answer).toMatchObject({
    status,
    type: "application/problem+json",
    body: { status, title: expect.any(String), detail: expect.any(String) },
  });
  if (fields) expect(answer.body.errors?.map(({ field }) => field).sort()).toEqual([...fields].sort());
}

const VAULT = "/subscriptions/0b1f6471-0000-4000-8000-5a7e0c0de001/resourceGroups/rg-keys/providers/Microsoft.KeyVault/vaults";
const ACCOUNT = VAULT.replace("rg-keys/providers/Microsoft.KeyVault/vaults", "rg-data/providers/Microsoft.DocumentDB/databaseAccounts");

describe("the operations API", () => {
  test.for<[string, string, string[] | undefined]>([
    ["nothing", "", undefined],
    ["no JSON", "{", undefined],
    ["an array", "[]", ["id", "reason"]],
    ["a text", '"x"', ["(body)"]],
    ["null", "null", ["(body)"]],
    ["nothing of what is needed", "{}", ["id", "reason"]],
    ["an id that is none", '{"id":"kv-orders","reason":"x"}', ["id"]],
    ["an id of another kind", `{"id":"${VAULT.replace("vaults", "managedHSMs")}/x","reason":"x"}`, ["id"]],
    ["wrong types", '{"id":1,"reason":{}}', ["id", "reason"]],
    ["an empty reason", `{"id":"${VAULT}/kv-orders","reason":"  "}`, ["reason"]],
    ["a reason without end", `{"id":"${VAULT}/kv-orders","reason":"${"x".repeat(1001)}"}`, ["reason"]],
    ["a member too many", `{"id":"${VAULT}/kv-orders","reason":"x","mode":"heal"}`, ["mode"]],
    ["a body without end", `{"id":"${VAULT}/kv-orders","reason":"${"x".repeat(20_000)}"}`, undefined],
  ])("heal with %s is a problem that names the field", async ([, body, fields]) => {
    expectProblem(await call("POST", "/api/heal", { token: await bearer("operator"), body }), 400, fields);
  });

  test.for<[string, string, string[] | undefined]>([
    ["nothing", "", undefined],
    ["no JSON", "{", undefined],
    ["null", "null", ["(body)"]],
    ["nothing of what is needed", "{}", ["id", "tag", "reason"]],
    ["a vault", `{"id":"${VAULT}/kv-orders","tag":"keymend:revoked","reason":"x"}`, ["id"]],
    ["a tag that is none of Keymend's", `{"id":"${ACCOUNT}/orders","tag":"owner","reason":"x"}`, ["tag"]],
    ["wrong types", '{"id":1,"tag":[],"reason":{}}', ["id", "tag", "reason"]],
    ["an empty reason", `{"id":"${ACCOUNT}/orders","tag":"keymend:mode","reason":"  "}`, ["reason"]],
    ["a reason without end", `{"id":"${ACCOUNT}/orders","tag":"keymend:mode","reason":"${"x".repeat(1001)}"}`, ["reason"]],
    ["a value, which is not asked for", `{"id":"${ACCOUNT}/orders","tag":"keymend:mode","reason":"x","value":"heal"}`, ["value"]],
    ["a body without end", `{"id":"${ACCOUNT}/orders","tag":"keymend:mode","reason":"${"x".repeat(20_000)}"}`, undefined],
  ])("lift with %s is a problem that names the field", async ([, body, fields]) => {
    expectProblem(await call("POST", "/api/lift", { token: await bearer("approver"), body }), 400, fields);
  });

  test.for<[string, string, string, string[] | undefined]>([
    ["pause", "nothing", "", undefined],
    ["pause", "no JSON", "{", undefined],
    ["pause", "null", "null", ["(body)"]],
    ["pause", "nothing of what is needed", "{}", ["reason"]],
    ["pause", "wrong types", '{"reason":{},"until":[]}', ["reason", "until"]],
    ["pause", "an end that is no time", '{"reason":"x","until":"tomorrow"}', ["until"]],
    ["pause", "an end that is over", '{"reason":"x","until":"2020-01-01T00:00:00Z"}', ["until"]],
    ["pause", "an end without end", '{"reason":"x","until":"P99999999999999999999D"}', ["until"]],
    ["pause", "a member too many", '{"reason":"x","vault":"kv-orders"}', ["vault"]],
    ["resume", "nothing of what is needed", "{}", ["reason"]],
    ["resume", "an empty reason", '{"reason":"  "}', ["reason"]],
    ["resume", "a member too many", '{"reason":"x","until":"PT1H"}', ["until"]],
  ])("%s with %s is a problem that names the field, and pauses nothing", async ([operation, , body, fields]) => {
    expectProblem(await call("POST", `/api/${operation}`, { token: await bearer("operator"), body }), 400, fields);
    const { body: state } = await call("GET", "/api/pause", { token: await bearer("reader") });
    expect(state).toEqual({ writes: true, why: null, pause: null });
  });

  test("lift from a database that is not there, bears no such tag, or can be rid of it, is a problem, and lifts nothing", async () => {
    const token = await bearer("approver");
    const lift = (name: string) =>
      call("POST", "/api/lift", { token, body: JSON.stringify({ id: `${ACCOUNT}/${name}`, tag: "keymend:revoked", reason: "x" }) });
    expectProblem(await lift("stranger"), 404, ["id"]);
    expectProblem(await lift("orders"), 409);
    const account = app.patient("orders").databases[0]!;
    account.tags["keymend:revoked"] = "a drill";
    const answer = await lift("orders");
    delete account.tags["keymend:revoked"];
    expectProblem(answer, 409);
    expect(answer.body.detail).toContain("can be taken off");
  });

  test("heal of a vault that nobody depends on is a problem that names the id", async () => {
    const body = JSON.stringify({ id: `${VAULT}/kv-stranger`, reason: "x" });
    expectProblem(await call("POST", "/api/heal", { token: await bearer("operator"), body }), 404, ["id"]);
  });

  test.for<[string, string, string[]]>([
    ["/api/incidents?$top=0", "too few", ["$top"]],
    ["/api/incidents?$top=many", "no number", ["$top"]],
    ["/api/audit", "no incident", ["incidentId"]],
  ])("%s has %s: a problem that names the parameter", async ([path, , fields]) => {
    expectProblem(await call("GET", path, { token: await bearer("reader") }), 400, fields);
  });

  test.for(["/api/incidents/none", "/api/incidents/%27%20or%201%20eq%201", "/api/incidents/20261102T000000000Z-000000000000"])(
    "%s is not there: a problem",
    async (path) => {
      expectProblem(await call("GET", path, { token: await bearer("reader") }), 404);
    },
  );

  test("a decision on an incident that is not there, or closed, is a problem", async () => {
    const token = await bearer("approver");
    const body = JSON.stringify({ planHash: "x", decision: "approve", reason: "x" });
    expectProblem(await call("POST", "/api/incidents/none/decision", { token, body }), 404);
    expectProblem(await call("POST", "/api/incidents/none/decision", { token, body: '{"decision":"maybe"}' }), 400, [
      "planHash",
      "decision",
      "reason",
    ]);
    const patient = app.patient("orders");
    const since = app.sandbox.world.clock.iso();
    await app.operator.app("POST", "/api/heal", { id: patient.vault.id, reason: "is all well?" });
    const { incidents } = await ended(app, patient, since);
    expect(incidents).toMatchObject([{ state: "closed", outcome: "NoChangeNeeded" }]);
    expectProblem(await call("POST", `/api/incidents/${incidents[0]!.id}/decision`, { token, body }), 409);
  });

  test("nobody gets in without a token, and the answer says how to get one", async () => {
    for (const token of [undefined, "", "Basic eDp5", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer eyJhbGciOiJub25lIn0.e30."]) {
      const answer = await call("GET", "/api/incidents", token === undefined ? {} : { token });
      expectProblem(answer, 401);
      expect(answer.headers.get("www-authenticate")).toContain("https://login.microsoftonline.com/");
    }
  });

  test("a token for another audience, of another signer, of another tenant or from yesterday is refused", async () => {
    const { azure, estate, world } = app.sandbox;
    const now = Math.floor(world.clock.now() / 1000);
    const { privateKey } = await generateKeyPair("RS256");
    const forged = new SignJWT({ oid: estate.operator.oid, roles: ["Keymend.Operator"] })
      .setProtectedHeader({ alg: "RS256", kid: "keymend-sandbox" })
      .setIssuer(`https://login.microsoftonline.com/${world.tenantId}/v2.0`)
      .setAudience("api://keymend");
    const yesterday = createTokens({ ...world, clock: new Clock(world.clock.now() - 25 * HOUR) });
    expect((await call("GET", "/api/incidents", { token: await bearer("reader") })).status).toBe(200);
    expectProblem(await call("GET", "/api/incidents", { token: await bearer("operator", "https://management.azure.com/") }), 401);
    expectProblem(await call("GET", "/api/incidents", { token: await bearer("operator", "api://other") }), 401);
    expectProblem(
      await call("GET", "/api/incidents", { token: `Bearer ${await forged.setExpirationTime(now + 60).sign(privateKey)}` }),
      401,
    );
    expectProblem(
      await call("GET", "/api/incidents", { token: `Bearer ${await azure.tokens.issue({ ...estate.reader, oid: "" }, "api://keymend")}` }),
      401,
    );
    expectProblem(await call("GET", "/api/incidents", { token: `Bearer ${await yesterday.issue(estate.reader, "api://keymend")}` }), 401);
  });

  test.for<[string, string, ("operator" | "reader" | "approver")[], number]>([
    ["POST", "/api/heal", ["reader", "approver"], 403],
    ["POST", "/api/lift", ["reader", "operator"], 403],
    ["POST", "/api/diagnose", ["approver"], 403],
    ["POST", "/api/incidents/none/decision", ["reader", "operator"], 403],
    ["GET", "/api/incidents", ["reader", "operator", "approver"], 200],
  ])("%s %s asks for its role (%j: %i)", async ([method, path, people, status]) => {
    for (const who of people) {
      const answer = await call(method, path, { token: await bearer(who), ...(method === "POST" ? { body: "{}" } : {}) });
      if (status === 200) expect(answer.status).toBe(200);
      else {
        expectProblem(answer, status);
        expect(answer.body.detail).toMatch(/Keymend\.\w+/);
      }
    }
  });

  test("only whether it lives is told to anybody", async () => {
    expect((await call("GET", "/api/health")).status).toBe(200);
    for (const path of ["/api/incidents", "/api/incidents/x", "/api/audit?incidentId=x"]) expectProblem(await call("GET", path), 401);
    for (const path of ["/api/heal", "/api/lift", "/api/diagnose", "/api/incidents/x/decision"])
      expectProblem(await call("POST", path, { body: "{}" }), 401);
  });
});

test("a wrong configuration stops the start, with every problem at once", async () => {
  const wrong = {
    KEYMEND_MODE: "repair",
    KEYMEND_TENANT_ID: "contoso",
    KEYMEND_SUBSCRIPTIONS: "",
    KEYMEND_EXPIRY_LEAD: "a month",
    KEYMEND_SWEEP_SCHEDULE: "*/5 * * * *",
    KEYMEND_CAUSES: "KeyExpired=always",
    KEYMEND_MODUS: "heal",
  };
  const start = startSandbox({ seed: 7, mode: "heal", start: Date.parse("2026-11-02T09:00:00Z"), settings: wrong });
  const error = await start.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  for (const setting of Object.keys(wrong)) expect((error as Error).message).toContain(`${setting}: `);
});
