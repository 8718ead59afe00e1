import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Incident } from "../../../src/domain/incident.ts";
import { supportRunbook, supportText } from "../../../src/domain/turn/support.ts";
import { ACCOUNT_ID, CLUSTER_ID } from "../../support/builders.ts";
import { after, aStep, diagnosisOf, planOf, recovering, seen, turns } from "../../support/turns.ts";

const down = { ...diagnosisOf(seen({ phase: "revoked" })), plan: planOf(aStep()) };
const mended = { ...diagnosisOf(recovering()), plan: planOf() };
const applied = [
  {
    id: "step-1",
    name: "GrantKeyRole" as const,
    on: "/v",
    at: after(0),
    result: "done" as const,
    detail: "201",
    targetIds: [ACCOUNT_ID],
  },
  {
    id: "step-2",
    name: "GrantKeyRole" as const,
    on: "/other",
    at: after(0),
    result: "done" as const,
    detail: "201",
    targetIds: [CLUSTER_ID],
  },
];
const asked = (minutes: number): Incident =>
  turns({ ...down, now: after(0) }, { ...mended, now: after(1), change: { applied } }, { ...mended, now: after(minutes) }).incident!;

describe("a database that is not given back within two hours", () => {
  const { runbook, outcome, reason } = asked(121);

  test("ends with the ticket that asks support, filled in", () => {
    expect([outcome, reason]).toEqual(["Escalated", "NotRevalidated"]);
    const ticket = runbook.at(-1)!;
    expect(ticket).toMatch(
      /^az support in-subscription tickets create --subscription \S+ --ticket-name keymend-i1-orders --severity critical/,
    );
    expect(ticket).toContain(`--technical-resource ${ACCOUNT_ID}`);
    expect(ticket).toContain('--problem-classification "$PROBLEM"');
    expect(ticket).toContain("GrantKeyRole on /v: done: 201");
    expect(ticket).not.toContain("/other");
    expect(runbook.join("\n").split("\n")).toHaveLength(runbook.length);
  });

  test("in lines that a POSIX shell takes, whatever the texts in them hold", () => {
    const incident = asked(121);
    const [target] = incident.targets;
    const odd = { ...incident, targets: [{ ...target!, serviceSays: "'; rm -rf / #\n@file $(x) `y`" }] };
    const lines = supportRunbook(odd);
    for (const line of [...runbook, ...lines]) expect(() => execFileSync("sh", ["-n", "-c", line])).not.toThrow();
    const said = execFileSync("sh", ["-c", `az() { for word in "$@"; do echo "<$word>"; done; }\n${lines.at(-1)!}`], { encoding: "utf8" });
    expect(said).toContain("'; rm -rf / # | @file $(x) `y`");
    expect(said).toContain("<--description=The account");
  });

  test("names what was sent to Azure by the ids that support goes by", () => {
    const incident = asked(121);
    const requests = [
      { method: "PATCH", url: "https://management.azure.com/x", status: 202, requestId: "r1", correlationId: "c1" },
      { method: "PUT", url: "x", status: null, requestId: null, correlationId: null },
    ];
    const text = supportText({ ...incident, applied: [{ ...applied[0]!, requests }] }, incident.targets[0]!);
    expect(text).toContain("done: 201; PATCH answered 202, x-ms-request-id r1, x-ms-correlation-request-id c1; PUT answered nothing");
  });

  test("is described within what a reader takes", () => {
    const incident = asked(121);
    const timeline = Array.from({ length: 100 }, () => ({ at: after(0), what: "x".repeat(900) }));
    const text = supportText({ ...incident, timeline }, { ...incident.targets[0]!, pathOkSince: null, serviceSays: null });
    expect(text.length).toBeLessThan(6100);
    expect(text).toContain("a time that is not known");
    expect(text).toContain("The service says of its access: nothing");
    expect(text).toMatch(/\[cut: \d+ characters\]$/);
  });
});

test("a cluster is looked up among the services of its own name", () => {
  const incident = asked(121);
  const targets = [{ ...incident.targets[0]!, id: CLUSTER_ID, kind: "cluster" as const }];
  expect(supportRunbook({ ...incident, targets }).join("\n")).toContain("contains(displayName, 'DocumentDB')");
});

test("whoever still waits, or ended otherwise, is sent to no support", () => {
  expect(asked(60).runbook).toEqual([]);
  const incident = asked(121);
  expect(supportRunbook({ ...incident, targets: incident.targets.map((target) => ({ ...target, reason: null })) })).toEqual([]);
});
