/** Every story, in the order in which they are listed. */
import { accessDenied } from "./access-denied.ts";
import { defaultIdentityChanged } from "./default-identity-changed.ts";
import { approvalDrift } from "./approval-drift.ts";
import { approvalRejected } from "./approval-rejected.ts";
import { defaultIdentityUndefined } from "./default-identity-undefined.ts";
import { fiveDatabasesOneVault } from "./five-databases-one-vault.ts";
import { flapping } from "./flapping.ts";
import { grantReplaced } from "./grant-replaced.ts";
import { healerNotPermitted } from "./healer-not-permitted.ts";
import { identityDeleted } from "./identity-deleted.ts";
import { identityRecreated } from "./identity-recreated.ts";
import { identityDetached } from "./identity-detached.ts";
import { keyDeleted } from "./key-deleted.ts";
import { keyDisabled } from "./key-disabled.ts";
import { keyExpired } from "./key-expired.ts";
import { keyGone } from "./key-gone.ts";
import { keyNearExpiry } from "./key-near-expiry.ts";
import { keyNotYetValid } from "./key-not-yet-valid.ts";
import { keyOperationsRemoved } from "./key-operations-removed.ts";
import { keyRotatedPinned } from "./key-rotated-pinned.ts";
import { keyUnfit } from "./key-unfit.ts";
import { keyUriMalformed } from "./key-uri-malformed.ts";
import { managedHsm } from "./managed-hsm.ts";
import { mendedByHand } from "./mended-by-hand.ts";
import { networkBlocked } from "./network-blocked.ts";
import { neverRevalidated } from "./never-revalidated.ts";
import { nothingWrong } from "./nothing-wrong.ts";
import { observeOnly } from "./observe-only.ts";
import { oldVersionDisabled } from "./old-version-disabled.ts";
import { otherTenant } from "./other-tenant.ts";
import { perimeterBlocked } from "./perimeter-blocked.ts";
import { permissionModelSwitched } from "./permission-model-switched.ts";
import { policyRemoved } from "./policy-removed.ts";
import { privilegedCaller } from "./privileged-caller.ts";
import { provisioningFailed } from "./provisioning-failed.ts";
import { rejectAndApprove } from "./reject-and-approve.ts";
import { restoredAccount } from "./restored-account.ts";
import { revokedOnPurpose } from "./revoked-on-purpose.ts";
import { roleRemoved } from "./role-removed.ts";
import { stranger } from "./stranger.ts";
import { tagLifted } from "./tag-lifted.ts";
import { twoCauses } from "./two-causes.ts";
import { vaultDeleted } from "./vault-deleted.ts";
import { vaultGone } from "./vault-gone.ts";
import { vaultUnreachable } from "./vault-unreachable.ts";
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
  keyDisabled,
  oldVersionDisabled,
  keyNotYetValid,
  keyDeleted,
  keyGone,
  keyOperationsRemoved,
  keyUnfit,
  vaultDeleted,
  vaultGone,
  vaultUnreachable,
  permissionModelSwitched,
  accessDenied,
  identityDeleted,
  identityRecreated,
  identityDetached,
  defaultIdentityUndefined,
  defaultIdentityChanged,
  networkBlocked,
  perimeterBlocked,
  keyUriMalformed,
  restoredAccount,
  provisioningFailed,
  stranger,
  managedHsm,
  otherTenant,
  twoCauses,
  fiveDatabasesOneVault,
  healerNotPermitted,
  mendedByHand,
  neverRevalidated,
  approvalRejected,
  approvalDrift,
  rejectAndApprove,
  flapping,
  grantReplaced,
  tagLifted,
  privilegedCaller,
];
