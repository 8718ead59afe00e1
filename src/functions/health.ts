/** Says that the app runs to whoever asks, as a probe does; and how well it is to who may read. */
import type { HttpResponseInit } from "@azure/functions";
import { type Vitals, wellBeing } from "../domain/turn/well-being.ts";
import type { Authenticate } from "./authenticate.ts";
import { type ApiCall, createGuard, json } from "./guard.ts";

export type HealthDeps = {
  authenticate: Authenticate;
  loadVitals: () => Promise<Omit<Vitals, "now">>;
  /** How much is still to be told, and how much could not be. */
  countLetters: () => Promise<{ waiting: number; dead: number }>;
  now: () => Date;
};

const withRunbook = <T extends { az: string[] }>({ az, ...one }: T) => ({ ...one, runbook: az });

export function createHealth({ authenticate, loadVitals, countLetters, now }: HealthDeps) {
  const details = createGuard(authenticate)("health", async () => {
    const [vitals, notifications] = await Promise.all([loadVitals(), countLetters()]);
    const { unarmed, roles } = vitals;
    const at = now().toISOString();
    const { ok, checks } = wellBeing({ ...vitals, now: at });
    const lacking = { unarmed: unarmed.map(withRunbook), roles: (roles?.lacks ?? []).map(withRunbook) };
    return json({ status: ok ? "ok" : "notOk", at, checks, ...lacking, notifications }, ok ? 200 : 503);
  });
  /** Nothing of the inside without a token: not even whether all is well, for that tells when to strike. */
  return async (call: ApiCall): Promise<HttpResponseInit> =>
    call.request.headers.has("authorization") ? details(call) : json({ status: "alive" });
}
