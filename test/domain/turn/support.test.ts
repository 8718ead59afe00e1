import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Incident } from "../../../src/domain/incident.ts";
import { classificationOf, serviceOf, supportRunbook, ticketDrafts } from "../../../src/domain/turn/support.ts";
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
      /^az support in-subscription tickets create --subscription \S+ --ticket-name keymend-i1-account --severity critical/,
    );
    expect(ticket).toContain(`--technical-resource ${ACCOUNT_ID}`);
    expect(ticket).toContain('--problem-classification "$PROBLEM"');
    expect(ticket).toContain("GrantKeyRole on /v: done: 201");
    expect(ticket).not.toContain("/other");
    expect(runbook.at(0)).toBe("# all that is on record of it, for whoever helps: keymend support i1, or GET /api/incidents/i1/support");
    expect(runbook.join("\n").split("\n")).toHaveLength(runbook.length);
  });

  /** Azure/azure-cli-extensions, support, aaz/latest/support/in_subscription/tickets/_create.py, of api-version 2024-04-01. */
  const REQUIRED = ["ticket-name", "advanced-diagnostic-consent", "description", "problem-classification", "severity", "title"].concat(
    ["country", "first-name", "last-name", "method", "language", "timezone", "email"].map((word) => `contact-${word}`),
  );

  test("by the options that the command asks for, and what is left to say is named before", () => {
    const ticket = runbook.at(-1)!;
    const options = [...ticket.replaceAll(/'(--[a-z-]+)?[^']*'/g, "$1").matchAll(/ --([a-z-]+)/g)].map(([, name]) => name);
    expect(options.toSorted()).toEqual([...REQUIRED, "subscription", "technical-resource"].toSorted());
    expect(ticket).toContain('--advanced-diagnostic-consent "$DIAGNOSTICS"');
    const before = runbook.filter((line) => line.startsWith("# ")).join("\n");
    for (const [, variable] of ticket.matchAll(/"\$([A-Z_]+)"/g)) expect(before).toContain(variable);
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
    const [draft] = ticketDrafts({ ...incident, applied: [{ ...applied[0]!, requests }] });
    expect(draft!.description).toContain(
      "done: 201; PATCH answered 202, x-ms-request-id r1, x-ms-correlation-request-id c1; PUT answered nothing",
    );
  });

  test.each([
    ["recovering", "the service has not taken notice: it is recovering still."],
    ["revoked", "the service has not taken notice: it is revoked still."],
    ["healthy", "the service does not say that it has access again."],
  ] as const)("is never called well: %s", (phase, words) => {
    const incident = asked(121);
    const [draft] = ticketDrafts({ ...incident, targets: [{ ...incident.targets[0]!, phase }] });
    expect(draft!.description).toContain(words);
    expect(draft!.description).not.toContain("healthy");
  });

  test("is described within what a reader takes", () => {
    const incident = asked(121);
    const timeline = Array.from({ length: 100 }, () => ({ at: after(0), what: "x".repeat(900) }));
    const [{ description } = { description: "" }] = ticketDrafts({
      ...incident,
      timeline,
      targets: [{ ...incident.targets[0]!, pathOkSince: null, serviceSays: null }],
    });
    expect(description.length).toBeLessThan(6100);
    expect(description).toContain("a time that is not known");
    expect(description).toContain("The service says of its access: nothing");
    expect(description).toMatch(/\[cut: \d+ characters\]$/);
  });
});

test("of many databases there is one ticket for each kind in each subscription, under a name that goes by no order", () => {
  const incident = asked(121);
  const [account] = incident.targets;
  const elsewhere = "11111111-2222-4333-8444-555555555555";
  const targets = [
    ...["a", "b", "c", "d"].map((name) => ({ ...account!, id: ACCOUNT_ID.replace(/orders$/, name) })),
    { ...account!, id: CLUSTER_ID, kind: "cluster" as const },
    { ...account!, id: ACCOUNT_ID.replace(/^\/subscriptions\/[^/]+/, `/subscriptions/${elsewhere}`) },
  ];
  const drafts = ticketDrafts({ ...incident, targets });
  expect(drafts.map(({ name, subscriptionId, targetIds }) => [name, subscriptionId === elsewhere, targetIds.length])).toEqual([
    ["keymend-i1-account", false, 4],
    ["keymend-i1-cluster", false, 1],
    ["keymend-i1-account", true, 1],
  ]);
  expect(drafts[0]!.title).toMatch(/^a, b, c, 1 more: the service/);
  expect(drafts[0]!.description).toContain(`The account ${ACCOUNT_ID.replace(/orders$/, "d")} uses`);
  const reversed = ticketDrafts({ ...incident, targets: targets.toReversed() });
  expect(reversed.map(({ name, subscriptionId }) => name + subscriptionId).toSorted()).toEqual(
    drafts.map(({ name, subscriptionId }) => name + subscriptionId).toSorted(),
  );
  // How to look up what they are filed under is said once for each kind.
  const lookUps = supportRunbook({ ...incident, targets }).filter((line) => line.startsWith("az support services list"));
  expect([lookUps.length, new Set(lookUps).size]).toEqual([2, 2]);
});

test("a cluster is looked up among the services of its own names", () => {
  const incident = asked(121);
  const targets = [{ ...incident.targets[0]!, id: CLUSTER_ID, kind: "cluster" as const }];
  expect(supportRunbook({ ...incident, targets }).join("\n")).toContain(
    "[?contains(displayName, 'DocumentDB') || contains(displayName, 'vCore')]",
  );
});

test("what Keymend has asked itself is only to be looked at; where that is not known it is looked at first", () => {
  const incident = asked(121);
  const [{ name, subscriptionId, targetIds } = { name: "", subscriptionId: "", targetIds: [] }] = ticketDrafts(incident);
  const ticket = { name, subscriptionId, targetIds, since: after(121), number: null, detail: "" };
  const show = `az support in-subscription tickets show --subscription ${subscriptionId} --ticket-name ${name}`;
  const linesOf = (...tickets: Incident["tickets"] & object): string[] => supportRunbook({ ...incident, tickets }).slice(1);
  expect(linesOf({ ...ticket, state: "open", number: "2611300040001" })).toEqual(["# Microsoft support has it as 2611300040001", show]);
  expect(linesOf({ ...ticket, state: "open" })).toEqual([`# Microsoft support has it as ${name}`, show]);
  const lost = linesOf({ ...ticket, state: "lost" });
  expect(lost.at(-3)).toMatch(/^# whether Microsoft support has .* is not known: .*: look first$/);
  expect(lost.at(-2)).toBe(show);
  expect(lost.at(-1)).toMatch(/^az support in-subscription tickets create /);
  expect(linesOf({ ...ticket, state: "refused" })).toEqual(linesOf());
});

/** Recorded: Azure/azure-cli-extensions, test_support_services.yaml, 2024-05. */
describe("what a ticket is filed under is looked up", () => {
  const one = (displayName: string, ...resourceTypes: string[]) => ({
    id: `/${displayName}`,
    name: displayName,
    displayName,
    resourceTypes,
  });
  const SERVICES = [
    one("Azure Cosmos DB for MongoDB (vCore)", "MICROSOFT.DOCUMENTDB/MONGOCLUSTERS"),
    one("Azure Cosmos DB for PostgreSQL", "Microsoft.DBforPostgreSQL/servergroupsv2"),
    one("Cosmos DB", "MICROSOFT.DOCUMENTDB/DATABASEACCOUNTS"),
    one("Activity Logs"),
  ];

  test("the service by the type of resource that it is for, whatever it is called", () => {
    expect(serviceOf("account", SERVICES)?.displayName).toBe("Cosmos DB");
    expect(serviceOf("cluster", SERVICES)?.displayName).toBe("Azure Cosmos DB for MongoDB (vCore)");
    expect(serviceOf("cluster", SERVICES.slice(1))).toBeUndefined();
  });

  test.each([
    [["Security / Firewall", "Security / Encryption at rest", "Security / Managed Keys"], "Security / Managed Keys"],
    [["Security / Encryption at rest", "Customer-managed key (CMK)"], "Customer-managed key (CMK)"],
    [["Performance / Partition keys", "Data encryption"], "Data encryption"],
    [["Performance / Partition keys", "Security / Firewall"], undefined],
  ])("of the classifications %j that which is about keys or encryption", (names, expected) => {
    expect(classificationOf(names.map((name) => one(name)))?.displayName).toBe(expected);
  });
});

test("whoever still waits, or ended otherwise, is sent to no support", () => {
  expect(asked(60).runbook).toEqual([]);
  const incident = asked(121);
  expect(supportRunbook({ ...incident, targets: incident.targets.map((target) => ({ ...target, reason: null })) })).toEqual([]);
});
