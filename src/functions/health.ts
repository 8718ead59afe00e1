/** Says that the app runs to whoever asks, as a probe does; and how well it is to who may read. */
import type { HttpResponseInit } from "@azure/functions";
import type { SweepRecord } from "../domain/turn/sweep-record.ts";
import type { RolesRecord } from "../domain/roles/lacking.ts";
import type { Unarmed } from "../domain/turn/unarmed.ts";
import { type Signs, wellBeing } from "../domain/turn/well-being.ts";
import type { Authenticate } from "./authenticate.ts";
import { type ApiCall, createGuard, json } from "./guard.ts";

export type HealthDeps = {
  authenticate: Authenticate;
  loadRecord: () => Promise<SweepRecord | null>;
  loadSigns: () => Promise<Signs>;
  listUnarmed: () => Promise<Unarmed[]>;
  loadRoles: () => Promise<RolesRecord | null>;
  /** How much is still to be told, and how much could not be. */
  countLetters: () => Promise<{ waiting: number; dead: number }>;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  isAnchoring: boolean;
  now: () => Date;
};

const withRunbook = <T extends { az: string[] }>({ az, ...one }: T) => ({ ...one, runbook: az });

export function createHealth({
  authenticate,
  loadRecord,
  loadSigns,
  listUnarmed,
  loadRoles,
  countLetters,
  periodMs,
  isAnchoring,
  now,
}: HealthDeps) {
  const details = createGuard(authenticate)("health", async () => {
    const [record, signs, unarmed, roles, notifications] = await Promise.all([
      loadRecord(),
      loadSigns(),
      listUnarmed(),
      loadRoles(),
      countLetters(),
    ]);
    const at = now().toISOString();
    const { ok, checks } = wellBeing({ now: at, record, periodMs, signs, isAnchoring, unarmed, roles });
    const lacking = { unarmed: unarmed.map(withRunbook), roles: (roles?.lacks ?? []).map(withRunbook) };
    return json({ status: ok ? "ok" : "notOk", at, checks, ...lacking, notifications }, ok ? 200 : 503);
  });
  /** Nothing of the inside without a token: not even whether all is well, for that tells when to strike. */
  return async (call: ApiCall): Promise<HttpResponseInit> =>
    call.request.headers.has("authorization") ? details(call) : json({ status: "alive" });
}
