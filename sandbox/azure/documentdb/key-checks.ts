/**
 * The service's own check of every customer-managed key: once an hour, each database at its own phase. What GET shows of key
 * access changes only here. Raises no event. Sources: both troubleshooting guides ("within 60 minutes", "upwards to one hour");
 * "throttled to once per hour" (SelfHelpContent cosmosdb-security-managedkeys.md).
 */
import type { Scheduled } from "../../time/clock.ts";
import { vaultOfHost } from "../keyvault/vault-state.ts";
import type { Cluster, World } from "../world.ts";
import { keyPath, keyPlace, keyUriOf, pinnedVersion, versionInUse } from "./key-path.ts";
import { isAccount, stateOf } from "./state.ts";
import type { Database, KeyCheck, KeyPath } from "./state.ts";
import { numberSwitch, wordSwitch } from "./switches.ts";

const HOUR = 3_600_000;

type Due = { at: number; database: Database };

/** Checks every database at its phase from now on, also those that come later. */
export function startKeyChecks(world: World): void {
  let queue: Due[] = [];
  let planned: Scheduled | undefined;
  // One entry on the clock for all of them: an estate may have ten thousand.
  const wake = (): void => {
    planned?.cancel();
    const [first] = queue;
    planned = first && world.clock.at(first.at, "key checks", () => run(first.at));
  };
  const run = (at: number): void => {
    const later = queue.findIndex((d) => d.at !== at);
    const due = queue.splice(0, later < 0 ? queue.length : later);
    // Every one comes again after the same hour, so the queue stays in order.
    for (const { database } of due) queue.push({ at: at + HOUR, database });
    wake();
    for (const { database } of due) if (isChecked(world, database)) checkKey(world, database);
  };
  const replan = (moved?: Database): void => {
    const known = new Map(queue.map(({ at, database }) => [database, at]));
    if (moved) known.delete(moved);
    const all: Database[] = [...world.accounts.values(), ...world.clusters.values()];
    queue = all.filter((d) => isChecked(world, d)).map((database) => ({ at: known.get(database) ?? nextCheck(world, database), database }));
    queue.sort((a, b) => a.at - b.at);
    wake();
  };
  stateOf(world).replan = replan;
  replan();
}

/** When this database is checked next, ms. */
function nextCheck(world: World, database: Database): number {
  const now = world.clock.now();
  const sincePhase = (((now - database.check.phaseMs) % HOUR) + HOUR) % HOUR;
  return now + HOUR - sincePhase;
}

/** Moves a database's checks: the next one comes at this time, which lies within the hour. */
export function setNextCheck(world: World, database: Database, at: number): void {
  const ahead = at - world.clock.now();
  if (ahead <= 0 || ahead > HOUR) throw new Error(`the next check of ${database.name} can't be ${ahead} ms from now: it comes every hour`);
  database.check.phaseMs = ((at % HOUR) + HOUR) % HOUR;
  stateOf(world).replan(database);
}

export function onKeyCheck(world: World, listener: (check: KeyCheck) => void): void {
  stateOf(world).listeners.push(listener);
}

/** One check, now. */
export function checkKey(world: World, database: Database): KeyPath {
  const path = keyPath(world, database);
  const before = database.check.revoked;
  database.check.lastCheckAt = world.clock.now();
  if (path.ok) passed(world, database, path.version);
  else {
    database.check.revoked = true;
    database.check.code = path.code;
  }
  if (!isAccount(database)) showClusterStatus(world, database);
  const kind = isAccount(database) ? "account" : "cluster";
  const changed = database.check.revoked !== before;
  for (const tell of stateOf(world).listeners) tell({ at: world.clock.now(), target: database, kind, path, changed });
  return path;
}

/** A check that finds the key back brings the database online; only a later one moves it to a newer version ("once the account is online"). */
function passed(world: World, database: Database, latest: string): void {
  const { check } = database;
  if (check.revoked) {
    if (check.neverRevalidates) return;
    check.revoked = false;
    check.code = null;
    if (versionInUse(database) !== undefined) return;
  }
  const used = versionInUse(database);
  if (used === undefined || (used !== latest && isRipe(world, database, latest))) useVersion(database, latest);
}

function isRipe(world: World, database: Database, latest: string): boolean {
  const uri = keyUriOf(database)!;
  if (pinnedVersion(uri) !== undefined) return false;
  const place = keyPlace(uri);
  const key = place && vaultOfHost(world, place.host)?.keys.get(place.key);
  const version = key?.versions.find((v) => v.version === latest);
  const age = version === undefined ? 0 : world.clock.now() - version.created * 1000;
  return age >= numberSwitch(world, "documentdb.versionRolloverMs");
}

export function useVersion(database: Database, version: string | undefined): void {
  if (isAccount(database)) database.keyVaultKeyUriVersion = version;
  else database.versionInUse = version;
}

/** What `clusterStatus` says of a cluster at rest. A cluster whose provisioning failed stays so. */
export function showClusterStatus(world: World, cluster: Cluster): void {
  if (cluster.operation !== undefined || cluster.provisioningState === "Failed") return;
  cluster.clusterStatus = cluster.check.revoked ? wordSwitch(world, "documentdb.clusterLostStatus") : "Ready";
}

/** A database that is there and has a customer-managed key. */
function isChecked(world: World, database: Database): boolean {
  const id = database.id.toLowerCase();
  const there = (isAccount(database) ? world.accounts.get(id) : world.clusters.get(id)) === database;
  return there && keyUriOf(database) !== undefined && !["Creating", "Failed", "InProgress"].includes(database.provisioningState);
}
