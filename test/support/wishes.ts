/** Wishes for tests; a test names only what matters to it. */
import type { Facts } from "../../src/domain/facts.ts";
import { diagnose } from "../../src/domain/plan/diagnose.ts";
import { plan } from "../../src/domain/plan/plan.ts";
import type { Settings } from "../../src/domain/settings.ts";
import { DAY, toIso, toMs } from "../../src/domain/time.ts";
import type { TurnInput } from "../../src/domain/turn/record.ts";
import type { Wished, WishOnRecord, WishStatus } from "../../src/domain/wish.ts";
import { ACCOUNT_ID, IDENTITY_ID, identityIdOf, KEY_URI, NOW, someSettings, VAULT_ID } from "./builders.ts";
import { PATIENT, turnInput } from "./turns.ts";

export const CHECK: Extract<Wished, { operation: "check-requirements" }> = {
  operation: "check-requirements",
  params: { kind: "account", vaultId: VAULT_ID, key: "cmk", identityId: IDENTITY_ID, databaseId: ACCOUNT_ID },
};

export const PREPARE: Extract<Wished, { operation: "prepare" }> = {
  operation: "prepare",
  params: { kind: "account", vaultId: VAULT_ID, key: "cmk", identityId: IDENTITY_ID, databaseId: null },
};
export const REVOKE: Wished = { operation: "revoke", params: { keyUri: KEY_URI } };
export const REVOKE_GRANT: Wished = { operation: "revoke", params: { databaseId: ACCOUNT_ID } };
export const RESTORE_GRANT: Wished = { operation: "restore", params: { databaseId: ACCOUNT_ID } };
export const ROTATE: Wished = { operation: "rotate-key", params: { keyUri: KEY_URI } };
export const SWITCH_KEY: Extract<Wished, { operation: "switch-key" }> = {
  operation: "switch-key",
  params: { databaseId: ACCOUNT_ID, keyUri: `${KEY_URI}-2` },
};
export const SWITCH_IDENTITY: Extract<Wished, { operation: "switch-identity" }> = {
  operation: "switch-identity",
  params: { databaseId: ACCOUNT_ID, identityId: identityIdOf("id-orders-2") },
};
export const ENABLE: Extract<Wished, { operation: "enable-cmk" }> = {
  operation: "enable-cmk",
  params: { databaseId: ACCOUNT_ID, keyUri: KEY_URI, identityId: null, requestUnits: 100 },
};
export const RESTORE: Wished = { operation: "restore", params: { keyUri: KEY_URI } };

type Over = Partial<Omit<WishOnRecord, "operation" | "params">>;

export const aWish = (what: Wished = CHECK, over: Over = {}): WishOnRecord => ({
  schema: 1,
  id: "w1",
  patient: PATIENT,
  reason: "change 42",
  by: { objectId: "ada-id", name: "ada" },
  at: NOW,
  until: toIso(toMs(NOW) + DAY),
  cancelled: null,
  status: null,
  ...what,
  ...over,
});

export const aStatusOf = (over: Partial<WishStatus> = {}): WishStatus => ({
  state: "working",
  outcome: null,
  reasonCode: null,
  detail: "begun",
  incidentId: "i1",
  closedAt: null,
  requirements: [],
  undo: [],
  progress: { what: "begun", percent: null, since: NOW, etaSeconds: null },
  stands: false,
  ...over,
});

/** The turn that these facts come to, by the real diagnosis and the real plan. */
export function turnOn(facts: Facts, over: Partial<TurnInput> = {}, settings: Settings = someSettings()): TurnInput {
  const diagnosis = diagnose(facts, settings);
  return turnInput({ facts, diagnosis, plan: plan(facts, diagnosis, settings), signals: [], settings, ...over });
}
