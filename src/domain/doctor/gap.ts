import type { Gap, GapCode, Severity } from "./finding.ts";

const GAP_TITLES: Record<GapCode, string> = {
  PurgeProtectionOff: "The vault can be purged",
  RetentionShort: "What is deleted can be recovered for less than 90 days",
  VaultNotLocked: "No lock keeps the vault from being deleted",
  IdentityNotLocked: "No lock keeps the identity from being deleted",
  NoRotationPolicy: "The key has no rotation policy",
  ExpiryWithoutRotation: "The key's policy lets versions expire and makes no new ones",
  VersionPinned: "The database is pinned to one version of its key",
  PrivateOnlyVault: "The vault is open to private endpoints alone",
  StaleGrant: "A grant on the vault is of no use to any database here",
  IdentityHoldsMore: "The database's identity may do more than it needs",
};

/** lines: what closes it, or shows it where a person is to decide. */
export const gap = (code: GapCode, severity: Severity, on: string, evidence: string, ...lines: string[]): Gap => ({
  code,
  title: GAP_TITLES[code],
  severity,
  on,
  evidence: [evidence],
  az: lines,
});
