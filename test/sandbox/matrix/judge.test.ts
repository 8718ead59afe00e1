import { describe, expect, test } from "vitest";
import type { RecordedWrite } from "../../../sandbox/azure/world.ts";
import { type Evidence, problemsOf, usualOf } from "../../../sandbox/matrix/judge.ts";
import type { Told } from "../../../sandbox/play/result.ts";
import { opRevoke } from "../../../sandbox/stories/op-revoke.ts";
import { opRotateKey } from "../../../sandbox/stories/op-rotate-key.ts";
import type { Story } from "../../../sandbox/stories/story.ts";
import { closed, evidence, grant } from "./evidence.ts";

const told: Told = { incident: closed, auditRows: 3, chain: "verified", asked: false };

test("what closes about databases that are not the story's may do so while those are not well", () => {
  const about = (id: string): Partial<Evidence> => ({
    wellAt: () => false,
    told: [{ ...told, incident: { ...told.incident!, targets: [{ id, kind: "account", phase: "healthy", phaseBefore: "healthy" }] } }],
  });
  expect(problemsOf(evidence(about("/other")))).toEqual([]);
  expect(problemsOf(evidence(about("/A")))).toEqual(["i1 closed as OutageAvoided while a database was not well"]);
});

test("a story that went as it must has no problem", () => {
  expect(problemsOf(evidence())).toEqual([]);
});

test("an escalation with a reason is no problem, whatever state it leaves", () => {
  expect(problemsOf(evidence({ wellAtLast: false }, { outcome: "Escalated", reason: "NotPermitted", steps: [] }))).toEqual([]);
});

test("an outage that a held-up repair ended may be Healed instead of avoided, and only with an outage", () => {
  expect(problemsOf(evidence({}, { outcome: "Healed", outage: true }))).toEqual([]);
  expect(problemsOf(evidence({}, { outcome: "Healed", outage: false }))).toEqual(["Healed, and the outage is false"]);
});

test.each<[string, Partial<Evidence>, Partial<Evidence["result"]>, string]>([
  ["no end", {}, { outcome: null }, "the app came to no end"],
  ["an escalation without a reason", {}, { outcome: "Escalated" }, "escalated without a reason"],
  ["an escalation as a mistake of its own", {}, { outcome: "Escalated", reason: "InternalError" }, "escalated as a mistake of its own"],
  ["another outcome", {}, { outcome: "Superseded" }, "the outcome is Superseded, not OutageAvoided"],
  ["a success while a database is not well", { wellAtLast: false }, {}, "OutageAvoided, but not every database is well"],
  ["a success told before it was one", { wellAt: () => false }, {}, "i1 closed as OutageAvoided while a database was not well"],
  ["a success in an outage", {}, { outage: true }, "OutageAvoided, and the outage is true"],
  ["a success that nothing was done for", {}, { steps: [] }, "OutageAvoided without any of RestoreRoleAssignment, GrantKeyRole"],
  ["the same write twice", { writes: [grant, grant] }, {}, "carried out 2 times"],
  ["a write sooner than asked", { tooSoonBy: 900 }, {}, "wrote again 900 ms sooner than Azure asked"],
  ["an orchestration that runs on", { unended: ["orchestration heal-1 is Running"] }, {}, "orchestration heal-1 is Running"],
  ["a broken chain", { told: [{ ...told, chain: "broken" }] }, {}, "the audit of i1: chain broken"],
])("%s is a problem", (_what, over, resultOver, problem) => {
  expect(problemsOf(evidence(over, resultOver)).join("\n")).toContain(problem);
});

describe("what was wanted on purpose", () => {
  const ended = (story: Story, over: Partial<Evidence>, steps: string[]): string[] =>
    problemsOf(evidence({ story, ...over }, { outcome: "Completed", outage: true, steps }));

  test("is over where its steps are done and the databases are well, whether the service noticed anything or not", () => {
    expect(ended(opRotateKey, {}, [...opRotateKey.steps!])).toEqual([]);
    expect(ended(opRotateKey, { wellAtLast: false }, [...opRotateKey.steps!])).toEqual(["Completed, but not every database is well"]);
    expect(ended(opRotateKey, {}, [])).toEqual(opRotateKey.steps!.map((step) => `Completed without ${step}`));
  });

  test("may be refused for what could not be seen, before anything is written", () => {
    const refused = (over: Partial<Evidence>, reason: string): string[] =>
      problemsOf(evidence({ story: opRotateKey, ...over }, { outcome: "Refused", reason, steps: [] }));
    expect(refused({ writes: [] }, "RequirementsUnmet")).toEqual([]);
    expect(refused({}, "RequirementsUnmet")).toEqual(["the outcome is Refused, not Completed"]);
    expect(refused({ writes: [] }, "Rejected")).toEqual(["the outcome is Refused, not Completed"]);
  });

  test("may be that databases lose their key, though Azure refused the tag that says so", () => {
    expect(ended(opRevoke, { wellAtLast: false }, ["DisableKeyVersion"])).toEqual([]);
    expect(ended(opRevoke, { wellAtLast: false }, ["TagIntent"])).toEqual(["Completed without DisableKeyVersion"]);
    expect(ended(opRevoke, { wellAtLast: false }, [...opRevoke.steps!])).toEqual([]);
  });
});

test("a thing written more often than without the fault is a problem, though with other values", () => {
  const other = { ...grant, body: { properties: { more: true } } };
  const usual = usualOf([grant, grant]);
  expect(problemsOf(evidence({ writes: [grant, other], usual }))).toEqual([]);
  expect(problemsOf(evidence({ writes: [grant, other] })).join()).toContain("carried out 2 times");
});

test("a second thing of a kind under another name is a problem, where the story makes one", () => {
  const action = "Microsoft.ManagedIdentity/userAssignedIdentities/write";
  const make = (name: string): RecordedWrite => ({
    ...grant,
    action,
    url: `https://management.azure.com/x/userAssignedIdentities/${name}`,
  });
  const usual = usualOf([make("a")]);
  expect(problemsOf(evidence({ writes: [make("b")], usual }))).toEqual([]);
  expect(problemsOf(evidence({ writes: [make("a"), make("b")], usual }))).toEqual([`carried out 2 times: ${action}`]);
  expect(problemsOf(evidence({ writes: [make("a"), make("b")], usual: usualOf([make("c"), make("d")]) }))).toEqual([]);
});

test("a write that was refused may come again, and so may one whose operation Azure failed", () => {
  expect(problemsOf(evidence({ writes: [{ ...grant, status: 503 }, grant] }))).toEqual([]);
  expect(problemsOf(evidence({ writes: [grant, grant], failedOperations: 1 }))).toEqual([]);
});

test("a signature in the address makes no other write of it", () => {
  const again = { ...grant, url: `${grant.url}&t=1&s=2` };
  expect(problemsOf(evidence({ writes: [grant, again] })).join()).toContain("carried out 2 times");
});
