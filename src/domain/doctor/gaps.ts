/**
 * What a database with a customer-managed key should have around it and lacks: requirements of the two guides, and precautions against what
 * most often takes a key away. No loss, so no cause: each gap is told with the line that closes it.
 */
import { isUnder, keyScopeOf, nameOf } from "../arm-id.ts";
import { keyOf, liveVaultOf, pinnedVersionOf, principalIn } from "../databases/key-path.ts";
import type { Facts, LiveVault, TargetFacts } from "../facts.ts";
import { LONGEST_RETENTION, retentionLines, rotationLine } from "../steps/az-precautions.ts";
import { az, azGetDatabase, azNamed, say } from "../steps/az.ts";
import { azOf } from "../steps/index.ts";
import { versionlessDraft } from "../steps/versionless.ts";
import { holdsMore, staleGrants } from "./access-gaps.ts";
import type { Gap } from "./finding.ts";
import { gap } from "./gap.ts";

/** What is read beside what a look reads. */
export type Beside = {
  /** Null: they could not be read. */
  locks: readonly { scope: string; level: string }[] | null;
};

function purgeGap({ id, name, purgeProtection }: LiveVault): Gap[] {
  if (purgeProtection) return [];
  const words = `vault ${name} has no purge protection, which both kinds of database require: who purges its key takes the data with it`;
  return [gap("PurgeProtectionOff", "warning", id, words, az("keyvault", "update", ...azNamed(id), "--enable-purge-protection", "true"))];
}

function retentionGap({ keys }: Facts, vault: LiveVault): Gap[] {
  const { id, name, softDeleteRetentionInDays: days } = vault;
  if (days === null || days >= LONGEST_RETENTION) return [];
  const words = `what is deleted from vault ${name} can be recovered for ${days} days`;
  return [gap("RetentionShort", "note", id, words, ...retentionLines(vault, keys))];
}

/** For whoever runs the line to fill in. */
const YOURS = ["--resource-group", "YOUR-GROUP", "--subnet", "YOUR-ENDPOINT-SUBNET-ID"];

/**
 * "All traffic except private endpoint traffic and that that originates from trusted services will be blocked" (REST specification,
 * Microsoft.KeyVault vaults, publicNetworkAccess), and no function app is one. So no setting of the vault is to be changed: who mends its
 * keys comes through an endpoint of his own (Learn, "Integrate Key Vault with Azure Private Link").
 */
function privateGap({ id, name, network }: LiveVault): Gap[] {
  if (network.publicNetworkAccess?.toLowerCase() !== "disabled") return [];
  const words = `vault ${name} has no public access: databases reach it as trusted services alone, and repairs of its keys need a network that it lets in`;
  const endpoint = `keymend-${name}`;
  return [
    gap(
      "PrivateOnlyVault",
      "note",
      id,
      words,
      say(
        "a private endpoint in the network that Keymend is to speak from; docs/deploy.md, firewalls, has that network, and makes it all:",
      ),
      az(
        "network",
        "private-endpoint",
        "create",
        "--name",
        endpoint,
        "--connection-name",
        endpoint,
        ...YOURS,
        "--private-connection-resource-id",
        id,
        "--group-id",
        "vault",
      ),
    ),
  ];
}

/** A lock at the resource or above keeps it from being deleted, at either level (Microsoft Learn, "Lock your resources to protect your infrastructure"). */
const isLocked = (id: string, { locks }: Beside): boolean => locks === null || locks.some(({ scope }) => isUnder(scope, id));

const lockLine = (id: string): string =>
  az("lock", "create", "--name", "keymend-keep", "--lock-type", "CanNotDelete", "--resource", id, "--notes", "databases depend on it");

function vaultLockGap({ id, name }: LiveVault, beside: Beside): Gap[] {
  if (isLocked(id, beside)) return [];
  return [gap("VaultNotLocked", "note", id, `vault ${name} can be deleted by whoever may write it`, lockLine(id))];
}

/** An identity can't be recovered, and one of its name is another (Microsoft Learn, vCore troubleshooting guide). */
function identityLockGap(facts: Facts, target: TargetFacts, beside: Beside): Gap[] {
  const principal = principalIn(facts, target);
  const id = principal.state === "known" ? principal.identityId : null;
  if (id === null || isLocked(id, beside)) return [];
  return [gap("IdentityNotLocked", "note", id, `identity ${nameOf(id)} can be deleted, and can't be recovered`, lockLine(id))];
}

function rotationGaps(facts: Facts, vault: LiveVault, target: TargetFacts): Gap[] {
  const key = keyOf(facts, target);
  if (key?.state !== "live") return [];
  const on = keyScopeOf(vault.id, key.name);
  const { rotation } = key;
  if (rotation === undefined || rotation?.rotates) return [];
  const lines = [rotationLine("--vault-name", vault.name, "--name", key.name)];
  const expiry = rotation?.expiryTime ?? null;
  if (expiry === null) return [gap("NoRotationPolicy", "note", on, `key ${key.name} is rotated by hand alone`, ...lines)];
  const words = `each new version of key ${key.name} expires after ${expiry}, and nobody makes the next one`;
  return [gap("ExpiryWithoutRotation", "warning", on, words, ...lines)];
}

/** Microsoft Learn, "Configure customer-managed key in MongoDB vCore": only a URL without a version follows a rotation. An account must not name one at all. */
function pinGap(target: TargetFacts): Gap[] {
  const version = pinnedVersionOf(target);
  if (version === null) return [];
  const { kind, id, name } = target;
  const words = `${name} names version ${version} of its key, and stays on it when the key is rotated`;
  const draft = versionlessDraft(target);
  const lines = draft ? azOf(draft) : [azGetDatabase(kind, id, "properties.encryption")];
  return [gap("VersionPinned", "warning", id, words, ...lines)];
}

/** Of a vault that is not there the causes say all there is to say. */
export function gapsOf(facts: Facts, target: TargetFacts, beside: Beside): Gap[] {
  const vault = liveVaultOf(facts);
  const own = [...pinGap(target), ...identityLockGap(facts, target, beside)];
  if (!vault) return own;
  return [
    ...purgeGap(vault),
    ...retentionGap(facts, vault),
    ...privateGap(vault),
    ...vaultLockGap(vault, beside),
    ...rotationGaps(facts, vault, target),
    ...holdsMore(facts, vault, target),
    ...staleGrants(facts, vault),
    ...own,
  ];
}
