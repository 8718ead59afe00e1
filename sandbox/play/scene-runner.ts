/**
 * Scenes one after the other around an app that runs on, as it does in the cloud: each in an Azure of its own, a week after the one
 * before, at the same hour, on tables that are emptied for it.
 */
import { mkdirSync } from "node:fs";
import type { Tables } from "../running/azurite.ts";
import { emptyTables } from "../running/empty-tables.ts";
import { createFoundation, type Foundation } from "../running/foundation.ts";
import { openScene, type Scene, type SceneOptions, START } from "./scene.ts";

export type SceneRunnerOptions = {
  /** May be shared. */
  tables: Tables;
  /** Tells runners on the same tables apart. */
  number: number;
  folder: string;
  /** As for the network. */
  silenceMs?: number;
};

export type SceneRunner = {
  /** Scenes so far around the app that runs now. */
  readonly played: number;
  /** The one before must be closed. */
  open(options: Omit<SceneOptions, "tables" | "foundation" | "start">): Promise<Scene>;
  /** The next scene gets an app that has lived through nothing. */
  renew(): Promise<void>;
  close(): Promise<void>;
};

const WEEK = 7 * 24 * 3_600_000;
const TABLES = ["incidents", "audit", "baseline"];

export function createSceneRunner({ tables, number, folder, silenceMs }: SceneRunnerOptions): SceneRunner {
  const names = TABLES.map((name) => `${name}${number}`);
  const settings = Object.fromEntries(names.map((name, i) => [`KEYMEND_TABLE_${TABLES[i]!.toUpperCase()}`, name]));
  let foundation: Foundation | undefined;
  let start = START;
  let played = 0;
  const renew = async (): Promise<void> => {
    await foundation?.close();
    foundation = undefined;
    played = 0;
  };
  return {
    get played() {
      return played;
    },
    async open(options) {
      // At once: a folder that is made in the background may be made after this process has removed everything at its end.
      mkdirSync(folder, { recursive: true });
      foundation ??= await createFoundation(tables, { dir: folder, ...(silenceMs === undefined ? {} : { silenceMs }) });
      await tables.ready;
      await emptyTables(tables.connectionString, names);
      played++;
      start += WEEK;
      const story = { ...options.story, settings: { ...options.story.settings, ...settings } };
      return openScene({ ...options, story, foundation, start });
    },
    renew,
    close: renew,
  };
}
