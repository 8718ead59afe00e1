/** Every story, in the order in which they are listed. */
import { keyExpired } from "./key-expired.ts";
import { keyNearExpiry } from "./key-near-expiry.ts";
import { keyRotatedPinned } from "./key-rotated-pinned.ts";
import { nothingWrong } from "./nothing-wrong.ts";
import { observeOnly } from "./observe-only.ts";
import { policyRemoved } from "./policy-removed.ts";
import { revokedOnPurpose } from "./revoked-on-purpose.ts";
import { roleRemoved } from "./role-removed.ts";
import type { Story } from "./story.ts";

export const stories: readonly Story[] = [
  roleRemoved,
  policyRemoved,
  keyNearExpiry,
  keyExpired,
  keyRotatedPinned,
  nothingWrong,
  revokedOnPurpose,
  observeOnly,
];
