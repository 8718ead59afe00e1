/** What a judge of plays is shown: a story that went as it must, unless a test says otherwise. */
import type { RecordedWrite } from "../../../sandbox/azure/world.ts";
import { type Evidence, usualOf } from "../../../sandbox/matrix/judge.ts";
import type { Told } from "../../../sandbox/play/result.ts";
import { roleRemoved } from "../../../sandbox/stories/role-removed.ts";

const AT = "2026-11-02T10:00:00.000Z";

export const closed: NonNullable<Told["incident"]> = {
  id: "i1",
  vaultId: "/v",
  openedAt: AT,
  closedAt: AT,
  state: "closed",
  outcome: "OutageAvoided",
  reason: null,
  detail: "",
  causes: [],
  targets: [],
  plan: null,
  applied: [],
  runbook: [],
};

export const grant: RecordedWrite = {
  at: AT,
  caller: "id-keymend",
  oid: "1",
  keymend: true,
  method: "PUT",
  url: "https://management.azure.com/x/roleAssignments/1?api-version=2022-04-01",
  action: "Microsoft.Authorization/roleAssignments/write",
  status: 201,
  body: { properties: {} },
};

const result: Evidence["result"] = {
  story: "role-removed",
  targets: [{ id: "/a", kind: "account", phaseBefore: "inGrace", phaseAfter: "healthy" }],
  causes: ["AccessMissing"],
  steps: ["RestoreRoleAssignment"],
  writes: 1,
  outcome: "OutageAvoided",
  reason: null,
  outage: false,
  virtual: { detected: "PT1S", fixed: "PT2S", healthy: "PT1H" },
  wallMs: 1,
  auditRows: 3,
};

export function evidence(over: Partial<Evidence> = {}, resultOver: Partial<Evidence["result"]> = {}): Evidence {
  return {
    story: roleRemoved,
    phase: "grace",
    result: { ...result, ...resultOver },
    told: [{ incident: closed, auditRows: 3, chain: "verified", asked: false }],
    wellAtLast: true,
    wellAt: () => true,
    writes: [grant],
    usual: usualOf([grant]),
    tooSoonBy: 0,
    failedOperations: 0,
    unended: [],
    ...over,
  };
}
