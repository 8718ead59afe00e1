import { describe, expect, test } from "vitest";
import { type Evidence, usualOf } from "../../../sandbox/matrix/judge.ts";
import type { Told } from "../../../sandbox/play/result.ts";
import { cameTo, type Documented, problemsUnder } from "../../../sandbox/unknowns/judge.ts";
import { closed, evidence, grant } from "../matrix/evidence.ts";

const asking: NonNullable<Told["incident"]> = {
  ...closed,
  state: "waiting",
  closedAt: null,
  outcome: null,
  plan: { hash: "h", steps: [{ name: "GrantKeyRole", on: "/v", permission: "p", needs: "approval", state: "waitsForApproval" }] },
};

const enable = {
  ...grant,
  method: "PATCH",
  url: "https://kv.vault.azure.net/keys/cmk/1",
  action: "Microsoft.KeyVault/vaults/keys/update/action",
};

const documented: Documented = { outcome: "OutageAvoided", reason: null, written: usualOf([grant]), refused: new Set() };

const noWrite = { writes: [], wellAtLast: false } as const;
const question: Partial<Evidence> = {
  ...noWrite,
  told: [{ incident: asking, auditRows: 3, chain: "verified", asked: false }],
  unended: ["heal-1 is Running"],
};

const called: Told = {
  incident: { ...closed, outcome: "Escalated", reason: "AccessMissing" },
  auditRows: 3,
  chain: "verified",
  asked: false,
};

describe("another reading holds", () => {
  test.each<[string, Evidence]>([
    ["where it ends as documented", evidence()],
    ["where the repair came too late, with an outage that is told", evidence({}, { outcome: "Healed", outage: true })],
    ["where a person is asked and nobody answers", evidence(noWrite, { outcome: "Refused", reason: "ApprovalExpired", steps: [] })],
    ["while a question stands", evidence(question, { outcome: null, steps: [] })],
    ["where a person is called for the story's own cause", evidence(noWrite, { outcome: "Escalated", reason: "AccessMissing", steps: [] })],
    [
      "where a person is called for what the reading brings",
      evidence(noWrite, { outcome: "Escalated", reason: "NotPermitted", steps: [] }),
    ],
    [
      "while a question stands after a person was called for the story's own cause",
      evidence({ ...question, told: [called, ...question.told!] }, { outcome: "Escalated", reason: "AccessMissing", steps: [] }),
    ],
    ["where a write was refused and made once", evidence({ writes: [{ ...grant, status: 409 }, grant] })],
  ])("%s", (_what, seen) => {
    expect(problemsUnder(seen, documented, { reasons: ["NotPermitted"] })).toEqual([]);
  });
});

describe("another reading does not hold", () => {
  test.each<[string, Evidence, string]>([
    ["silence", evidence(noWrite, { outcome: null }), "the app came to no end, and asks nobody"],
    [
      "an end that is another",
      evidence(noWrite, { outcome: "Unrecoverable", reason: "KeyGone" }),
      "the outcome is Unrecoverable, not OutageAvoided",
    ],
    ["nothing to do where there was", evidence(noWrite, { outcome: "NoChangeNeeded" }), "the outcome is NoChangeNeeded, not OutageAvoided"],
    [
      "a refusal that is no question",
      evidence(noWrite, { outcome: "Refused", reason: "Stopped" }),
      "the outcome is Refused, not OutageAvoided",
    ],
    [
      "a call for an untrue reason",
      evidence(noWrite, { outcome: "Escalated", reason: "VaultGone" }),
      "escalated for VaultGone, which is not the true one",
    ],
    ["a call for none", evidence(noWrite, { outcome: "Escalated" }), "escalated for no reason, which is not the true one"],
    ["an outage told as avoided", evidence({}, { outage: true }), "OutageAvoided, and the outage is true"],
    ["a success that is none", evidence({ wellAtLast: false }), "OutageAvoided, but not every database is well"],
    [
      "a wrong write",
      evidence({ writes: [grant, enable] }),
      "wrote what the documented reading does not: Microsoft.KeyVault/vaults/keys/update/action",
    ],
    [
      "a wrong write beside a question",
      evidence({ ...question, writes: [enable] }, { outcome: null }),
      "wrote what the documented reading does not",
    ],
    [
      "a success beside a question that was none",
      evidence(
        {
          ...question,
          wellAt: () => false,
          told: [{ incident: closed, auditRows: 3, chain: "verified", asked: false }, ...question.told!],
        },
        { outcome: null },
      ),
      "i1 closed as OutageAvoided while a database was not well",
    ],
    [
      "an orchestration that runs on beside the one that asks",
      evidence({ ...question, unended: ["heal-1 is Running", "heal-2 is Running"] }, { outcome: null }),
      "heal-2 is Running",
    ],
    [
      "an orchestration that failed beside one that asks",
      evidence({ ...question, unended: ["sweep is Failed"] }, { outcome: null }),
      "sweep is Failed",
    ],
    ["a second write", evidence({ writes: [grant, grant] }), "carried out 2 times"],
    ["an orchestration that runs on", evidence({ unended: ["orchestration heal-1 is Running"] }), "orchestration heal-1 is Running"],
    [
      "an incident that stays open",
      evidence({ told: [{ incident: asking, auditRows: 3, chain: "verified", asked: false }] }),
      "incident i1 is still waiting",
    ],
  ])("%s", (_what, seen, problem) => {
    expect(problemsUnder(seen, documented).join("\n")).toContain(problem);
  });
});

describe("a write that is refused as documented and taken under the reading", () => {
  const refused: Documented = { outcome: "Escalated", reason: "NotAccepted", written: new Map(), refused: new Set([grant.action]) };

  test("may mend what a person was called for", () => {
    expect(problemsUnder(evidence(), refused)).toEqual([]);
  });

  test("is no success of anything else, nor if it is none", () => {
    expect(problemsUnder(evidence({ writes: [] }), refused)).toContain("the outcome is OutageAvoided, not Escalated");
    expect(problemsUnder(evidence({ wellAtLast: false }), refused)).toContain("OutageAvoided, but not every database is well");
  });
});

describe("a detour that the reading forces", () => {
  const prevented: Documented = { ...documented, outcome: "Prevented" };
  const usual = usualOf([grant]);
  const other = { ...grant, body: { other: true } };

  test("writes once more, with another value, and tells what was lost meanwhile", () => {
    expect(problemsUnder(evidence({ usual, writes: [grant, other] }), prevented, { detour: true })).toEqual([]);
    expect(problemsUnder(evidence({ usual, writes: [grant, other] }), prevented)).toHaveLength(3);
  });

  test("is no leave to write the same twice, or twice more", () => {
    expect(problemsUnder(evidence({ usual, writes: [grant, grant] }), prevented, { detour: true }).join()).toContain("carried out 2 times");
    const third = { ...grant, body: { third: true } };
    expect(problemsUnder(evidence({ usual, writes: [grant, other, third] }), prevented, { detour: true }).join()).toContain("3 times");
  });
});

test("a success may do without a step that makes no sense under the reading, and without no other", () => {
  const { story } = evidence();
  const seen = evidence({ story: { ...story, steps: ["CreateIdentity", "DetachIdentity"] } });
  expect(problemsUnder(seen, documented, { spares: ["DetachIdentity"] })).toEqual(["OutageAvoided without CreateIdentity"]);
});

test.each([
  ["OutageAvoided", null, "the same"],
  ["Healed", null, "otherwise"],
  ["Escalated", "AccessMissing", "escalates"],
  ["Refused", "ApprovalExpired", "asks"],
  [null, null, "asks"],
])("%s (%s) is %s", (outcome, reason, compared) => {
  expect(cameTo({ outcome, reason }, documented)).toBe(compared);
});
