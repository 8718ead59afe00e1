/**
 * All causes, in repair order: vault → key → identity → access → network → database. Those at the end look at what the others have
 * found. One more cause is one file and one line here.
 */
import type { CauseCode } from "../cause-code.ts";
import type { Cause } from "../cause.ts";
import { accessDenied } from "./access-denied.ts";
import { accessMissing } from "./access-missing.ts";
import { borrowedIdentity } from "./borrowed-identity.ts";
import { defaultIdentityChanged } from "./default-identity-changed.ts";
import { defaultIdentityUndefined } from "./default-identity-undefined.ts";
import { identityDeleted } from "./identity-deleted.ts";
import { keyDeleted } from "./key-deleted.ts";
import { keyDisabled } from "./key-disabled.ts";
import { keyExpired } from "./key-expired.ts";
import { keyGone } from "./key-gone.ts";
import { keyNearExpiry } from "./key-near-expiry.ts";
import { keyNotYetValid } from "./key-not-yet-valid.ts";
import { keyOperationsRemoved } from "./key-operations-removed.ts";
import { keyUnfit } from "./key-unfit.ts";
import { keyUriMalformed } from "./key-uri-malformed.ts";
import { keyVersionPinned } from "./key-version-pinned.ts";
import { managedHsm } from "./managed-hsm.ts";
import { networkBlocked } from "./network-blocked.ts";
import { oldVersionDisabled } from "./old-version-disabled.ts";
import { otherRegion } from "./other-region.ts";
import { otherTenant } from "./other-tenant.ts";
import { perimeterBlocked } from "./perimeter-blocked.ts";
import { permissionModelSwitched } from "./permission-model-switched.ts";
import { policyMissing } from "./policy-missing.ts";
import { provisioningFailed } from "./provisioning-failed.ts";
import { revalidating } from "./revalidating.ts";
import { unreadable } from "./unreadable.ts";
import { vaultDeleted } from "./vault-deleted.ts";
import { vaultGone } from "./vault-gone.ts";
import { vaultUnreachable } from "./vault-unreachable.ts";

export const causes: readonly Cause[] = [
  managedHsm,
  otherTenant,
  vaultGone,
  vaultDeleted,
  otherRegion,
  keyUriMalformed,
  keyGone,
  keyDeleted,
  keyUnfit,
  keyDisabled,
  oldVersionDisabled,
  keyNotYetValid,
  keyExpired,
  keyNearExpiry,
  keyOperationsRemoved,
  identityDeleted,
  defaultIdentityUndefined,
  defaultIdentityChanged,
  borrowedIdentity,
  permissionModelSwitched,
  accessDenied,
  accessMissing,
  policyMissing,
  networkBlocked,
  perimeterBlocked,
  unreadable,
  provisioningFailed,
  keyVersionPinned,
  vaultUnreachable,
  revalidating,
];

export const causeOf = (code: CauseCode): Cause => causes.find((cause) => cause.code === code)!;
