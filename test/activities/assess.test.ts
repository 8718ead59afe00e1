import { describe, expect, test, vi } from "vitest";
import { type AssessDeps, type AssessInput, type AssessResult, createAssess } from "../../src/activities/assess.ts";
import type { Facts, TargetFacts } from "../../src/domain/facts.ts";
import { DAY, MINUTE, toIso, toMs } from "../../src/domain/time.ts";
import {
  aBaseline,
  ACCOUNT_ID,
  APP_ID,
  aCluster,
  aKey,
  anAccess,
  anAssignment,
  anAccount,
  anIdentity,
  aSubscription,
  aVersion,
  CLUSTER_ID,
  IDENTITY_ID,
  identityIdOf,
  KEY_SCOPE,
  NOW,
  PRINCIPAL,
  aStatus,
  someFacts,
  someFeatures,
  someSettings,
  V1,
  V2,
  VAULT_ID,
} from "../support/builders.ts";
import { Died, diesAfter, failsOnce, fakeEdges, throwing, transient } from "../support/fakes.ts";
import { pollStep } from "../../src/activities/poll-step.ts";
import { type Incident, openIncident } from "../../src/domain/incident.ts";
import { after, aDecision, aSignal, aStep, PATIENT } from "../support/turns.ts";
import { aStatusOf, aWish, ENABLE, REVOKE } from "../support/wishes.ts";
import { showStep } from "../../src/domain/turn/judge-steps.ts";
import { questionId } from "../../src/domain/turn/questions.ts";

const expired = someFacts({ keys: [aKey([aVersion(V1, { expiresOn: after(-60) })])] });
const disabled = someFacts({ keys: [aKey([aVersion(V1, { enabled: false })])] });

function setUp(facts: Facts = expired, settings = someSettings()) {
  const edges = fakeEdges(facts);
  edges.mailbox.signals.push(aSignal());
  const assess = (over: Partial<AssessDeps> = {}, input: Partial<AssessInput> = {}): Promise<AssessResult> =>
    createAssess({ ...edges.deps, settings, ...over })({ patient: PATIENT, incidentId: null, newId: "i1", turn: 0, ...input });
  return { ...edges, assess };
}

describe("a look that finds nothing wrong", () => {
  test.each(["sweep", "event"] as const)(
    "at the word of a %s leaves no incident, only a line in the log, which says when the first key runs out",
    async (source) => {
      const expiresOn = after(60 * 24 * 200);
      const { assess, mailbox, incidents, audit, lines } = setUp(someFacts({ keys: [aKey([aVersion(V1, { expiresOn }), aVersion(V2)])] }));
      mailbox.signals.splice(0, 1, aSignal({ source }));
      expect(await assess()).toEqual({
        kind: "end",
        incidentId: null,
        outcome: { code: "NoChangeNeeded", reason: null, detail: "nothing is wrong" },
      });
      expect([incidents.all, audit.rows, mailbox.signals]).toEqual([[], [], []]);
      const fields = { vaultId: VAULT_ID, expiresOn, text: "kv-orders: nothing new" };
      expect(lines).toEqual([{ level: "info", event: "looked", fields }]);
    },
  );

  test("that an operator asked for is an incident that ends at once, told to those who listen", async () => {
    const { assess, mailbox, incidents, told } = setUp(someFacts());
    mailbox.signals.splice(0, 1, aSignal({ source: "operator" }));
    expect(await assess()).toMatchObject({ kind: "end", incidentId: "i1", outcome: { code: "NoChangeNeeded" } });
    expect(incidents.all).toMatchObject([{ id: "i1", state: "closed" }]);
    expect(told).toMatchObject([{ incidentId: "i1" }]);
  });

  test("says that what was revoked on purpose works again, in the log and to those who listen", async () => {
    const status = aStatusOf({ state: "closed", outcome: "Completed", stands: true });
    const { assess, lines, told, mailbox } = setUp(someFacts({ wishes: [aWish(REVOKE, { status })] }));
    mailbox.signals.splice(0, 1, aSignal({ source: "sweep" }));
    await assess();
    await assess();
    const text = expect.stringMatching(/key cmk is enabled.*ada revoked it on purpose/) as string;
    expect(lines.filter(({ level }) => level === "error")).toEqual([
      { level: "error", event: "revocationUndone", fields: { vaultId: VAULT_ID, text } },
    ]);
    expect(told).toMatchObject([{ type: "Keymend.RevocationUndone", text }]);
  });

  test("a database of its own is named by its id in the log", async () => {
    const { assess, lines, mailbox } = setUp(someFacts({ targets: [] }));
    mailbox.signals.splice(0, 1);
    await assess({}, { patient: { id: ACCOUNT_ID, kind: "database", vaultName: null } });
    expect(lines).toMatchObject([{ fields: { text: `${ACCOUNT_ID}: nothing new` } }]);
  });
});

describe("what Keymend can't judge", () => {
  const hsm = (keyUri: string): Facts => someFacts({ vault: null, keys: [], targets: [anAccount({ keyUri })] });
  const told = (lines: { event: string }[]) => lines.filter(({ event }) => event === "readiness");

  test("is told once while the service confirms access, with what would let it judge; and again when it is another", async () => {
    const { assess, incidents, lines, mailbox } = setUp(hsm("https://h.managedhsm.azure.net/keys/cmk"));
    for (let turn = 0; turn < 3; turn++) {
      mailbox.signals.push(aSignal({ id: `e${turn}` }));
      expect(await assess({}, { newId: `i${turn}` })).toMatchObject({ kind: "end", incidentId: null, outcome: { code: "NoChangeNeeded" } });
    }
    expect(incidents.all).toEqual([]);
    expect(told(lines)).toEqual([
      {
        level: "warn",
        event: "readiness",
        fields: { vaultId: VAULT_ID, text: expect.stringMatching(/can't judge: .*managed HSM.*administrators of the HSM/) as string },
      },
    ]);
    const another = hsm("https://other.managedhsm.azure.net/keys/cmk");
    await assess({ gatherFacts: async () => another });
    expect(told(lines)).toHaveLength(2);
  });

  test("is told before it is kept: where that fails it is told again", async () => {
    const { assess, deps, lines } = setUp(hsm("https://h.managedhsm.azure.net/keys/cmk"));
    const baselines = { ...deps.baselines, keepReadinessTold: throwing(transient()) };
    expect(await assess({ baselines })).toMatchObject({ kind: "again" });
    await assess();
    expect(told(lines)).toHaveLength(2);
  });
});

describe("a vault whose events do not reach Keymend", () => {
  const unarmed = someFacts({ eventTopic: null });
  const told = (lines: { event: string }[]) => lines.filter(({ event }) => event === "notArmed" || event === "armed");
  const observe = someSettings({ mode: "observe", functionAppId: APP_ID });

  test("is told in mode observe, with what a person does, once; and again when it is for another reason", async () => {
    const { assess, lines, keptUnarmed, incidents } = setUp(unarmed, observe);
    await assess();
    expect(told(lines)).toMatchObject([
      {
        level: "warn",
        event: "notArmed",
        fields: {
          vaultId: VAULT_ID,
          text: expect.stringMatching(/^kv-orders is not armed, so only sweeps look at it: .* in mode observe/) as string,
          runbook: expect.arrayContaining([expect.stringMatching(/^az rest --method put/)]) as string[],
        },
      },
    ]);
    expect([keptUnarmed.length, incidents.all]).toEqual([1, []]);
    const facts = { ...unarmed, unarmedTold: keptUnarmed[0]!.why };
    await assess({ gatherFacts: async () => facts });
    expect(told(lines)).toHaveLength(1);
    await assess({ gatherFacts: async () => ({ ...facts, unarmedTold: "another" }) });
    expect(told(lines)).toHaveLength(2);
  });

  test("is told to be armed once it is, and only where it was told that it was not", async () => {
    const properties = { destination: { properties: { resourceId: `${APP_ID}/functions/onKeyVaultEvent` } } };
    const armed = someFacts({ eventTopic: null, eventSubscriptions: [aSubscription({ properties })] });
    const { assess, lines, keptUnarmed } = setUp(armed, observe);
    await assess();
    expect(told(lines)).toEqual([]);
    await assess({ gatherFacts: async () => ({ ...armed, unarmedTold: "nobody may" }) });
    expect(told(lines)).toMatchObject([{ level: "info", event: "armed" }]);
    expect(keptUnarmed).toEqual([null]);
    const { assess: look, lines: more } = setUp(armed, observe);
    await look(
      { gatherFacts: async () => ({ ...armed, unarmedTold: "x" }) },
      { patient: { id: ACCOUNT_ID, kind: "database", vaultName: null } },
    );
    expect(told(more)).toMatchObject([{ fields: { text: `${ACCOUNT_ID} is armed: its events reach Keymend` } }]);
  });

  test("counts no more once nothing depends on it: health would name it for ever", async () => {
    const { assess, lines, keptUnarmed } = setUp({ ...unarmed, targets: [] }, observe);
    await assess();
    expect(keptUnarmed).toEqual([]);
    await assess({ gatherFacts: async () => ({ ...unarmed, targets: [], unarmedTold: "nobody may" }) });
    expect([told(lines), keptUnarmed]).toEqual([[], [null]]);
  });

  test("is armed in mode heal, which nothing is told of", async () => {
    const { assess, lines, keptUnarmed, incidents } = setUp(unarmed, someSettings({ functionAppId: APP_ID }));
    expect(await assess()).toMatchObject({ kind: "step", step: { name: "RestoreEventSubscription", causes: [] } });
    expect([told(lines), keptUnarmed]).toEqual([[], []]);
    expect(incidents.all).toMatchObject([{ state: "working" }]);
  });
});

describe("a look that finds trouble", () => {
  test("opens the incident and asks for the step, with the hash that an approval would name", async () => {
    const { assess, incidents } = setUp();
    const result = await assess();
    expect(result).toMatchObject({ kind: "step", incidentId: "i1", step: { name: "ExtendKeyExpiry" } });
    expect(incidents.all).toMatchObject([{ id: "i1", state: "working", plan: { hash: expect.stringMatching(/^digest-of-/) } }]);
  });

  test("writes the audit first, then the incident, and drops the signals only then", async () => {
    const { assess, journal } = setUp();
    await assess();
    expect(journal).toEqual(["audit signal", "audit facts", "audit diagnosis", "audit plan", "save working", "drop e1"]);
  });

  test("that says nothing new reads no audit, and keeps how far it goes", async () => {
    const { assess, audit, incidents } = setUp(disabled);
    await assess();
    await assess({}, { incidentId: "i1", turn: 1 });
    const [before] = structuredClone(incidents.all);
    const append = vi.fn(audit.append);
    await assess({ audit: { append } }, { incidentId: "i1", turn: 2 });
    expect(append).not.toHaveBeenCalled();
    expect(incidents.all).toMatchObject([{ id: "i1", progress: { turn: 2 }, audit: before!.audit }]);
    expect(before!.audit).toBeDefined();
  });

  test("says each thing in the log, with its incident and vault", async () => {
    const { assess, lines, audit } = setUp();
    await assess();
    expect(lines.map(({ event }) => event)).toEqual(["signal", "facts", "diagnosis", "plan"]);
    expect(lines.map(({ fields }) => fields)).toEqual(audit.rows.map(({ what }) => ({ incidentId: "i1", vaultId: VAULT_ID, text: what })));
    expect(audit.rows.every(({ at, actor }) => at === NOW && actor === "keymend")).toBe(true);
  });

  test("that only a person may mend waits, and says until when and why", async () => {
    const { assess, lines } = setUp(disabled);
    const result = await assess();
    expect(result).toEqual({
      kind: "wait",
      incidentId: "i1",
      until: after(2),
      afterMs: 2 * MINUTE,
      why: expect.stringContaining("waits for approval"),
    });
    expect(lines.at(-1)).toMatchObject({ event: "wait", fields: { incidentId: "i1", vaultId: VAULT_ID, until: after(2) } });
  });

  test("in observe mode ends, and informs", async () => {
    const { assess, lines } = setUp(expired, someSettings({ mode: "observe" }));
    expect(await assess()).toMatchObject({ kind: "end", incidentId: "i1", outcome: { code: "Observed" } });
    expect(lines.at(-1)).toMatchObject({ level: "info", event: "closed", fields: { outcome: "Observed", loudness: "inform" } });
  });

  test("that was meant alarms", async () => {
    const { assess, lines } = setUp({ ...expired, targets: [anAccount({ tags: { "keymend:revoked": "" } })] });
    expect(await assess()).toMatchObject({ outcome: { code: "Refused", reason: "RevokedOnPurpose" } });
    expect(lines.at(-1)).toMatchObject({ level: "error", event: "closed", fields: { reason: "RevokedOnPurpose", loudness: "alarm" } });
  });
});

describe("a tag that an approver lifted", () => {
  const lift = { targetId: ACCOUNT_ID, tag: "keymend:revoked", value: "yes", reason: "a drill", by: "ada", at: NOW };
  const tagged = (value: string) => ({ ...expired, targets: [anAccount({ tags: { "keymend:revoked": value } })], lifted: [lift] });

  test("holds nothing back any more, until it has another value: then the lift is over", async () => {
    const { assess, azure, journal, mailbox } = setUp(tagged("yes"));
    expect(await assess()).toMatchObject({ kind: "step" });
    expect(journal).not.toContain("end lift of keymend:revoked");
    azure.facts = tagged("again");
    mailbox.signals.push(aSignal({ id: "e2" }));
    expect(await assess({}, { incidentId: "i1", turn: 1 })).toMatchObject({ outcome: { reason: "RevokedOnPurpose" } });
    expect(journal).toContain("end lift of keymend:revoked");
  });
});

describe("who made a change that no event told of", () => {
  const settings = someSettings({ privilegedCallers: ["boss"], principals: { observe: "reader", access: "me" } });
  const facts = someFacts({ access: [anAccess({ assignments: [] })], baseline: aBaseline({ at: after(-15) }) });
  const taken = (objectId: string) => ({
    operation: "Microsoft.Authorization/roleAssignments/delete",
    resource: anAssignment().id,
    at: after(-1),
    objectId,
  });
  async function secondLook(over: Partial<AssessDeps>, by: string) {
    const { assess, azure, clock, journal, lines } = setUp(facts, settings);
    await assess();
    azure.activityLog.push(taken(by));
    clock.at = after(20);
    const before = journal.length;
    return { result: await assess(over, { incidentId: "i1", turn: 1 }), journal: journal.slice(before), lines };
  }

  test("is asked of the activity log once that is whole, and then it acts or asks by the answer", async () => {
    const { result, journal } = await secondLook({}, "ada");
    expect(journal).toContain(`log since ${after(-20)}`);
    expect(result).toMatchObject({ kind: "step", step: { name: "RestoreRoleAssignment" } });
    expect((await secondLook({}, "boss")).result).toMatchObject({ kind: "wait" });
    expect((await secondLook({}, "me")).result).toMatchObject({ kind: "wait" });
  });

  test.each<[string, AssessDeps["readActivityLog"]]>([
    ["refused", async () => ({ state: "unreadable", why: "denied", detail: "403" })],
    ["busy", throwing(transient())],
  ])("stays unknown where the log is %s, with a word, and holds nothing up", async (_, readActivityLog) => {
    const { result, lines } = await secondLook({ readActivityLog }, "ada");
    expect(result).toMatchObject({ kind: "wait" });
    expect(lines.filter(({ event }) => event === "logUnread")).toMatchObject([{ level: "warn" }]);
  });

  test("is known before the one decision of a look", async () => {
    const order: string[] = [];
    const { deps } = fakeEdges(facts);
    const digest: AssessDeps["digest"] = (value) => {
      order.push("digest");
      return deps.digest(value);
    };
    const digestsOf = async (over: Partial<AssessDeps>) => {
      order.length = 0;
      await secondLook({ digest, ...over }, "ada");
      return order.filter((what) => what === "digest").length;
    };
    const unasked = await digestsOf({ settings: { ...settings, privilegedCallers: [] } });
    const readActivityLog: AssessDeps["readActivityLog"] = async () => {
      order.push("log");
      return [taken("ada")];
    };
    expect(await digestsOf({ readActivityLog })).toBe(unasked);
    // The facts' own digest alone comes before the answer.
    expect(order.indexOf("log")).toBe(1);
  });

  test("is no answer where the program is wrong", async () => {
    await expect(secondLook({ readActivityLog: throwing(new Died("no")) }, "ada")).rejects.toThrow(Died);
  });
});

describe("who changed a key", () => {
  const settings = someSettings({ privilegedCallers: ["boss"], logWorkspace: "w1", causes: { KeyDisabled: "auto" } });
  const facts = { ...disabled, baseline: aBaseline({ at: after(-15) }) };
  const key = "https://kv-orders.vault.azure.net/keys/cmk";

  async function secondLook(over: Partial<AssessDeps>, by: string) {
    const { assess, audit, azure, clock, journal, lines } = setUp(facts, settings);
    await assess();
    azure.keyLog.push({ operation: "KeyUpdate", uris: [key], at: after(-1), objectId: by });
    clock.at = after(20);
    const before = journal.length;
    const result = await assess(over, { incidentId: "i1", turn: 1 });
    return { result, journal: journal.slice(before), lines, said: audit.rows.map(({ what }) => what) };
  }

  test("is asked of the vault's own log once that is whole, and then it acts or asks by the answer", async () => {
    const { result, journal } = await secondLook({}, "ada");
    expect(journal).toContain(`key log of ${VAULT_ID} since ${after(-20)}`);
    expect(result).toMatchObject({ kind: "step", step: { name: "EnableKeyVersion" } });
    expect((await secondLook({}, "boss")).result).toMatchObject({ kind: "wait" });
  });

  test.each<[string, AssessDeps["readKeyLog"]]>([
    ["refused", async () => ({ state: "unreadable", why: "denied", detail: "403" })],
    ["busy", throwing(transient())],
  ])("stays unknown where that is %s, with a word in the log and on the incident", async (_, readKeyLog) => {
    const { result, said, lines } = await secondLook({ readKeyLog }, "ada");
    expect(result).toMatchObject({ kind: "wait" });
    expect(lines.filter(({ event }) => event === "logUnread")).toMatchObject([{ level: "warn" }]);
    expect(said.join()).toContain("the vault's audit log can't be read");
  });
});

describe("the baseline", () => {
  test("is kept while everything is healthy, with all that a repair would put back", async () => {
    const targets: TargetFacts[] = [
      anAccount(),
      aCluster(),
      anAccount({ id: `${ACCOUNT_ID}-sys`, defaultIdentity: { form: "system" }, systemPrincipalId: PRINCIPAL }),
      anAccount({ id: `${ACCOUNT_ID}-first`, defaultIdentity: { form: "firstParty" } }),
    ];
    const subscription = aSubscription();
    const unreadable = { state: "unreadable" as const, why: "denied" as const, detail: "" };
    const access = [
      anAccess(),
      anAccess({ principalId: "f1" }),
      { ...unreadable, principalId: "of nobody here", keyName: "cmk", keyScope: KEY_SCOPE },
    ];
    const identities = [anIdentity(), { state: "gone" as const, id: identityIdOf("old") }];
    const { assess, baselines } = setUp(
      someFacts({ targets, access, identities, eventSubscriptions: [subscription], firstPartyPrincipalId: "f1" }),
    );
    await assess();
    expect(baselines).toEqual([
      {
        patient: PATIENT,
        baseline: {
          at: NOW,
          vaultId: VAULT_ID,
          assignments: anAccess().assignments,
          policies: [],
          permissionModel: "rbac",
          network: expect.objectContaining({ bypass: "AzureServices" }),
          sku: "premium",
          eventSubscriptions: [subscription],
          defaultIdentities: {
            [ACCOUNT_ID.toLowerCase()]: `UserAssignedIdentity=${IDENTITY_ID}`,
            [CLUSTER_ID.toLowerCase()]: IDENTITY_ID,
            [`${ACCOUNT_ID}-sys`.toLowerCase()]: "SystemAssignedIdentity",
            [`${ACCOUNT_ID}-first`.toLowerCase()]: "FirstPartyIdentity",
          },
          principals: { [IDENTITY_ID.toLowerCase()]: PRINCIPAL },
          holders: expect.objectContaining({
            [ACCOUNT_ID.toLowerCase()]: expect.objectContaining({ principalId: PRINCIPAL, key: "cmk" }),
            [`${ACCOUNT_ID}-first`.toLowerCase()]: expect.objectContaining({ principalId: "f1" }),
          }),
        },
      },
    ]);
  });

  test("is refreshed while the path works and will break at a known time", async () => {
    const { assess, baselines } = setUp(someFacts({ keys: [aKey([aVersion(V1, { expiresOn: toIso(toMs(NOW) + DAY) })])] }));
    expect(await assess()).toMatchObject({ kind: "step", step: { name: "ExtendKeyExpiry" } });
    expect(baselines).toHaveLength(1);
  });

  test.each([
    ["the path is broken", expired],
    ["a database can't be read", someFacts({ missing: [{ kind: "account", id: "/x", state: "unreadable", why: "denied", detail: "" }] })],
    ["no database is left", someFacts({ targets: [] })],
  ])("is left as it was while %s", async (_, facts) => {
    const { assess, baselines } = setUp(facts);
    await assess();
    expect(baselines).toEqual([]);
  });
});

describe("what was known before", () => {
  test("an open incident is carried on, by its id or as the newest of its vault", async () => {
    const { assess, incidents } = setUp(disabled);
    await assess();
    await assess({}, { incidentId: "i1", newId: "i2", turn: 1 });
    await assess({}, { incidentId: null, newId: "i3", turn: 2 });
    expect(incidents.all.map(({ id }) => id)).toEqual(["i1"]);
  });

  test("decisions count for their own incident", async () => {
    const { assess, incidents, mailbox, deps } = setUp(disabled);
    await assess();
    const { plan: planned, progress } = incidents.all[0]!;
    const steps = planned!.steps.map(({ id }) => id);
    const questions = Object.fromEntries(planned!.steps.map((step) => [step.id, questionId(step, progress.asked![step.id]!, deps.digest)]));
    mailbox.decisions.push(aDecision({ id: "d0", incidentId: "other", steps, questions }));
    expect(await assess({}, { incidentId: "i1", turn: 1 })).toMatchObject({ kind: "wait" });
    mailbox.decisions.push(aDecision({ steps, questions }));
    expect(await assess({}, { incidentId: "i1", turn: 2 })).toMatchObject({ kind: "step", step: { name: "EnableKeyVersion" } });
  });

  test("the same trouble is not told twice before its next look is due", async () => {
    const { assess, incidents, told, lines } = setUp(expired, someSettings({ mode: "observe" }));
    await assess();
    expect(await assess({}, { newId: "i2" })).toEqual({
      kind: "end",
      incidentId: null,
      outcome: { code: "Observed", reason: null, detail: "as before" },
    });
    expect([incidents.all.length, told.length]).toEqual([1, 1]);
    expect(lines.at(-1)).toMatchObject({ event: "looked" });
  });

  test("an id that is not there opens a new incident", async () => {
    const { assess, incidents } = setUp();
    await assess({}, { incidentId: "lost", newId: "i2" });
    expect(incidents.all.map(({ id }) => id)).toEqual(["i2"]);
  });

  test("a signal that comes while facts are being read stays for the next look", async () => {
    const { assess, mailbox, deps } = setUp();
    const gatherFacts = async () => {
      mailbox.signals.push(aSignal({ id: "late" }));
      return deps.gatherFacts();
    };
    await assess({ gatherFacts });
    expect(mailbox.signals.map(({ id }) => id)).toEqual(["late"]);
  });
});

describe("what does not work at once", () => {
  const busy = transient(4000);

  test.each<[string, (edges: ReturnType<typeof setUp>) => Partial<AssessDeps>]>([
    ["reading facts", () => ({ gatherFacts: throwing(busy) })],
    ["reading signals", ({ mailbox }) => ({ mailbox: { ...mailbox, listSignals: throwing(busy) } })],
    ["writing the audit", () => ({ audit: { append: throwing(busy) } })],
    ["saving the incident", ({ incidents }) => ({ incidents: { ...incidents, save: throwing(busy) } })],
    ["dropping signals", ({ mailbox }) => ({ mailbox: { ...mailbox, dropSignals: throwing(busy) } })],
  ])("%s comes back as `again`", async (_, failing) => {
    const edges = setUp();
    expect(await edges.assess(failing(edges))).toEqual({ kind: "again", afterMs: 4000, why: busy.message });
    expect(edges.lines).toContainEqual(
      expect.objectContaining({ level: "warn", event: "again", fields: { vaultId: PATIENT.id, afterMs: 4000, text: busy.message } }),
    );
  });

  test("a failed audit write keeps the incident from being saved and the signals from being dropped", async () => {
    const { assess, incidents, mailbox } = setUp();
    await assess({ audit: { append: throwing(busy) } });
    expect([incidents.all, mailbox.signals.length]).toEqual([[], 1]);
  });

  test("a baseline that can't be kept comes back as `again` before anything is said to be healthy", async () => {
    const { assess, incidents } = setUp(someFacts());
    const { baselines } = setUp().deps;
    expect(await assess({ baselines: { ...baselines, save: throwing(busy), endLifts: throwing(busy) } })).toMatchObject({ kind: "again" });
    expect(incidents.all).toEqual([]);
  });

  test("an unknown error is thrown on", async () => {
    await expect(setUp().assess({ gatherFacts: throwing(new TypeError("a mistake")) })).rejects.toThrow("a mistake");
  });
});

describe("a look that runs again in the same turn", () => {
  const observe = someSettings({ mode: "observe" });
  const dying: [string, (edges: ReturnType<typeof setUp>) => Partial<AssessDeps>][] = [
    ["writing the audit", ({ audit }) => ({ audit: { append: diesAfter(audit.append) } })],
    ["saving the incident", ({ incidents }) => ({ incidents: { ...incidents, save: diesAfter(incidents.save) } })],
    ["dropping the signals", ({ mailbox }) => ({ mailbox: { ...mailbox, dropSignals: diesAfter(mailbox.dropSignals) } })],
  ];

  test.each(dying)("after dying behind %s adds nothing twice", async (_, die) => {
    const whole = setUp();
    const expected = await whole.assess();
    const edges = setUp();
    await expect(edges.assess(die(edges))).rejects.toThrow(Died);
    expect(await edges.assess()).toEqual(expected);
    expect(edges.audit.rows).toEqual(whole.audit.rows);
    expect(edges.incidents.all).toEqual(whole.incidents.all);
    expect(edges.mailbox.signals).toEqual([]);
  });

  test.each([
    ...dying,
    [
      "telling the outcome",
      ({ deps }: ReturnType<typeof setUp>): Partial<AssessDeps> => ({ teller: { ...deps.teller, put: diesAfter(deps.teller.put) } }),
    ] as const,
  ])("and had closed the incident, dying behind %s, tells its end and leaves no signal to open another", async (_, die) => {
    const edges = setUp(expired, observe);
    await expect(edges.assess(die(edges))).rejects.toThrow(Died);
    expect(await edges.assess()).toMatchObject({ kind: "end", incidentId: "i1", outcome: { code: "Observed" } });
    expect(edges.incidents.all).toHaveLength(1);
    expect(edges.told.at(-1)).toMatchObject({ id: "i1-Observed" });
    expect(edges.lines.at(-1)).toMatchObject({ event: "closed" });
    expect(edges.mailbox.signals).toEqual([]);
  });
});

describe("an outcome that can't be told", () => {
  const observe = someSettings({ mode: "observe" });

  test("is in the log all the same, and told again a minute later", async () => {
    const { assess, told, lines, clock, deps } = setUp(expired, observe);
    const teller = { ...deps.teller, put: failsOnce(deps.teller.put, transient()) };
    expect(await assess({ teller })).toEqual({
      kind: "wait",
      incidentId: "i1",
      until: after(1),
      afterMs: MINUTE,
      why: expect.stringContaining("still to be told"),
    });
    expect(lines.at(-1)).toMatchObject({ event: "closed" });
    clock.at = after(1);
    expect(await assess({ teller }, { incidentId: "i1", newId: "i2", turn: 1 })).toMatchObject({ kind: "end", incidentId: "i1" });
    expect(told).toMatchObject([{ id: "i1-Observed" }]);
  });

  test("does not keep the vault from being looked after for more than five minutes", async () => {
    const { assess, lines, clock, deps } = setUp(expired, observe);
    const teller = { ...deps.teller, deliver: throwing(transient()) };
    await assess({ teller });
    clock.at = after(5);
    expect(await assess({ teller }, { incidentId: "i1", newId: "i2", turn: 5 })).toMatchObject({ kind: "end", incidentId: "i1" });
    expect(lines.at(-1)).toMatchObject({ level: "error", event: "outcomeNotTold", fields: { incidentId: "i1", vaultId: VAULT_ID } });
  });

  test("for no known reason is a mistake and thrown on", async () => {
    const { assess, deps } = setUp(expired, observe);
    await expect(assess({ teller: { ...deps.teller, put: throwing(new TypeError("a mistake")) } })).rejects.toThrow("a mistake");
  });
});

describe("a write that Azure works on for long", () => {
  const following = { step: { ...aStep(), wish: "w1" }, poller: "https://op", since: NOW };
  const open = (): Incident => ({
    ...openIncident("i1", PATIENT, NOW, 0),
    progress: { looks: 1, verdictSince: {}, saidSlow: false, following },
  });

  test("is asked after at each look, which goes on meanwhile", async () => {
    const { assess, incidents } = setUp(someFacts());
    incidents.put(open());
    const asked: unknown[] = [];
    await assess({ pollStep: async (input) => (asked.push(input), { kind: "running" }) }, { incidentId: "i1", turn: 5 });
    expect(asked).toEqual([
      { patient: PATIENT, incidentId: "i1", step: following.step, turn: 5, poller: "https://op", since: following.since, follows: true },
    ]);
    expect(incidents.all[0]?.progress.following).toEqual(following);
  });

  test("is no more once it has ended, by a row of its own in the audit", async () => {
    const { assess, incidents, audit, deps } = setUp(someFacts());
    incidents.put(open());
    const polling = { ...deps, settings: someSettings(), poll: async () => ({ kind: "succeeded" as const }) };
    await assess({ pollStep: (input) => pollStep(polling, input) }, { incidentId: "i1", turn: 5 });
    expect(audit.rows.map(({ entryId }) => entryId)).toContain("5-followed-ending");
    expect(incidents.all[0]).toMatchObject({ applied: [{ result: "done", wish: "w1" }] });
    expect(incidents.all[0]?.progress).not.toHaveProperty("following");
  });

  test.each([
    ["succeeds", { kind: "succeeded" as const }, ["done"]],
    // What it did all the same is seen by the very look.
    ["fails again", { kind: "failed" as const, code: "InternalServerError", detail: "no" }, ["failed", "done"]],
  ])("that was tried before in vain and now %s is no more either", async (_, state, results) => {
    const { assess, incidents, deps } = setUp(someFacts());
    const { id, name, on, about, targetIds, causes } = aStep();
    const before = { id, name, on, about, targetIds, causes, at: after(-15), result: "failed" as const, detail: "no" };
    const plan = { hash: "h", steps: [showStep({ step: aStep(), state: { kind: "settling" } })] };
    incidents.put({ ...open(), applied: [before], plan });
    const polling = { ...deps, settings: someSettings(), poll: async () => state };
    await assess({ pollStep: (input) => pollStep(polling, input) }, { incidentId: "i1", turn: 5 });
    expect(incidents.all[0]?.applied.map((entry) => entry.result)).toEqual(["failed", ...results]);
    expect(incidents.all[0]?.progress).not.toHaveProperty("following");
  });

  test("that gets no answer holds up no look", async () => {
    const { assess, incidents } = setUp(expired);
    incidents.put(open());
    expect(await assess({ pollStep: throwing(transient(3000)) }, { incidentId: "i1", turn: 5 })).toMatchObject({ kind: "step" });
  });
});

test("a scan that is due is handed on", async () => {
  const account = anAccount({ keyUri: null, features: someFeatures(), service: aStatus({ healthy: null, text: null }) });
  const wish = aWish(ENABLE);
  const { assess } = setUp(someFacts({ targets: [account], wishes: [wish], scans: [{ wishId: "w1", principalId: null, state: null }] }));
  expect(await assess()).toMatchObject({ kind: "scan", incidentId: "i1", scan: { wishId: "w1", dueAt: NOW } });
});
