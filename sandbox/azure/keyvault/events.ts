/**
 * Events of Key Vault: a new key version, one that nears its expiry or has expired, a changed access policy or permission model.
 * There is none for disabling, deleting or changing a key, nor for the network (Event Grid: event-schema-key-vault.md).
 */
import type { Scheduled } from "../../time/clock.ts";
import { same } from "../routes.ts";
import type { Json, JsonObject, Key, KeyVersion, Vault, World } from "../world.ts";
import { shift } from "./durations.ts";
import { keyId } from "./key-body.ts";
import { currentVersion } from "./key-state.ts";
import { setting } from "./switches.ts";
import { vaultUri } from "./vault-state.ts";

type Kind = "KeyNearExpiry" | "KeyExpired";
type Place = { world: World; vault: Vault; key: Key; version: KeyVersion };

/** Worlds whose key events run, and what is planned for each version. */
const running = new WeakSet<World>();
const planned = new WeakMap<KeyVersion, Scheduled[]>();

/** From here on expiry raises events, also that of keys made later. What lies in the past stays silent. */
export function scheduleKeyEvents(world: World): void {
  running.add(world);
  for (const vault of world.vaults.values()) {
    for (const key of vault.keys.values()) for (const version of key.versions) planExpiry(world, vault, key, version);
  }
}

export function hasEventSubscription(world: World, vault: Vault): boolean {
  return [...world.eventSubscriptions.values()].some((s) => {
    const topic = world.systemTopics.get(s.topicId.toLowerCase());
    return topic !== undefined && same(topic.source, vault.id);
  });
}

/** A version was made. One that is born within its near-expiry time says so at once. */
export function announceVersion(world: World, vault: Vault, key: Key, version: KeyVersion): void {
  if (!running.has(world)) return;
  publish({ world, vault, key, version }, "KeyNewVersionCreated");
  const near = dueAt(key, version, "KeyNearExpiry");
  if (near !== undefined && near <= world.clock.now()) fire({ world, vault, key, version }, "KeyNearExpiry");
  planExpiry(world, vault, key, version);
}

/** After a change of exp or of the rotation policy: what was planned follows the new time. */
export function planExpiry(world: World, vault: Vault, key: Key, version: KeyVersion): void {
  for (const scheduled of planned.get(version) ?? []) scheduled.cancel();
  if (!running.has(world)) return;
  const place = { world, vault, key, version };
  planned.set(
    version,
    (["KeyNearExpiry", "KeyExpired"] as const).flatMap((kind) => plan(place, kind)),
  );
}

function plan(place: Place, kind: Kind): Scheduled[] {
  const due = dueAt(place.key, place.version, kind);
  if (due === undefined || due <= place.world.clock.now()) return [];
  return [place.world.clock.at(due, `${kind} of ${place.key.name}`, () => fireIfStillDue(place, kind))];
}

/** A state that was changed behind the back of planExpiry is honored here: later means later. */
function fireIfStillDue(place: Place, kind: Kind): void {
  const due = dueAt(place.key, place.version, kind);
  if (due === undefined) return;
  if (due > place.world.clock.now()) planExpiry(place.world, place.vault, place.key, place.version);
  else fire(place, kind);
}

function fire(place: Place, kind: Kind): void {
  const { world, vault, key, version } = place;
  if (vault.deleted || key.deleted || currentVersion(key) !== version) return;
  if (setting(world, "keyvault.eventsOnlyForNewVersions") && version.notifies === false) return;
  publish(place, kind);
}

/** Milliseconds. Near is 30 days before expiry, or what the rotation policy's Notify action says. */
function dueAt(key: Key, version: KeyVersion, kind: Kind): number | undefined {
  if (version.exp === undefined) return undefined;
  if (kind === "KeyExpired") return version.exp * 1000;
  const trigger = notifyTrigger(key);
  const after = trigger["timeAfterCreate"];
  if (typeof after === "string") return shift(version.created, after, 1) * 1000;
  const before = trigger["timeBeforeExpiry"];
  return shift(version.exp, typeof before === "string" ? before : "P30D", -1) * 1000;
}

function notifyTrigger(key: Key): JsonObject {
  const actions = key.rotationPolicy?.["lifetimeActions"];
  const notify = (Array.isArray(actions) ? actions : []).map(member).find((a) => /^notify$/i.test(word(member(a["action"])["type"])));
  return member(notify?.["trigger"]);
}

const word = (value: Json | undefined): string => (typeof value === "string" ? value : "");

const member = (value: Json | undefined): JsonObject => (typeof value === "object" && value !== null && !Array.isArray(value) ? value : {});

function publish({ world, vault, key, version }: Place, kind: Kind | "KeyNewVersionCreated"): void {
  const time = (seconds: number | undefined): Json =>
    seconds === undefined ? null : setting(world, "keyvault.eventTimesAs") === "string" ? String(seconds) : seconds;
  world.publish({
    source: vault.id,
    subject: key.name,
    eventType: `Microsoft.KeyVault.${kind}`,
    eventTime: world.clock.iso(),
    data: {
      Id: keyId(vault, key, version),
      VaultName: vault.name,
      ObjectType: "Key",
      ObjectName: key.name,
      Version: version.version,
      NBF: time(version.nbf),
      EXP: time(version.exp),
    },
    dataVersion: "1",
  });
}

/** Which policy or principal changed is not said; the exact values of `data` are not documented: only the source may be relied on. */
export function publishPolicyChanged(world: World, vault: Vault): void {
  world.publish({
    source: vault.id,
    subject: vault.name,
    eventType: "Microsoft.KeyVault.VaultAccessPolicyChanged",
    eventTime: world.clock.iso(),
    data: { Id: vaultUri(vault), VaultName: vault.name, ObjectType: "Vault", ObjectName: vault.name, Version: "", NBF: null, EXP: null },
    dataVersion: "1",
  });
}
