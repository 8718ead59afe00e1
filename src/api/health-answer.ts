/** What the operations API answers to who asks how well the app is. */
import * as v from "valibot";

const TEXT = v.string();

export const ALIVE = v.object({ status: v.literal("alive") });

export const HEALTH = v.object({
  status: v.picklist(["ok", "notOk"]),
  at: TEXT,
  checks: v.array(
    v.object({
      name: v.picklist(["round", "seen", "canary", "event", "anchor", "arming"]),
      ok: v.boolean(),
      at: v.pipe(v.nullable(TEXT), v.description("When it was last so; null: never.")),
      ageSeconds: v.nullable(v.number()),
      limitSeconds: v.pipe(v.nullable(v.number()), v.description("What the age may come to; null where it is no matter of that.")),
      detail: TEXT,
    }),
  ),
  unarmed: v.array(v.object({ vaultId: TEXT, why: TEXT, runbook: v.array(TEXT) })),
  notifications: v.object({ waiting: v.number(), dead: v.number() }),
});
