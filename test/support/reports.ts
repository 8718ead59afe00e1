/** Reports for tests of what shows them: every builder gives a healthy default. */
import type { DatabaseReport, Finding, Report } from "../../src/domain/doctor/finding.ts";
import { ACCOUNT_ID, IDENTITY_ID, KEY_URI, NOW, VAULT_ID } from "./builders.ts";

export const aFinding = (over: Partial<Finding> = {}): Finding => ({
  code: "KeyNearExpiry",
  title: "The key expires soon",
  severity: "warning",
  evidence: ["key cmk expires on 2026-11-12"],
  az: ["az keyvault key set-attributes --name cmk"],
  ...over,
});

export const aDatabase = (over: Partial<DatabaseReport> = {}): DatabaseReport => ({
  id: ACCOUNT_ID,
  name: "orders",
  kind: "account",
  severity: "fine",
  phase: "healthy",
  runway: { days: null, at: null },
  outlook: "nothing is known that ends it",
  findings: [],
  gaps: [],
  would: [],
  tells: [],
  contradictions: [],
  vault: { name: "kv-orders", id: VAULT_ID, state: "live" },
  keyUri: KEY_URI,
  identity: { name: "id-orders", id: IDENTITY_ID, state: "known" },
  ...over,
});

export const aReport = (over: Partial<Report> = {}): Report => ({
  schema: 1,
  at: NOW,
  subscriptions: [{ id: "s1", name: "production" }],
  counts: { databases: 1, vaults: 1, trouble: 0, unseen: 0, warning: 0, note: 0, fine: 1 },
  verdict: "nothing",
  databases: [aDatabase()],
  gaps: [],
  unread: [],
  ...over,
});

/** One of everything, with texts that would break out of each format. */
export const HOSTILE = `=cmd|'"</pre><script>alert(1)</script>&\u001B[2J,\n`;

export const everything = (): Report =>
  aReport({
    verdict: "trouble",
    counts: { databases: 4, vaults: 2, trouble: 1, unseen: 1, warning: 1, note: 0, fine: 1 },
    databases: [
      aDatabase({
        id: `${ACCOUNT_ID}-1`,
        name: HOSTILE,
        severity: "trouble",
        phase: "revoked",
        runway: { days: 0, at: null },
        outlook: HOSTILE,
        findings: [
          aFinding({ severity: "trouble", evidence: [HOSTILE], az: [HOSTILE] }),
          aFinding({ code: "Unreadable", severity: "unseen" }),
        ],
        gaps: ["VaultNotLocked"],
        would: [
          { step: `GrantKeyRole on ${HOSTILE}`, way: "asks", why: HOSTILE, undo: null },
          { step: "ExtendKeyExpiry on cmk", way: "byItself", why: "", undo: "set it back" },
        ],
        tells: [HOSTILE],
        contradictions: [HOSTILE],
        vault: { name: HOSTILE, id: null, state: "deleted" },
        keyUri: HOSTILE,
        identity: { name: HOSTILE, id: null, state: "gone" },
      }),
      aDatabase({
        id: `${ACCOUNT_ID}-2`,
        name: "unseen",
        severity: "unseen",
        phase: null,
        findings: [aFinding({ severity: "unseen" })],
        keyUri: null,
        identity: null,
        vault: null,
      }),
      aDatabase({
        id: `${ACCOUNT_ID}-3`,
        severity: "warning",
        phase: "atRisk",
        runway: { days: 1, at: "2026-11-03T10:00:00.000Z" },
        findings: [aFinding()],
      }),
      aDatabase({ id: `${ACCOUNT_ID}-4`, name: "well", runway: { days: 200, at: "2027-05-21T10:00:00.000Z" } }),
    ],
    gaps: [
      {
        code: "PurgeProtectionOff",
        title: "The vault can be purged",
        severity: "warning",
        on: VAULT_ID,
        evidence: [HOSTILE],
        az: [HOSTILE],
        databaseIds: ["a", "b", "c", "d"].map((name) => ACCOUNT_ID.replace(/orders$/, name)),
      },
      {
        code: "VaultNotLocked",
        title: "No lock",
        severity: "note",
        on: VAULT_ID,
        evidence: ["it can be deleted"],
        az: ["az lock create"],
        databaseIds: [ACCOUNT_ID],
      },
    ],
    unread: [
      { what: HOSTILE, why: HOSTILE, hides: "every account", isBlind: true },
      { what: "locks", why: "Forbidden", hides: "whether it is locked", isBlind: false },
    ],
  });
