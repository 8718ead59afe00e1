/** Says that the app runs to whoever asks, as a probe does; and how well it is to who may read. */
import type { HttpResponseInit } from "@azure/functions";
import type { SweepRecord } from "../domain/turn/sweep-record.ts";
import type { Unarmed } from "../domain/turn/unarmed.ts";
import { type Signs, wellBeing } from "../domain/turn/well-being.ts";
import type { Authenticate } from "./authenticate.ts";
import { type ApiCall, createGuard, json } from "./guard.ts";

export type HealthDeps = {
  authenticate: Authenticate;
  loadRecord: () => Promise<SweepRecord | null>;
  loadSigns: () => Promise<Signs>;
  listUnarmed: () => Promise<Unarmed[]>;
  /** How much is still to be told, and how much could not be. */
  countLetters: () => Promise<{ waiting: number; dead: number }>;
  /** Between two sweeps, as they are scheduled. */
  periodMs: number;
  isAnchoring: boolean;
  now: () => Date;
};

export function createHealth({ authenticate, loadRecord, loadSigns, listUnarmed, countLetters, periodMs, isAnchoring, now }: HealthDeps) {
  const details = createGuard(authenticate)("health", async () => {
    const [record, signs, unarmed, notifications] = await Promise.all([loadRecord(), loadSigns(), listUnarmed(), countLetters()]);
    const at = now().toISOString();
    const { ok, checks } = wellBeing({ now: at, record, periodMs, signs, isAnchoring, unarmed });
    return json(
      { status: ok ? "ok" : "notOk", at, checks, unarmed: unarmed.map(({ az, ...one }) => ({ ...one, runbook: az })), notifications },
      ok ? 200 : 503,
    );
  });
  /** Nothing of the inside without a token: not even whether all is well, for that tells when to strike. */
  return async (call: ApiCall): Promise<HttpResponseInit> =>
    call.request.headers.has("authorization") ? details(call) : json({ status: "alive" });
}
