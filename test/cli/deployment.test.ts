import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { AnswerOf } from "../../src/client/client.ts";
import { EXIT } from "../../src/cli/command.ts";
import { chooseCloud, CLOUDS, currentCloud } from "../../src/domain/clouds.ts";
import { decideTurn } from "../../src/domain/turn/turn.ts";
import { summarizeIncident, viewIncident } from "../../src/functions/incident-view.ts";
import { viewWish } from "../../src/functions/wish-view.ts";
import { extendChain } from "../../src/storage/audit-chain.ts";
import { ACCOUNT_ID, IDENTITY_ID, KEY_URI, NOW, VAULT_ID } from "../support/builders.ts";
import { aStep, planOf, turnInput } from "../support/turns.ts";
import { aStatusOf, aWish } from "../support/wishes.ts";
import { deployment, type Played, refused } from "./support.ts";

const stored = decideTurn(turnInput({ plan: planOf(aStep({ needs: "approval" })) })).incident!;
const waiting = viewIncident(stored);
const ID = waiting.id;
const closed = { ...waiting, state: "closed" as const, outcome: "Healed" as const, closedAt: NOW, detail: "mended" };
const summary = summarizeIncident(stored);
const WHY = ["--reason", "change 42"];

const folder = mkdtempSync(join(tmpdir(), "keymend-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("keymend incidents", () => {
  const list = { "GET /incidents": { body: { value: [summary] } } };

  test("lists them for people, and whole as JSON", async () => {
    const { keymend, asked } = deployment(list);
    const { code, out } = await keymend("incidents");
    expect(code).toBe(EXIT.nothing);
    expect(out.split("\n")[0]).toMatch(/^ID +STATE +VAULT +CAUSES +OUTCOME$/);
    expect(out).toMatch(new RegExp(`^${ID} +waiting +kv-orders +AccessMissing +-$`, "m"));
    expect(JSON.parse((await keymend("incidents", "--json")).out)).toEqual({ value: [summary] });
    expect(asked[0]).toEqual({ call: "GET /api/incidents?%24top=50" });
  });

  test("asks for what is chosen, page by page, and for no more than is wanted", async () => {
    const pages = {
      "GET /incidents": [
        { body: { value: [summary], nextLink: "https://x/?$skipToken=79738897T900000000Z-abc" } },
        { body: { value: [summary, summary] } },
      ],
    };
    const { keymend, asked } = deployment(pages);
    const { out } = await keymend("incidents", "--state", "waiting", "--vault", VAULT_ID, "--top", "2", "--json");
    expect((JSON.parse(out) as { value: unknown[] }).value).toHaveLength(2);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.call).toContain("state=waiting&vaultId=");
    expect(asked[1]?.call).toContain("skipToken=79738897T900000000Z-abc");
  });

  test("says that there are none", async () => {
    expect((await deployment({ "GET /incidents": { body: { value: [] } } }).keymend("incidents")).out).toBe("no incidents\n");
  });

  test.each([
    ["--state", "open"],
    ["--top", "0"],
    ["--top", "x"],
  ])("refuses %s %s", async (...wrong) => {
    expect((await deployment(list).keymend("incidents", ...wrong)).code).toBe(EXIT.usage);
  });
});

describe("a deployment in one of Azure's clouds", () => {
  afterEach(() => chooseCloud("AzureCloud"));
  const list = { "GET /incidents": { body: { value: [] } } };

  test.each([
    [{ KEYMEND_CLOUD: "AzureUSGovernment" }, "AzureUSGovernment"],
    [{ KEYMEND_CLOUD: "" }, "AzureCloud"],
    [{}, "AzureCloud"],
  ] as const)("is asked with a token of that one alone: %j", async (env, name) => {
    chooseCloud("AzureChinaCloud");
    expect((await deployment(list, true, env).keymend("incidents")).code).toBe(EXIT.nothing);
    expect(currentCloud()).toBe(CLOUDS[name]);
  });

  test("is not asked where nobody knows which", async () => {
    const { keymend, asked } = deployment(list, true, { KEYMEND_CLOUD: "AzureGermanCloud" });
    const { code, err } = await keymend("incidents");
    expect({ code, asked }).toEqual({ code: EXIT.usage, asked: [] });
    expect(err).toContain("AzureUSGovernment");
  });
});

test("keymend databases lists them worst first", async () => {
  const database = (name: string, phase: AnswerOf<"target">["phase"]): AnswerOf<"targets">["value"][number] => ({
    id: ACCOUNT_ID.replace(/[^/]+$/, name),
    kind: "account",
    vaultId: VAULT_ID,
    keyUri: KEY_URI,
    identityIds: [],
    phase,
    expiresOn: phase === "healthy" ? "2027-01-30T00:00:00.000Z" : null,
    armed: { state: "armed", why: null },
    lastLookAt: NOW,
    openIncidentId: null,
  });
  const value = [database("a-well", "healthy"), database("b-unknown", null), database("c-lost", "revoked")];
  const { keymend, asked } = deployment({ "GET /targets": [{ body: { value } }, { body: { value } }, { body: { value: [] } }] });
  const { out } = await keymend("databases", "--phase", "healthy");
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => line.split(/ +/)[1]),
  ).toEqual(["DATABASE", "c-lost", "b-unknown", "a-well"]);
  expect(out).toMatch(/EXPIRES .*\n.* a-well .* 2027-01-30 00:00:00Z /s);
  expect(asked[0]?.call).toBe("GET /api/targets?phase=healthy&%24top=1000");
  expect(JSON.parse((await keymend("databases", "--json")).out)).toEqual({ value });
  expect((await keymend("databases")).out).toBe("no databases\n");
});

describe("keymend incident", () => {
  const shown = (incident: unknown): Played => ({ [`GET /incidents/${ID}`]: { body: incident } });

  test("says how soon after the trouble a repair was effective", async () => {
    const mended = { ...closed, since: "2026-11-02T09:00:00.000Z", fixedAt: "2026-11-02T09:08:06.000Z" };
    expect((await deployment(shown(mended)).keymend("incident", ID)).out).toContain("\neffective 8 min 6 s after the trouble began\n");
    expect((await deployment(shown(waiting)).keymend("incident", ID)).out).not.toContain("effective");
  });

  test("shows what was found, planned and done, without what would move a terminal", async () => {
    const evil = {
      ...waiting,
      detail: "\u001B[2Jgone",
      causes: [{ code: "AccessMissing", targetIds: [ACCOUNT_ID], evidence: ["it lacks wrap"], contradictions: ["it says well"] }],
    };
    const { code, out } = await deployment(shown(evil)).keymend("incident", ID);
    expect(code).toBe(EXIT.nothing);
    for (const word of [
      "waiting",
      "Databases",
      "orders (account): inGrace",
      "AccessMissing",
      "it lacks wrap",
      "it says well",
      "Plan",
      "waitsForApproval",
      "Timeline",
    ])
      expect(out).toContain(word);
    expect(out).not.toContain("\u001B");
  });

  test.each<[string, string | null, number]>([
    ["closed", "Healed", EXIT.nothing],
    ["closed", "Observed", EXIT.warnings],
    ["closed", "Escalated", EXIT.trouble],
    ["waiting", null, EXIT.nothing],
  ])("%s as %s ends with %i", async (state, outcome, code) => {
    expect((await deployment(shown({ ...closed, state, outcome })).keymend("incident", ID, "--json")).code).toBe(code);
  });

  test("is followed to its end: each line once, and through a moment without an answer", async () => {
    const line = (what: string) => ({ at: NOW, what });
    const turns = [
      { ...waiting, timeline: [line("one")] },
      new Error("ECONNRESET"),
      { ...waiting, timeline: [line("one"), line("two")] },
      // The oldest line has made room.
      { ...closed, timeline: [line("two"), line("three")] },
    ];
    const played = { [`GET /incidents/${ID}`]: turns.map((turn) => (turn instanceof Error ? turn : { body: turn })) };
    const { code, out, err } = await deployment(played).keymend("incident", ID, "--follow");
    expect({
      code,
      lines: out
        .trim()
        .split("\n")
        .slice(-4)
        .map((text) => text.trim()),
    }).toEqual({
      code: EXIT.nothing,
      lines: [1, 2, 3].map((i) => `2026-11-02 10:00:00Z  ${["one", "two", "three"][i - 1]}`).concat("ended as Healed: mended"),
    });
    expect(err).toContain("asking again");
  });

  test("followed as JSON prints it anew where it has changed", async () => {
    const played = { [`GET /incidents/${ID}`]: [waiting, waiting, closed].map((body) => ({ body })) };
    const { out } = await deployment(played).keymend("incident", ID, "--follow", "--json");
    expect(
      out
        .trim()
        .split("\n")
        .map((text) => (JSON.parse(text) as { state: string }).state),
    ).toEqual(["waiting", "closed"]);
  });

  test("that can't be read while it is followed ends it", async () => {
    const played = { [`GET /incidents/${ID}`]: [{ body: waiting }, refused(403, "This needs a role")] };
    const { code, err } = await deployment(played).keymend("incident", ID, "--follow");
    expect({ code, err }).toEqual({ code: EXIT.failed, err: "This needs a role\n  id: is wrong\n" });
  });

  test.each([[[]], [["a", "b"]], [[".."]], [["."]]])("wants one id: %j", async (ids) => {
    expect((await deployment({}).keymend("incident", ...ids)).code).toBe(EXIT.usage);
  });
});

describe.each(["approve", "reject"] as const)("keymend %s", (word) => {
  const played = (incident: unknown = waiting): Played => ({
    [`GET /incidents/${ID}`]: { body: incident },
    [`POST /incidents/${ID}/decision`]: {
      status: 202,
      body: {
        id: "d",
        incidentId: ID,
        at: NOW,
        planHash: "h1",
        steps: ["step-1"],
        questions: {},
        decision: word,
        reason: "change 42",
        by: "o1",
      },
    },
  });
  const sent = { call: `POST /api/incidents/${ID}/decision`, body: { planHash: "h1", decision: word, reason: "change 42" } };

  test("shows what waits with what is so now, asks, and decides on the plan that was shown", async () => {
    const { keymend, asked, questions } = deployment(played());
    const { code, out, err } = await keymend(word, ID, ...WHY);
    expect(code).toBe(EXIT.nothing);
    expect(err).toMatch(/Now\n {2}AccessMissing: [^]*Steps\n {2}EnableKeyVersion on [^]*waitsForApproval/);
    expect(questions).toEqual([expect.stringMatching(/this step\?$/)]);
    expect(asked[1]).toEqual(sent);
    expect(out).toContain("On record");
  });

  test.each([
    ["a person does not agree", false, EXIT.failed],
    ["nobody can be asked", "nobody", EXIT.usage],
  ] as const)("decides nothing where %s", async (_, agrees, code) => {
    const { keymend, asked } = deployment(played(), agrees);
    expect((await keymend(word, ID, ...WHY)).code).toBe(code);
    expect(asked).toHaveLength(1);
  });

  test("does not ask with --yes, and only of the plan that was read before with --plan-hash", async () => {
    const { keymend, asked, questions } = deployment(played());
    expect((await keymend(word, ID, ...WHY, "--yes", "--plan-hash", "h0")).err).toContain("another by now (h1)");
    expect(asked).toHaveLength(1);
    expect(JSON.parse((await keymend(word, ID, ...WHY, "--yes", "--plan-hash", "h1", "--json")).out)).toMatchObject({ decision: word });
    expect(questions).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["there is no plan", { ...waiting, plan: null }],
    ["nothing waits", { ...closed, plan: { ...waiting.plan!, steps: waiting.plan!.steps.map((step) => ({ ...step, state: "applied" })) } }],
  ])("says so where %s", async (_, incident) => {
    const { code, err } = await deployment(played(incident)).keymend(word, ID, ...WHY);
    expect({ code, err }).toEqual({ code: EXIT.failed, err: expect.stringContaining("no step waits") as string });
  });

  test("asks about what has its yes and is not written yet, where it is a no", async () => {
    const steps = waiting.plan!.steps.map((step) => ({ ...step, state: "next" as const }));
    const decision = { planHash: "h1", steps: steps.map(({ id }) => id), expiresAt: NOW };
    const { keymend, asked } = deployment(played({ ...waiting, plan: { hash: "h1", steps }, decision }));
    const { code } = await keymend(word, ID, ...WHY, "--yes");
    expect({ code, sent: asked.slice(1) }).toEqual(
      word === "reject" ? { code: EXIT.nothing, sent: [sent] } : { code: EXIT.failed, sent: [] },
    );
  });

  test("wants a reason, and tells why it was refused", async () => {
    expect((await deployment(played()).keymend(word, ID)).code).toBe(EXIT.usage);
    const late = { ...played(), [`POST /incidents/${ID}/decision`]: refused(409, "The plan has changed") };
    expect(await deployment(late).keymend(word, ID, ...WHY)).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("The plan has changed") as string,
    });
  });
});

describe("what an operator says", () => {
  const writing = { writes: true, why: null, pause: null };
  const paused = { writes: false, why: "paused by ada: a move", pause: { reason: "a move", by: "o1", name: "ada", at: NOW, until: NOW } };

  test("keymend heal has something looked at", async () => {
    const { keymend, asked } = deployment({ "POST /heal": { status: 202, body: { vaultId: VAULT_ID, instanceId: "i", signalId: "s" } } });
    expect(await keymend("heal", VAULT_ID, ...WHY)).toMatchObject({
      code: 0,
      out: expect.stringContaining(`--vault ${VAULT_ID}`) as string,
    });
    expect(asked).toEqual([{ call: "POST /api/heal", body: { id: VAULT_ID, reason: "change 42" } }]);
    expect(JSON.parse((await keymend("heal", VAULT_ID, ...WHY, "--json")).out)).toMatchObject({ signalId: "s" });
  });

  test("keymend pause pauses with a reason, and without one says how it stands", async () => {
    const { keymend, asked } = deployment({ "GET /pause": { body: writing }, "POST /pause": { body: paused } });
    expect((await keymend("pause")).out).toBe("Keymend writes\n");
    expect((await keymend("pause", ...WHY, "--until", "PT4H")).out).toBe(
      "Keymend writes nothing: paused by ada: a move, until 2026-11-02 10:00:00Z\n",
    );
    expect(asked[1]).toEqual({ call: "POST /api/pause", body: { reason: "change 42", until: "PT4H" } });
    expect((await keymend("pause", "--until", "PT4H")).code).toBe(EXIT.usage);
    expect(JSON.parse((await keymend("pause", "--json")).out)).toEqual(writing);
  });

  test("a pause without an end says so, and a storm is no pause", async () => {
    const said = async (body: unknown) => (await deployment({ "GET /pause": { body } }).keymend("pause")).out;
    expect(await said({ ...paused, pause: { ...paused.pause, until: null } })).toContain("until somebody resumes");
    expect(await said({ writes: false, why: "a storm", pause: null })).toBe("Keymend writes nothing: a storm\n");
  });

  test("keymend resume resumes", async () => {
    const { keymend, asked } = deployment({ "POST /resume": { body: writing } });
    expect((await keymend("resume", ...WHY)).out).toBe("Keymend writes\n");
    expect(JSON.parse((await keymend("resume", ...WHY, "--json")).out)).toEqual(writing);
    expect(asked[0]).toEqual({ call: "POST /api/resume", body: { reason: "change 42" } });
  });
});

describe("keymend operations", () => {
  const working = viewWish(aWish(), undefined, []);
  const {
    id: _,
    incidentId: __,
    ...view
  } = viewWish(
    aWish(undefined, {
      status: aStatusOf({
        requirements: [{ name: "key", state: "unmet", detail: "it is too short", az: ["az keyvault key create"] }],
        undo: ["az undo"],
      }),
    }),
    stored,
    [],
  );
  const rehearsal = { ...view, loses: "It will be out of reach.", dryRun: true };
  const played: Played = { "POST /operations": [{ body: rehearsal }, { status: 202, body: working }] };
  const ROTATE = ["operations", "start", "rotate-key", "--key-uri", KEY_URI, ...WHY];

  test("start rehearses, shows what it takes and loses, asks, and puts it on record", async () => {
    const { keymend, asked, questions } = deployment(played);
    const { code, out, err } = await keymend(...ROTATE, "--until", "PT2H");
    expect(code).toBe(EXIT.nothing);
    for (const words of ["NO  key: it is too short", "az keyvault key create", "It will be out of reach.", "The way back"])
      expect(err).toContain(words);
    expect(questions).toEqual(["Put rotate-key on record?"]);
    const body = { operation: "rotate-key", reason: "change 42", until: "PT2H", keyUri: KEY_URI };
    expect(asked).toEqual([
      { call: "POST /api/operations", body: { ...body, dryRun: true } },
      { call: "POST /api/operations", body },
    ]);
    expect(out).toContain(`On record: ${working.id}`);
  });

  test.each<[string, string[], object]>([
    [
      "prepare",
      [
        "--kind",
        "account",
        "--vault",
        VAULT_ID,
        "--key",
        "cmk",
        "--identity",
        IDENTITY_ID,
        "--set",
        "purgeProtection=true",
        "--confirm",
        "kv-orders",
      ],
      { purgeProtection: true, confirm: "kv-orders" },
    ],
    [
      "enable-cmk",
      ["--database", ACCOUNT_ID, "--key-uri", KEY_URI, "--set", "requestUnits=50", "--confirm", "orders"],
      { requestUnits: 50, confirm: "orders" },
    ],
  ])("start takes of %s what has no option, as the API does", async (operation, args, members) => {
    const { keymend, asked } = deployment(played);
    expect(await keymend("operations", "start", operation, ...args, ...WHY)).toMatchObject({ code: EXIT.nothing });
    expect(asked.at(-1)).toMatchObject({ call: "POST /api/operations", body: { operation, ...members } });
  });

  test("start puts nothing on record where nobody agrees, or it is only rehearsed", async () => {
    const no = deployment(played, false);
    expect((await no.keymend(...ROTATE)).code).toBe(EXIT.failed);
    const dry = deployment({ "POST /operations": { body: { ...rehearsal, outcome: "Refused" } } });
    expect(await dry.keymend(...ROTATE, "--dry-run")).toMatchObject({
      code: EXIT.trouble,
      out: expect.stringContaining("rehearsed") as string,
    });
    expect(JSON.parse((await dry.keymend(...ROTATE, "--dry-run", "--json")).out)).toMatchObject({ dryRun: true });
    expect([no.asked.length, dry.asked.length]).toEqual([1, 2]);
  });

  test.each<[string, string[], string]>([
    ["no operation", ["operations", "start"], "which operation? one of check-requirements"],
    ["an operation that is none", ["operations", "start", "destroy", ...WHY], "which operation?"],
    ["what it lacks", ["operations", "start", "rotate-key", ...WHY], "keyUri: is missing"],
    ["what it does not take", [...ROTATE, "--vault", VAULT_ID], "vaultId: is not known"],
    ["what is wrong", ["operations", "start", "rotate-key", "--set", "keyUri=x", ...WHY], "keyUri: must be the URI of a key"],
    ["a member without a value", [...ROTATE, "--set", "x"], "--set takes MEMBER=VALUE"],
    ["no verb", ["operations"], "takes one of list, start, show, cancel"],
    ["no id", ["operations", "show"], "give an operation's id"],
    ["two ids", ["operations", "cancel", "a", "b", ...WHY], "give an operation's id"],
  ])("says what is wrong before anything is asked: %s", async (_name, args, words) => {
    const { keymend, asked } = deployment(played);
    expect(await keymend(...args)).toMatchObject({ code: EXIT.usage, err: expect.stringContaining(words) as string });
    expect(asked).toEqual([]);
  });

  test("a member that is no text is sent as what it is", async () => {
    const prepare = ["operations", "start", "prepare", "--kind", "account", "--vault", VAULT_ID, "--key", "123", "--identity", IDENTITY_ID];
    const { keymend, asked } = deployment({ "POST /operations": { body: rehearsal } });
    await keymend(...prepare, "--set", "purgeProtection=true", "--confirm", "kv-orders", ...WHY, "--dry-run");
    expect(asked).toMatchObject([{ body: { key: "123", purgeProtection: true, confirm: "kv-orders" } }]);
    const enable = ["operations", "start", "enable-cmk", "--database", ACCOUNT_ID, "--key-uri", KEY_URI, "--confirm", "orders"];
    await keymend(...enable, "--set", "requestUnits=200", ...WHY, "--dry-run");
    expect(asked[1]).toMatchObject({ body: { requestUnits: 200 } });
    expect(await keymend(...enable, "--set", "requestUnits=many", ...WHY)).toMatchObject({ code: EXIT.usage });
  });

  test("list, show and cancel", async () => {
    const { keymend, asked } = deployment({
      "GET /operations": [{ body: { value: [working] } }, { body: { value: [] } }],
      "GET /operations/w1": [{ body: working }, { body: { ...working, state: "closed", outcome: "Refused", reasonCode: "Cancelled" } }],
      "POST /operations/w1/cancel": { status: 202, body: working },
    });
    expect((await keymend("operations", "list", "--state", "working")).out).toMatch(
      /^w1 +working +check-requirements +kv-orders +- +ada: /m,
    );
    expect((await keymend("operations", "list")).out).toBe("no planned operations\n");
    expect(await keymend("operations", "show", "w1")).toMatchObject({
      code: EXIT.nothing,
      out: expect.stringContaining("wanted by ada") as string,
    });
    expect(await keymend("operations", "show", "w1")).toMatchObject({
      code: EXIT.trouble,
      out: expect.stringContaining("Refused (Cancelled)") as string,
    });
    expect((await keymend("operations", "cancel", "w1", ...WHY)).out).toContain("Called off");
    expect(asked.at(-1)).toEqual({ call: "POST /api/operations/w1/cancel", body: { reason: "change 42" } });
    for (const args of [["list"], ["show", "w1"], ["cancel", "w1", ...WHY]])
      JSON.parse((await keymend("operations", ...args, "--json")).out);
  });
});

describe("keymend audit", () => {
  const rows = extendChain(ID, undefined, [
    { entryId: "0-note", kind: "note", what: "opened", data: { of: "it" }, at: NOW, actor: "keymend" },
    { entryId: "1-note", kind: "note", what: "mended", data: null, at: NOW, actor: "keymend" },
  ]);
  const seal = { rows: 2, head: rows[1]!.hash };
  const chain = { ok: true, rows: 2, head: seal.head, sealed: 2, anchored: 2 };
  const played = (changed: object[] = rows, verdict: unknown = chain): Played => ({
    [`GET /incidents/${ID}`]: { body: { ...closed, audit: seal } },
    "GET /audit": { body: { value: changed, chain: verdict } },
  });

  test("verify checks the chain here and says what the deployment says", async () => {
    const { keymend } = deployment(played());
    const { code, out } = await keymend("audit", "verify", ID);
    expect(code).toBe(EXIT.nothing);
    expect(out).toMatch(/^holds\nChecked here: 2 rows[^]*bears out 2 of them.\nThe deployment said[^]*anchors bear out 2 rows/);
    expect(JSON.parse((await keymend("audit", "verify", ID, "--json")).out)).toMatchObject({
      ok: true,
      here: { ok: true, rows: 2 },
      deployment: chain,
    });
  });

  test.each<[string, object[], unknown, RegExp]>([
    ["a row was changed", [rows[0]!, { ...rows[1]!, what: "nothing" }], chain, /row 2: the row was changed/],
    ["a row is lacking", [rows[0]!], chain, /row 2: .*knows of 2 rows/],
    [
      "the deployment says so, by an anchor",
      rows,
      { ok: false, rows: 2, seq: 1, why: "an anchor knows another row here" },
      /an anchor knows another/,
    ],
  ])("verify finds that %s", async (_, changed, verdict, words) => {
    const { code, out } = await deployment(played(changed, verdict)).keymend("audit", "verify", ID);
    expect(code).toBe(EXIT.trouble);
    expect(out).toMatch(/^BROKEN\n/);
    expect(out).toMatch(words);
  });

  test("an export is verified and shown without any deployment, and a forged one found out", async () => {
    const file = join(folder, "audit.json");
    writeFileSync(file, (await deployment(played(rows, { ...chain, anchored: null })).keymend("audit", "export", ID)).out);
    const { keymend, asked } = deployment({});
    expect((await keymend("audit", "verify", "--file", file)).out).toMatch(/^holds\n[^]*it holds, without anchors\.\n$/);
    expect((await keymend("audit", "show", "--file", file)).out).toMatch(/note +opened {2}\(keymend\)\n/);
    expect(
      (await keymend("audit", "show", "--file", file, "--json")).out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(rows);
    expect(asked).toEqual([]);
    const forged = JSON.parse(readFileSync(file, "utf8")) as { rows: { actor: string }[]; chain?: unknown };
    forged.rows[0]!.actor = "ada";
    delete forged.chain;
    writeFileSync(file, JSON.stringify({ chain: null, ...forged }));
    expect(await keymend("audit", "verify", "--file", file)).toMatchObject({
      code: EXIT.trouble,
      out: expect.stringContaining("row 1: the row was changed") as string,
    });
  });

  test("of pauses is no incident's", async () => {
    const pauses = extendChain("pause", undefined, [{ entryId: "p", kind: "approval", what: "paused", data: null, at: NOW, actor: "o1" }]);
    const { keymend, asked } = deployment({ "GET /audit": { body: { value: pauses, chain } } });
    expect((await keymend("audit", "verify", "pause")).code).toBe(EXIT.nothing);
    expect(asked.every(({ call }) => call.startsWith("GET /api/audit?incidentId=pause"))).toBe(true);
  });

  test.each([
    [["audit"]],
    [["audit", "verify"]],
    [["audit", "verify", "a", "b"]],
    [["audit", "forge", "a"]],
    [["audit", "verify", "a", "--file", "x"]],
    [["audit", "verify", "--file", "package.json"]],
  ])("is called wrong by %j", async (args) => {
    expect((await deployment({}).keymend(...args)).code).toBe(EXIT.usage);
  });

  test("support puts all of it into one file, says what could not be had, and its audit can be verified", async () => {
    const { keymend } = deployment({
      [`GET /incidents/${ID}/support`]: {
        body: {
          format: "keymend/support/1",
          exportedAt: NOW,
          incident: { ...closed, audit: seal },
          drafts: [],
          audit: { format: "keymend/audit/1", incidentId: ID, exportedAt: NOW, seal, chain, rows },
          databases: [],
          writing: { writes: true, why: null, pause: null },
        },
      },
      "POST /diagnose": refused(424, "It can't be seen"),
    });
    const out = join(folder, "bundle.json");
    expect((await keymend("support", ID, "--out", out)).out).toContain("2 rows of audit");
    expect(JSON.parse(readFileSync(out, "utf8"))).toMatchObject({
      format: "keymend/support/1",
      incident: { id: ID },
      audit: { rows, seal },
      databases: [],
      diagnosisNow: { notThere: "It can't be seen" },
      writing: { writes: true },
      inWords: expect.arrayContaining(["Timeline"]) as unknown,
    });
    expect((await deployment({}).keymend("audit", "verify", "--file", out)).code).toBe(EXIT.nothing);
    expect(JSON.parse((await keymend("support", ID, "--out", "-")).out)).toMatchObject({ exportedAt: NOW });
  });
});

describe("where the deployment is", () => {
  test.each([
    ["nowhere", ["--url", ""], /where is the deployment/],
    ["where a token would be sent in the open", ["--url", "http://keymend.example"], /no https address/],
    ["no address", ["--url", "keymend"], /no https address/],
    ["for nobody", ["--audience", ""], /for whom is the token/],
  ])("%s is refused", async (_, args, words) => {
    const { code, err } = await deployment({}).keymend("incidents", ...args);
    expect({ code, err }).toEqual({ code: EXIT.usage, err: expect.stringMatching(words) as string });
  });

  test("this machine itself may be asked without TLS", async () => {
    const { keymend } = deployment({ "GET /incidents": { body: { value: [] } } });
    expect((await keymend("incidents", "--url", "http://127.0.0.1:7071")).code).toBe(EXIT.nothing);
  });

  test("a mistake of this program is told as one", async () => {
    const wrong = deployment({ "GET /incidents": { body: { value: "none" } } });
    expect(await wrong.keymend("incidents")).toMatchObject({
      code: EXIT.failed,
      err: expect.stringContaining("otherwise than this version expects") as string,
    });
  });
});

test.each([
  ["operations", "show", ".."],
  ["operations", "cancel", "", "--reason", "r"],
  ["operations", "start", "rotate-key", "revoke", "--reason", "r"],
  ["operations", "list", "more"],
  ["operations", "constructor"],
  ["audit", "verify", ".."],
  ["audit", "verify", "a", "b"],
  ["audit", "toString"],
  ["incident", ""],
  ["incident", " "],
  ["completion", "valueOf"],
])("what is called wrong is told in words, and nobody is asked: %j", async (...args) => {
  const { keymend, asked } = deployment({});
  const { code, out, err } = await keymend(...args.filter((arg) => arg !== undefined));
  expect({ code, out, asked }).toEqual({ code: EXIT.usage, out: "", asked: [] });
  expect(err).toMatch(/^\S.+\nkeymend --help says what there is\.\n$/);
});

test.each([
  ["audit", "verify", "--file", "nowhere/audit.json"],
  ["audit", "verify", "--file", "README.md"],
  ["replay", "nowhere.json"],
  ["replay", "test"],
  ["doctor", "--html", "nowhere/report.html"],
])("a file that is none is told without a stack, and nobody is asked: %s %s", async (...args) => {
  const { keymend, asked } = deployment({});
  const { code, err } = await keymend(...args.filter((arg) => arg !== undefined));
  expect({ code, err, asked }).toEqual({
    code: EXIT.usage,
    err: expect.stringMatching(/can't be (read|written)/) as string,
    asked: [],
  });
});

describe("keymend replay", () => {
  const file = "test/fixtures/incidents/role-removed-account-grace.json";
  const recorded = JSON.parse(readFileSync(file, "utf8")) as { incidentId: string; seal: unknown; rows: { kind: string; data: unknown }[] };

  test("runs today's rules over a file, and asks nobody", async () => {
    const { keymend, asked } = deployment({});
    expect(await keymend("replay", file)).toMatchObject({
      code: EXIT.nothing,
      out: expect.stringMatching(/the same: AccessMissing of/) as string,
    });
    expect(JSON.parse((await keymend("replay", file, "--json")).out)).toMatchObject({ looks: [{ differences: [] }, { differences: [] }] });
    expect(asked).toEqual([]);
  });

  test("over what a deployment has, and says what would be otherwise, and what is not whole", async () => {
    const { incidentId: id, rows } = recorded;
    const facts = rows.filter(({ kind }) => kind === "facts");
    const answers = (kept: unknown[]): Played => ({
      [`GET /incidents/${id}`]: { body: { ...closed, id } },
      "GET /audit": { body: { value: kept, chain: { ok: false, rows: 1, seq: 1, why: "x" } } },
    });
    const otherwise = rows.map((row) => (row.kind === "diagnosis" ? { ...row, data: { causes: [], targets: [] } } : row));
    expect(await deployment(answers(otherwise)).keymend("replay", id)).toMatchObject({
      code: EXIT.trouble,
      out: expect.stringMatching(/otherwise\n {4}now judged: /) as string,
    });
    const cut = rows.map((row) => (row === facts[1] ? { ...row, data: "[cut]" } : row));
    expect(await deployment(answers(cut)).keymend("replay", id)).toMatchObject({
      code: EXIT.warnings,
      out: expect.stringContaining("not whole") as string,
    });
    expect(await deployment(answers([])).keymend("replay", id)).toMatchObject({
      code: EXIT.warnings,
      out: expect.stringContaining("nothing to replay") as string,
    });
  });
});
