import { describe, expect, test } from "vitest";
import { judgeStep, modeOf, outlivedLifts, revokedOnPurpose } from "../../../src/domain/turn/policy.ts";
import type { Facts, LiftedTag, TargetFacts } from "../../../src/domain/facts.ts";
import { completeStep } from "../../../src/domain/steps/index.ts";
import type { Touch } from "../../../src/domain/steps/spec.ts";
import type { Step, StepDraft, StepName } from "../../../src/domain/steps/step.ts";
import {
  ACCOUNT_ID,
  APP_ID,
  CLUSTER_ID,
  IDENTITY_ID,
  KEY_SCOPE,
  PRINCIPAL,
  VAULT_ID,
  aBaseline,
  aKey,
  aVault,
  anAccount,
  anAssignment,
  someFacts,
  someSettings,
} from "../../support/builders.ts";
import { draft } from "../../support/steps.ts";
import { aStep } from "../../support/turns.ts";

const heal = someSettings();
const ownProperties = (appId: string) => ({ destination: { properties: { resourceId: `${appId}/functions/onKeyVaultEvent` } } });

describe("the mode of a database", () => {
  test.each([
    ["no tag", {}, "heal", "heal"],
    ["a narrower tag", { "keymend:mode": "approve" }, "heal", "approve"],
    ["a wider tag", { "keymend:mode": "heal" }, "observe", "observe"],
    ["another casing (tag names compare without case)", { "Keymend:Mode": " Observe " }, "heal", "observe"],
    ["a word that is no mode", { "keymend:mode": "on" }, "heal", "observe"],
  ] as const)("with %s", (_, tags, mode, expected) => {
    expect(modeOf(anAccount({ tags }), someSettings({ mode }))).toBe(expected);
  });
});

describe("a tag that was lifted", () => {
  const lift = (over: Partial<LiftedTag> = {}): LiftedTag[] => [
    {
      targetId: ACCOUNT_ID.toUpperCase(),
      tag: "keymend:revoked",
      value: "yes",
      reason: "r",
      by: "ada",
      at: "2026-11-01T00:00:00Z",
      ...over,
    },
  ];
  const target = anAccount({ tags: { "Keymend:Revoked": "yes", "keymend:mode": "observe" } });
  const mode = (lifted: LiftedTag[]) => modeOf(target, heal, lifted);

  test("does not count while it has the value that was lifted", () => {
    const facts = (lifted: LiftedTag[]) => someFacts({ targets: [target], lifted });
    expect(revokedOnPurpose(facts(lift()), target)).toBeUndefined();
    expect(revokedOnPurpose(facts(lift({ value: "no" })), target)).toBe("database orders is tagged keymend:revoked");
    expect(revokedOnPurpose(facts(lift({ targetId: VAULT_ID })), target)).toBe("database orders is tagged keymend:revoked");
    expect(revokedOnPurpose(facts(lift({ tag: "keymend:mode", value: "observe" })), target)).toBe(
      "database orders is tagged keymend:revoked",
    );
    expect(mode(lift())).toBe("observe");
    expect(mode(lift({ tag: "keymend:mode", value: "observe" }))).toBe("heal");
    const step = aStep({ causes: ["KeyDisabled"] });
    const both = [...lift(), ...lift({ tag: "keymend:mode", value: "observe" })];
    expect(judgeStep(step, facts(lift()), heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(step, facts(both), heal, [])).toEqual({ kind: "allow" });
  });

  test.each([
    ["its database bears that value", [target], 0],
    ["its database can't be seen", [], 0],
    ["it is off", [anAccount()], 1],
    ["it has another value", [anAccount({ tags: { "keymend:revoked": "still" } })], 1],
  ])("is over or not: %s", (_, targets, over) => {
    expect(outlivedLifts(someFacts({ targets, lifted: lift() }))).toHaveLength(over);
  });

  test("lifts no tag of the vault, and none was lifted in what earlier versions kept", () => {
    const facts = someFacts({ vault: aVault({ tags: { "keymend:revoked": "yes" } }), targets: [target], lifted: lift() });
    expect(revokedOnPurpose(facts, target)).toBe("vault kv-orders is tagged keymend:revoked");
    expect(outlivedLifts(someFacts())).toEqual([]);
  });
});

describe("a deliberate revocation", () => {
  const tags = { "keymend:revoked": "" };
  const key = aKey();

  test.each([
    ["the database", someFacts({ targets: [anAccount({ tags })] }), "database orders"],
    ["the vault", someFacts({ vault: aVault({ tags }) }), "vault kv-orders"],
    [
      "the deleted vault",
      someFacts({
        vault: {
          state: "deleted",
          id: VAULT_ID,
          name: "kv-orders",
          resourceGroup: "rg",
          location: "x",
          tags,
          deletedOn: null,
          scheduledPurgeOn: null,
        },
      }),
      "vault kv-orders",
    ],
    ["the key", someFacts({ keys: [{ ...key, tags } as never] }), "key cmk"],
  ])("is told by a tag on %s", (_, facts, what) => {
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBe(`${what} is tagged keymend:revoked`);
  });

  test.each([
    ["nothing is tagged", someFacts()],
    ["there is no vault", someFacts({ vault: null, keys: [] })],
    ["the vault is gone", someFacts({ vault: { state: "gone", id: null, name: "kv" }, keys: [{ state: "gone", name: "cmk" }] })],
    ["the database has no key", someFacts({ targets: [anAccount({ keyUri: null })] })],
  ])("is not told when %s", (_, facts) => {
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBeUndefined();
  });

  test("of one database refuses the step that would bring it back with the others", () => {
    const facts = someFacts({ targets: [anAccount(), anAccount({ id: CLUSTER_ID, tags })] });
    expect(judgeStep(aStep({ targetIds: [ACCOUNT_ID, CLUSTER_ID] }), facts, heal, [])).toMatchObject({
      kind: "refuse",
      reason: "RevokedOnPurpose",
    });
  });

  /** Beside the database that is served: one on a key and an identity of its own, but for what is shared. */
  const alone: Partial<TargetFacts> = {
    id: CLUSTER_ID,
    tags,
    keyUri: "https://kv-orders.vault.azure.net/keys/other",
    defaultIdentity: { form: "undefined" },
  };
  const { keyUri, defaultIdentity } = anAccount();
  const shared: Record<Touch["what"], Partial<TargetFacts> | null> = {
    vault: alone,
    key: { ...alone, keyUri: keyUri!.replace("cmk", "CMK") },
    principal: { ...alone, defaultIdentity },
    database: { ...alone, id: ACCOUNT_ID.toUpperCase() },
    nothing: null,
    intent: null,
  };
  const kinds: { readonly [N in StepName]: Touch["what"] } = {
    RecoverVault: "vault",
    RecoverKey: "key",
    PutBackKeyVersion: "key",
    EnableKeyVersion: "key",
    TagIntent: "intent",
    DisableKeyVersion: "intent",
    RemoveGrant: "intent",
    RemoveAccessPolicyPermissions: "intent",
    UntagIntent: "intent",
    CreateKeyVersion: "key",
    CreateKey: "key",
    SetKeyNotBefore: "key",
    ExtendKeyExpiry: "key",
    RestoreKeyOperations: "key",
    CreateIdentity: "nothing",
    RestoreRoleAssignment: "principal",
    GrantKeyRole: "principal",
    AddAccessPolicyPermissions: "principal",
    AllowTrustedServices: "vault",
    EnablePurgeProtection: "vault",
    SetKeyUri: "database",
    AttachIdentity: "database",
    SetDefaultIdentity: "database",
    SetClusterEncryption: "database",
    DetachIdentity: "database",
    RestoreEventSubscription: "nothing",
  };
  const served = `${ACCOUNT_ID}-served`;
  const stepOf = (name: StepName, over: Partial<Step["params"]> = {}): Step => {
    const { params } = draft(name);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name and the sample made for it
    const made = { name, params: { ...params, ...("targetId" in params ? { targetId: ACCOUNT_ID } : {}), ...over } } as StepDraft;
    return completeStep(made, { causes: ["KeyDisabled"], targetIds: [served], needs: "nothing", ready: true });
  };
  const refuses = (step: Step, over: Partial<TargetFacts>): boolean => {
    const facts = someFacts({ targets: [anAccount({ id: served }), anAccount(over)], baseline: aBaseline() });
    return judgeStep(step, facts, heal, []).kind === "refuse";
  };

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.entries forgets the names
  test.each(Object.entries(kinds) as [StepName, Touch["what"]][])("stops %s where it shares what that is made at: the %s", (name, kind) => {
    const sharing = Object.entries(shared).filter(([, over]) => over !== null && refuses(stepOf(name), over));
    // The vault is shared by all of them.
    expect(sharing.map(([what]) => what)).toEqual(
      kind === "vault" ? ["vault", "key", "principal", "database"] : kind === "nothing" || kind === "intent" ? [] : [kind],
    );
  });

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Object.entries forgets the names
  test.each(Object.entries(kinds) as [StepName, Touch["what"]][])(
    "of the database itself stops %s, unless it tells just that",
    (name, kind) => {
      const facts = someFacts({ targets: [anAccount({ id: served, tags })], baseline: aBaseline() });
      expect(judgeStep(stepOf(name), facts, heal, []).kind === "refuse").toBe(kind !== "intent");
    },
  );

  test.each<[string, Step, Partial<TargetFacts>]>([
    ["a step on a key, where it has none", stepOf("EnableKeyVersion"), { ...alone, keyUri: null }],
    ["a grant to one that is still to be made", stepOf("GrantKeyRole", { principalId: null }), { ...alone, defaultIdentity }],
  ])("does not stop %s", (_, step, over) => {
    expect(refuses(step, over)).toBe(false);
  });

  test("stops a grant to its principal, however that is written", () => {
    expect(refuses(stepOf("GrantKeyRole", { principalId: PRINCIPAL.toUpperCase() }), shared.principal!)).toBe(true);
  });
});

describe("a step", () => {
  const facts = someFacts();

  test("that needs nothing is allowed in heal, asked for in approve, written down in observe", () => {
    expect(judgeStep(aStep(), facts, heal, [])).toEqual({ kind: "allow" });
    expect(judgeStep(aStep(), facts, someSettings({ mode: "approve" }), [])).toMatchObject({ kind: "ask" });
    expect(judgeStep(aStep(), facts, someSettings({ mode: "observe" }), [])).toEqual({ kind: "observe" });
  });

  test("that needs an approval asks for it", () => {
    expect(judgeStep(aStep({ needs: "approval" }), facts, heal, [])).toMatchObject({
      kind: "ask",
      why: expect.stringContaining("AccessMissing") as string,
    });
  });

  test("after a change by a privileged caller asks, in any casing of the id", () => {
    const settings = someSettings({ privilegedCallers: ["AAAA"] });
    expect(judgeStep(aStep(), facts, settings, ["aaaa"])).toMatchObject({ kind: "ask" });
    expect(judgeStep(aStep(), facts, settings, ["bbbb"])).toEqual({ kind: "allow" });
  });

  test("follows the narrowest mode of the databases it serves", () => {
    const observed = { "keymend:mode": "observe" };
    const two = someFacts({ targets: [anAccount({ tags: observed }), anAccount({ id: CLUSTER_ID })] });
    const both = [ACCOUNT_ID, CLUSTER_ID];
    expect(judgeStep(aStep({ targetIds: both }), two, heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(aStep({ targetIds: both }), { ...two, targets: two.targets.toReversed() }, heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(aStep({ targetIds: [CLUSTER_ID] }), two, heal, [])).toEqual({ kind: "allow" });
  });

  test.each([
    ["a database", someFacts({ missing: [{ kind: "account", id: "/x", state: "unreadable", why: "denied", detail: "" }] })],
    ["a key", someFacts({ keys: [{ state: "unreadable", name: "cmk", why: "denied", detail: "" }] })],
  ])("asks where %s could not be read: a tag that forbids it may be hidden", (_, unread) => {
    expect(judgeStep(aStep(), unread, heal, [])).toMatchObject({ kind: "ask" });
  });

  test("does not ask for a database that is gone and still listed", () => {
    expect(judgeStep(aStep(), someFacts({ missing: [{ kind: "account", id: "/x", state: "gone" }] }), heal, [])).toEqual({ kind: "allow" });
  });

  test("asks where privileged callers are named and nobody says who made the change", () => {
    const settings = someSettings({ privilegedCallers: ["aaaa"] });
    expect(judgeStep(aStep(), facts, settings, [])).toMatchObject({ kind: "ask" });
  });

  const grant: Step = {
    ...aStep(),
    name: "GrantKeyRole",
    params: { identityId: IDENTITY_ID, principalId: PRINCIPAL, scope: "/s", roleDefinitionId: "r" },
  };
  test.each<[string, Partial<Facts>, string | undefined]>([
    ["to who had access for months, for this database", { baseline: aBaseline() }, undefined],
    ["to a stranger", {}, "never came up"],
    ["to an identity made anew", { baseline: aBaseline({ principals: { [IDENTITY_ID]: "another" } }) }, "was made anew"],
  ])("that grants, %s", (_, over, why) => {
    const verdict = judgeStep(grant, someFacts(over), heal, []);
    expect(verdict).toMatchObject(why === undefined ? { kind: "allow" } : { kind: "ask", why: expect.stringContaining(why) });
    expect(judgeStep(aStep(), someFacts(over), heal, [])).toEqual({ kind: "allow" });
  });

  test("that grants a stranger says so in approve mode too", () => {
    const verdict = judgeStep(grant, someFacts(), someSettings({ mode: "approve" }), []);
    expect(verdict).toMatchObject({ kind: "ask", why: expect.stringMatching(/mode approve.*never had access/) });
  });

  test("that gives one of its databases back what it had is not held up by another that never had any", () => {
    const targets = [anAccount(), anAccount({ id: `${ACCOUNT_ID}-stranger` })];
    const both = { ...grant, targetIds: targets.map(({ id }) => id) };
    expect(judgeStep(both, someFacts({ targets, baseline: aBaseline() }), heal, [])).toEqual({ kind: "allow" });
  });

  const restore = (scope: string): Step => ({
    ...aStep(),
    name: "RestoreRoleAssignment",
    params: { ...anAssignment({ scope }), identityId: IDENTITY_ID },
  });
  const withAssignment = (createdOn: string | null) => someFacts({ baseline: aBaseline({ assignments: [anAssignment({ createdOn })] }) });

  test.each<[string, string, Facts, string]>([
    ["at the vault that stood for months", VAULT_ID, withAssignment("2026-01-01T00:00:00.000Z"), "allow"],
    ["at the vault that had stood for an hour", VAULT_ID, withAssignment("2026-11-02T08:00:00.000Z"), "ask"],
    ["at the vault of which nobody knows since when", VAULT_ID, withAssignment(null), "ask"],
    ["at the vault that nobody remembers", VAULT_ID, someFacts({ baseline: aBaseline({ assignments: [] }) }), "ask"],
    ["at the key: it would be granted anyway", KEY_SCOPE, withAssignment("2026-11-02T08:00:00.000Z"), "allow"],
    ["while the vault is not known", VAULT_ID, { ...withAssignment(null), vault: null }, "allow"],
  ])("that restores a role assignment %s", (_, scope, seen, kind) => {
    expect(judgeStep(restore(scope), seen, heal, []).kind).toBe(kind);
  });

  test("that serves nobody known is not written", () => {
    expect(judgeStep(aStep({ targetIds: ["/gone"] }), facts, heal, [])).toEqual({ kind: "observe" });
  });
});

describe("Keymend's own event subscription on a vault", () => {
  const params = { ...draft("RestoreEventSubscription").params, properties: ownProperties(APP_ID) };
  const step = (properties = params.properties): Step =>
    completeStep(
      { name: "RestoreEventSubscription", params: { ...params, properties } },
      { causes: [], targetIds: [ACCOUNT_ID], needs: "nothing", ready: true },
    );
  const known = { functionAppId: APP_ID };

  test.each([
    ["observe", "heal", "observe"],
    ["approve", "heal", "ask"],
    ["approve", "approve", "allow"],
    ["observe", "approve", "observe"],
    ["heal", "heal", "allow"],
    ["heal", "approve", "allow"],
  ] as const)("is made in mode %s, from %s on: %s", (mode, armFrom, kind) => {
    expect(judgeStep(step(), someFacts(), someSettings({ ...known, mode, armFrom }), [])).toMatchObject({ kind });
  });

  test("undoes nobody's change, so nobody's word is waited for; another's does", () => {
    const settings = someSettings({ ...known, privilegedCallers: ["ada"] });
    expect(judgeStep(step(), someFacts(), settings, [])).toEqual({ kind: "allow" });
    expect(judgeStep(step(ownProperties("/other")), someFacts(), settings, [])).toMatchObject({ kind: "ask" });
  });

  test("is not made around what was revoked on purpose", () => {
    const targets = [anAccount({ tags: { "keymend:revoked": "yes" } })];
    expect(judgeStep(step(), someFacts({ targets }), someSettings(known), [])).toMatchObject({
      kind: "refuse",
      reason: "RevokedOnPurpose",
    });
  });
});
