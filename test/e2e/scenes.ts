/** The scenes of a test file, one after the other around one app: what a scene does is not lost by that, and most of its start is spared. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { afterAll, beforeAll } from "vitest";
import type { Ended, Scene, SceneOptions } from "../../sandbox/play/scene.ts";
import { createSceneRunner, type SceneRunner } from "../../sandbox/play/scene-runner.ts";
import { silent } from "../../sandbox/play/timeline.ts";
import type { HostLog } from "../../sandbox/running/host-child.ts";
import { startTables, type Tables } from "../../sandbox/running/azurite.ts";
import { jsonOf } from "../../src/storage/rows.ts";
import { leaksIn, secretsOf } from "./secrets.ts";

/** As the scene runner calls the tables of its first app. */
const TABLES = ["incidents0", "audit0", "baseline0"];

/** All that the app keeps, whole. */
const keptIn = async (connectionString: string): Promise<string[]> => {
  const rows: string[] = [];
  for (const name of TABLES) {
    const table = TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true });
    for await (const row of table.listEntities()) rows.push(JSON.stringify(row), "schema" in row ? jsonOf(row, name) : "");
  }
  return rows;
};

type Played = Omit<SceneOptions, "tables" | "foundation" | "start" | "speed" | "timeline" | "onError"> & {
  /** While the app is still there to be asked. */
  atTheEnd?: (scene: Scene) => Promise<void>;
};

export type Scenes = { readonly open: SceneRunner["open"]; readonly play: (options: Played) => Promise<Ended> };

export function useSceneRunner(): Scenes {
  let folder: string;
  let tables: Tables;
  let runner: SceneRunner;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "keymend-scenes-"));
    tables = await startTables(folder);
    runner = createSceneRunner({ tables, number: 0, folder });
  });
  afterAll(async () => {
    await runner.close();
    await tables.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    open: (options) => runner.open(options),
    async play({ atTheEnd, ...options }) {
      const onError = (error: unknown): void => {
        throw error;
      };
      const said: string[] = [];
      const onLog = ({ message }: HostLog): void => void said.push(message);
      const scene = await runner.open({ ...options, speed: 0, timeline: silent, onError, onLog });
      try {
        const ended = await scene.play(performance.now());
        await atTheEnd?.(scene);
        const texts = [...said, ...(await keptIn(tables.connectionString)), JSON.stringify(scene.sandbox.azure.published)];
        return { ...ended, faults: [...ended.faults, ...leaksIn(texts, secretsOf(scene.sandbox))] };
      } finally {
        await scene.sandbox.close();
      }
    },
  };
}
