/**
 * All causes, in the order in which each is asked about a database, which is the order of repair: vault → key → identity → access →
 * network → database. Nearly all judge by the facts alone, and where two could say the same, one of them yields by its own condition, said at
 * its line; those of access and those at the end go by what was found before them. Where two would set one thing of one database differently, the one
 * that comes first is heard; of two databases that share it, the first.
 * A cause without its line here does not compile.
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

const registry: { readonly [C in CauseCode]: Cause } = {
  // Out of reach: whatever else was read is another place's, so this one and the next eclipse the rest and nothing after them is asked.
  ManagedHsm: managedHsm,
  // Before every vault cause: from another tenant a vault looks gone.
  OtherTenant: otherTenant,
  // The vault. Without one no key can be read, so that the causes of keys find nothing; gone and deleted are two states of one fact.
  VaultGone: vaultGone,
  // Never beside the one above.
  VaultDeleted: vaultDeleted,
  // A live vault in the wrong place, and no repair: beside whatever else is found.
  OtherRegion: otherRegion,
  // Which key: with a URI that can't be read there is none to ask about.
  KeyUriMalformed: keyUriMalformed,
  // The key: gone, deleted and live are states of one fact. What follows is about versions of a live one.
  KeyGone: keyGone,
  // Never beside the one above.
  KeyDeleted: keyDeleted,
  // No attribute makes it fit: said before what could be set on it.
  KeyUnfit: keyUnfit,
  // The latest version off is the kill switch, whatever else is off with it: it asks.
  KeyDisabled: keyDisabled,
  // Yields to KeyDisabled: only where the latest is on was the older one switched off too early.
  OldVersionDisabled: oldVersionDisabled,
  // Yields to none: a version can be off, ahead of its time and expired at once, and each is mended.
  KeyNotYetValid: keyNotYetValid,
  // Expired before near, as an expired version still in use is the worse of two. Of the version before, which may be in use after a rotation
  // and which nothing else points to, it yields to OldVersionDisabled.
  KeyExpired: keyExpired,
  // Yields version by version to KeyExpired: what has expired is near no more.
  KeyNearExpiry: keyNearExpiry,
  // Yields version by version to KeyUnfit: a key of a wrong type never had them.
  KeyOperationsRemoved: keyOperationsRemoved,
  // The identity, one state of one fact each: gone; none or not attached; there. Access is asked only of one that is there.
  IdentityDeleted: identityDeleted,
  // Never beside the one above.
  DefaultIdentityUndefined: defaultIdentityUndefined,
  // One that is there and was put in the other's place: before all of access, which yields to it, as nothing is granted to a newcomer.
  DefaultIdentityChanged: defaultIdentityChanged,
  // One that is there and another account's: found beside whatever it lacks. Who was put in another's place gets that one back first.
  BorrowedIdentity: borrowedIdentity,
  // Access: one lack, one cause. The switched model takes it where the grants are in the other model; it yields to AccessDenied.
  PermissionModelSwitched: permissionModelSwitched,
  // Somebody said no: no grant goes around that. What would grant a role yields to it.
  AccessDenied: accessDenied,
  // Yields to both above, in a vault of role assignments.
  AccessMissing: accessMissing,
  // Yields to PermissionModelSwitched alone: a vault of access policies knows no denial.
  PolicyMissing: policyMissing,
  // The network: yields to the perimeter, which overrides the vault's own bypass.
  NetworkBlocked: networkBlocked,
  // Yields to none.
  PerimeterBlocked: perimeterBlocked,
  // After all that reads the key path: what was not read matters less where something else explains the loss.
  Unreadable: unreadable,
  // Eclipses what was found before it by saying it all as unmet requirements: nothing of a cluster that never came up is repaired.
  ProvisioningFailed: provisioningFailed,
  // Found beside whatever is broken, and waits for it: a cluster is moved to the latest version once the one it names works.
  KeyVersionPinned: keyVersionPinned,
  // The service complains and the path is whole: both only where what was found before is still to break, or nothing was. This one takes the
  // codes of a vault out of reach ...
  VaultUnreachable: vaultUnreachable,
  // ... and the last one whatever is left: mended, and the service has not noticed.
  Revalidating: revalidating,
};

export const causes: readonly Cause[] = Object.values(registry);

export const causeOf = (code: CauseCode): Cause => registry[code];
