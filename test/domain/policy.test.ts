import { describe, expect, test } from "vitest";
import { judgeStep, modeOf, revokedOnPurpose } from "../../src/domain/policy.ts";
import { ACCOUNT_ID, aKey, anAccount, aVault, CLUSTER_ID, someFacts, someSettings, VAULT_ID } from "../support/builders.ts";
import { aStep } from "../support/turns.ts";

const heal = someSettings();

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
    expect(revokedOnPurpose(facts, facts.targets[0]!)).toBe(what);
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
    expect(judgeStep(aStep({ targetIds: [ACCOUNT_ID] }), facts, heal, [])).toEqual({ kind: "allow" });
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

  test("that is shared is justified by any database it serves; one on a database follows that database", () => {
    const two = someFacts({ targets: [anAccount({ tags: { "keymend:mode": "observe" } }), anAccount({ id: CLUSTER_ID })] });
    const both = [ACCOUNT_ID, CLUSTER_ID];
    expect(judgeStep(aStep({ targetIds: both }), two, heal, [])).toEqual({ kind: "allow" });
    expect(judgeStep(aStep({ targetIds: both, on: ACCOUNT_ID }), two, heal, [])).toEqual({ kind: "observe" });
    expect(judgeStep(aStep({ targetIds: both }), { ...two, targets: two.targets.toReversed() }, heal, [])).toEqual({ kind: "allow" });
  });

  test("that serves nobody known is not written", () => {
    expect(judgeStep(aStep({ targetIds: ["/gone"] }), facts, heal, [])).toEqual({ kind: "observe" });
  });
});
