import { createHash } from "node:crypto";
import schema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { csvOf } from "../../../src/cli/doctor/csv.ts";
import { htmlOf } from "../../../src/cli/doctor/html.ts";
import { sarifOf } from "../../../src/cli/doctor/sarif.ts";
import { summaryOf, tableOf } from "../../../src/cli/doctor/table.ts";
import type { Report } from "../../../src/domain/doctor/finding.ts";
import { aDatabase, aFinding, aReport, everything, HOSTILE } from "../../support/reports.ts";

const uncoloured = (_: string, text: string): string => text;
const table = (report: Report, all = false): string => tableOf(report, uncoloured, all);
const many = (count: number, over: Parameters<typeof aDatabase>[0] = {}) =>
  Array.from({ length: count }, (_, i) => aDatabase({ id: `/subscriptions/s/d${i}`, name: `d${i}`, ...over }));

describe("the table", () => {
  test("shows what is worth a look, in columns, and counts the rest", () => {
    const text = table(everything());
    expect(text.split("\n")[0]).toMatch(/^HOW BAD +DATABASE +PHASE +RUNWAY +CAUSES +WHAT HAPPENS$/);
    expect(text).toContain("and 1 database with nothing worse than a note (--all lists them)");
    expect(text).not.toContain("VaultNotLocked  No lock");
    expect(text).toContain("and 1 note, each with what mends it (--all lists them)");
    expect(text).toContain("it concerns a, b, c and 1 more");
    expect(text).toContain("locks: hides whether it is locked");
    expect(text).toContain("    ExtendKeyExpiry on cmk: by itself");
    expect(text.endsWith(summaryOf(everything()))).toBe(true);
  });

  test("--all shows all", () => {
    const text = table(everything(), true);
    expect(text).toMatch(/^fine +well +healthy +200 days/m);
    expect(text).toContain("VaultNotLocked  No lock");
    expect(text).not.toContain("--all lists them");
  });

  test("nothing in it speaks to the terminal", () => {
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    expect(table(everything(), true)).not.toMatch(/\u001B/);
    expect(tableOf(everything(), (colour, text) => `<${colour}>${text}</${colour}>`, false)).toMatch(
      /^<bold>HOW BAD.*\n<red>trouble<\/red>/,
    );
  });

  test("what is the same of several databases is told once", () => {
    const databases = many(3, { severity: "warning", phase: "atRisk", findings: [aFinding()], gaps: [] });
    const text = table(aReport({ databases }));
    expect(text.match(/az keyvault key set-attributes/g)).toHaveLength(1);
    expect(text).toContain("accounts d0, d1, d2; vault kv-orders, identity id-orders");
  });

  test("of a healthy estate it is one line", () => {
    expect(table(aReport({ databases: [] })).trim()).toBe(
      "1 database on 1 vault in 1 subscription: 0 trouble, 0 unseen, 0 warning, 0 note, 1 fine. Nothing to do.",
    );
  });
});

describe("the rows for a spreadsheet", () => {
  const rows = csvOf(everything()).split("\r\n");

  test("a row for each database, with as many cells as there are names", () => {
    expect(rows).toHaveLength(5);
    expect(rows[0]).toMatch(/^severity,database,kind,phase,runway_days,/);
    expect(csvOf(aReport()).split("\r\n")[1]!.split(",")).toHaveLength(rows[0]!.split(",").length);
    expect(rows[3]).toMatch(/^warning,orders,account,atRisk,1,2026-11-03T10:00:00.000Z,KeyNearExpiry,/);
  });

  test("nothing in it is a formula or ends a cell", () => {
    expect(rows[1]).toContain(`"'=cmd|'""</pre>`);
    expect(csvOf(aReport({ databases: [aDatabase({ name: "-1+1" }), aDatabase({ name: "@sum" })] }))).toMatch(
      /fine,'-1\+1,[^]*fine,'@sum,/,
    );
  });
});

describe("SARIF", () => {
  // The schema's patterns are of before the flag u.
  const ajv = new draft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  const isValid = ajv.compile(schema);
  const log = (report: Report) => JSON.parse(sarifOf(report, "1.2.3"));

  test.each<[string, Report]>([
    ["of everything", everything()],
    ["of nothing", aReport({ databases: [] })],
    ["of what could not be looked at", aReport({ verdict: "couldNotLook", unread: everything().unread })],
  ])("%s is what the schema says", (_, report) => {
    isValid(log(report));
    expect(isValid.errors).toBeNull();
  });

  test("the schema is one that refuses", () => {
    expect(isValid({ ...log(everything()), version: "2.0.0" })).toBe(false);
  });

  test("has each finding, gap and blind spot, with its rule, its place and what mends it", () => {
    const { tool, results, invocations } = log(everything()).runs[0];
    expect(results.map(({ ruleId, level }: { ruleId: string; level: string }) => `${ruleId} ${level}`)).toEqual([
      "KeyNearExpiry error",
      "Unreadable warning",
      "KeyNearExpiry warning",
      "KeyNearExpiry warning",
      "PurgeProtectionOff warning",
      "VaultNotLocked note",
      "CouldNotRead warning",
      "CouldNotRead note",
    ]);
    for (const { ruleId, ruleIndex, locations } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      expect(locations[0].physicalLocation.artifactLocation.uri).not.toMatch(/^\/|[<>" ]/);
    }
    expect(results[3].message.text).toContain("az keyvault key set-attributes");
    expect(invocations).toEqual([{ executionSuccessful: true, endTimeUtc: expect.any(String) }]);
    expect(log(aReport({ verdict: "couldNotLook" })).runs[0].invocations[0].executionSuccessful).toBe(false);
  });

  test("the same finding has the same fingerprint, whatever its words", () => {
    const printsOf = (evidence: string) =>
      log(aReport({ databases: [aDatabase({ findings: [aFinding({ evidence: [evidence] })] })] })).runs[0].results[0].partialFingerprints;
    expect(printsOf("expires in 9 days")).toEqual(printsOf("expires in 8 days"));
  });
});

describe("the page", () => {
  const page = htmlOf(everything());

  test("allows one style sheet, the one that is in it, and nothing else", () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)!;
    const [, style] = /<style>([^]*?)<\/style>/.exec(page)!;
    const digest = createHash("sha256").update(style!).digest("base64");
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`);
    expect(page).not.toMatch(/<script|\sstyle=|\son\w+=|<link|<img|url\(|@import/i);
    const urls = page.match(/https?:[^\s"<&']+/g) ?? [];
    expect([...new Set(urls)].filter((url) => !url.includes("vault.azure.net"))).toEqual(["http://www.w3.org/2000/svg"]);
  });

  test("texts are texts", () => {
    expect(page).toContain("&lt;/pre&gt;&lt;script&gt;");
    expect(page).not.toContain("<script>alert");
    expect(page.match(/<pre/g)?.length).toBe(page.match(/<\/pre>/g)?.length);
  });

  test("every link in it leads somewhere in it, and every id is one of a kind", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, anchor] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(anchor);
  });

  test("plots what runs out within 90 days, and what depends on what", () => {
    expect(page).toContain(`aria-label="2 databases run out within 90 days, the first in 0 days"`);
    expect(page).toContain("2026-11-03");
    expect(page).not.toContain("2027-05-21</text>");
    expect(page).toContain(`aria-label="4 databases with their identities, keys and vaults"`);
    // Two databases share an identity, a key and a vault: each stands there once.
    expect(page.match(/>id-orders<\/text>/g)).toHaveLength(1);
  });

  test("of many it plots the first, and says of how many", () => {
    const ending = htmlOf(aReport({ databases: many(100, { runway: { days: 40, at: "2026-12-12T10:00:00.000Z" } }) }));
    expect(ending).toContain("and 70 more");
    expect(ending).toContain("the first 60 of 100 databases");
  });

  test("of none it says so", () => {
    const none = htmlOf(aReport({ databases: [] }));
    expect(none).toContain("There is none with a customer-managed key.");
    expect(none).toContain("<h2>What could not be read</h2><p>Nothing.</p>");
    expect(none).toContain("<p>Nothing that is known.</p>");
  });

  test("a name that is long is cut, and whole where one points at it", () => {
    const name = "a".repeat(40);
    expect(htmlOf(aReport({ databases: [aDatabase({ name, id: HOSTILE })] }))).toContain(`${"a".repeat(23)}…`);
  });
});
