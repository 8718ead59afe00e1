/**
 * The sandbox's own eye on the databases of a story: when the key path broke, when it was whole again, when the service noticed.
 * What a result says of outage and healing comes from here, never from the app.
 */
import { onKeyCheck } from "../azure/documentdb/key-checks.ts";
import { keyPath, keyUriOf } from "../azure/documentdb/key-path.ts";
import type { Account, Cluster, World } from "../azure/world.ts";

export type Database = Account | Cluster;

export type Watched = {
  readonly database: Database;
  /** Since when the key path is whole without interruption, ms; undefined while it is not. */
  wholeSince: number | undefined;
  everBroken: boolean;
  /** The service took the database down. */
  everRevoked: boolean;
  /** The first check of the service that passed since the key path is whole. */
  passedAt: number | undefined;
};

export type Change =
  | { what: "broken" | "whole"; databases: Database[] }
  | { what: "checkFailed"; database: Database; noticed: boolean }
  | { what: "checkPassed"; database: Database; back: boolean };

export type Watch = {
  all: Watched[];
  /** Watches these instead, as if always. */
  set(databases: readonly Database[]): void;
  /** Looks now. */
  look(): void;
  /** Forgets what was before: a story begins. */
  begin(): void;
};

/** Deleted role assignments are still honored for a while: what counts is what holds once everything has arrived. */
function pathNow(world: World, database: Database): { ok: boolean } {
  // One without a key has no way to lose it.
  if (keyUriOf(database) === undefined) return { ok: true };
  const fading = world.fadingAssignments.splice(0);
  try {
    return keyPath(world, database);
  } finally {
    world.fadingAssignments.push(...fading);
  }
}

export function createWatch(world: World, databases: readonly Database[], onChange: (change: Change) => void): Watch {
  const { clock } = world;
  const fresh = (database: Database): Watched => ({
    database,
    wholeSince: clock.now(),
    everBroken: false,
    everRevoked: database.check.revoked,
    passedAt: undefined,
  });
  /** What has become of its key path since the last look. */
  const lookAt = (watched: Watched): "broken" | "whole" | undefined => {
    const { ok } = pathNow(world, watched.database);
    if (ok === (watched.wholeSince !== undefined)) return undefined;
    watched.wholeSince = ok ? clock.now() : undefined;
    watched.everBroken ||= !ok;
    return ok ? "whole" : "broken";
  };
  const watch: Watch = {
    all: databases.map(fresh),
    set(others) {
      watch.all = others.map((database) => watch.all.find((known) => known.database === database) ?? fresh(database));
    },
    look() {
      const looks = watch.all.map((watched) => ({ database: watched.database, became: lookAt(watched) }));
      for (const what of ["broken", "whole"] as const) {
        const changed = looks.filter(({ became }) => became === what).map(({ database }) => database);
        if (changed.length > 0) onChange({ what, databases: changed });
      }
    },
    begin() {
      watch.all = watch.all.map(({ database }) => fresh(database));
    },
  };
  onKeyCheck(world, ({ at, target, path, changed }) => {
    const watched = watch.all.find(({ database }) => database === target);
    if (!watched) return;
    watch.look();
    if (path.ok) {
      // A check may pass on a grant that is already taken away and only fading: that is no proof.
      if (watched.wholeSince !== undefined && (watched.passedAt ?? -1) < watched.wholeSince) watched.passedAt = at;
      onChange({ what: "checkPassed", database: target, back: changed });
    } else {
      watched.everRevoked = true;
      onChange({ what: "checkFailed", database: target, noticed: changed });
    }
  });
  return watch;
}

/** What is true of a database now, in the words of the domain; what only a reader of the future knows (`atRisk`) is not told here. */
export function truePhase(world: World, database: Database): "healthy" | "inGrace" | "revoked" | "recovering" {
  const { ok } = pathNow(world, database);
  if (database.check.revoked) return ok ? "recovering" : "revoked";
  return ok ? "healthy" : "inGrace";
}
