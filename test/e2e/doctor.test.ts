// The bundle that is installed, as a program of its own, on a subscription with several troubles.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { start } from "./processes.ts";
import { type AzureAlone, startAzureAlone } from "../../sandbox/running/azure-alone.ts";
import { makeTrouble, TROUBLES_TAKE_MS } from "../../sandbox/play/troubles.ts";
import type { Report } from "../../src/domain/doctor/finding.ts";

let alone: AzureAlone;
let before: number;
const folder = mkdtempSync(join(tmpdir(), "doctor-"));
beforeAll(async () => {
  alone = await startAzureAlone({ seed: 7, start: Date.now() - TROUBLES_TAKE_MS });
  await makeTrouble(alone);
  alone.run();
  before = alone.world.writes.length;
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await alone.close();
});

async function doctor(args: string[], env: Record<string, string> = {}) {
  const program = start(process.execPath, ["dist/keymend.mjs", "doctor", ...args], { ...alone.environmentOf(alone.estate.reader), ...env });
  const { code, out, err } = await program.ended();
  expect(await program.leftovers()).toEqual([]);
  return { code, out, err };
}

describe("keymend doctor", () => {
  test("finds what is wrong, worst first, writes nothing, and ends as a pipeline is to", async () => {
    const file = (name: string): string => join(folder, name);
    const { code, out, err } = await doctor(["--json", "--csv", file("csv"), "--sarif", file("sarif"), "--html", file("html")]);
    const report: Report = JSON.parse(out);
    expect(
      report.databases.map(({ name, phase, severity, findings }) => [name, phase, severity, findings.map((one) => one.code).join()]),
    ).toEqual([
      ["catalog", "revoked", "trouble", "KeyDisabled"],
      ["catalog-search", "revoked", "trouble", "KeyDisabled"],
      ["billing", "revoked", "trouble", "VaultDeleted"],
      ["orders", "inGrace", "trouble", "AccessMissing"],
      ["orders-history", "inGrace", "trouble", "AccessMissing"],
      ["payments", "atRisk", "warning", "KeyNearExpiry"],
      ["ledger", "healthy", "warning", ""],
      ["sessions", "healthy", "note", ""],
      ["archive", "healthy", "fine", ""],
    ]);
    expect(report.databases.find(({ name }) => name === "payments")?.runway.days).toBe(11);
    expect(report.databases.find(({ name }) => name === "ledger")?.gaps.toSorted()).toEqual([
      "IdentityHoldsMore",
      "IdentityNotLocked",
      "NoRotationPolicy",
      "PrivateOnlyVault",
      "PurgeProtectionOff",
      "RetentionShort",
      "StaleGrant",
      "VaultNotLocked",
    ]);
    for (const { findings } of report.databases) for (const { az } of findings) expect(az.length).toBeGreaterThan(0);
    expect({ code, unread: report.unread }).toEqual({ code: 2, unread: [] });
    expect(err).toContain("9 databases on 7 vaults in 1 subscription: 5 trouble");
    expect(alone.world.writes).toHaveLength(before);
    expect(readFileSync(file("csv"), "utf8").trim().split("\r\n")).toHaveLength(10);
    expect(JSON.parse(readFileSync(file("sarif"), "utf8")).runs[0].results[0]).toMatchObject({ ruleId: "KeyDisabled", level: "error" });
    expect(readFileSync(file("html"), "utf8")).toContain("9 databases with their identities, keys and vaults");
  });

  test("says what it could not read and what that hides, and that it has not seen all", async () => {
    const { approver } = alone.estate;
    const { code, err } = await doctor([], alone.environmentOf(approver));
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining("You may see no subscription.") });
  });

  test.each([
    [
      "a subscription that is none",
      ["--subscription", "nowhere"],
      {},
      3,
      "There is no subscription 'nowhere' among those that you may see",
    ],
    ["a setting that is wrong", [], { KEYMEND_EXPIRY_LEAD: "soon" }, 64, "KEYMEND_EXPIRY_LEAD: must be an ISO 8601 duration"],
  ])("says why it could not look: %s", async (_, args, env, code, words) => {
    const ended = await doctor(args, env);
    expect(ended).toMatchObject({ code, out: "", err: expect.stringContaining(words) });
  });
});
