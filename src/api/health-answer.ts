/** What is answered to who asks how Keymend itself is: a probe, or who may read. */
import * as v from "valibot";
import { IDENTITIES } from "../domain/capability.ts";

const TEXT = v.string();

export const ALIVE = v.object({ status: v.literal("alive") });

export const HEALTH = v.object({
  status: v.picklist(["ok", "notOk"]),
  at: TEXT,
  checks: v.array(
    v.object({
      name: v.picklist(["round", "seen", "canary", "event", "anchor", "arming", "roles"]),
      ok: v.boolean(),
      at: v.pipe(v.nullable(TEXT), v.description("When it was last so; null: never.")),
      ageSeconds: v.nullable(v.number()),
      limitSeconds: v.pipe(v.nullable(v.number()), v.description("What the age may come to; null where it is no matter of that.")),
      detail: TEXT,
    }),
  ),
  unarmed: v.array(v.object({ vaultId: TEXT, why: TEXT, runbook: v.array(TEXT) })),
  roles: v.pipe(
    v.array(
      v.object({
        capability: v.picklist(IDENTITIES),
        state: v.pipe(v.picklist(["lacking", "unknown"]), v.description("unknown: whether the identity may is not known.")),
        why: TEXT,
        actions: v.array(TEXT),
        vaultIds: v.array(TEXT),
        runbook: v.array(TEXT),
      }),
    ),
    v.description("What Keymend's own identities lack of what they are deployed for, and at which vaults; empty: nothing."),
  ),
  notifications: v.object({ waiting: v.number(), dead: v.number() }),
});
