/** The scenes of a test file, one after the other around one app: what a scene does is not lost by that, and most of its start is spared. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Ended, SceneOptions } from "../../sandbox/play/scene.ts";
import { createSceneRunner, type SceneRunner } from "../../sandbox/play/scene-runner.ts";
import type { Timeline } from "../../sandbox/play/timeline.ts";
import { startTables, type Tables } from "../../sandbox/running/azurite.ts";

const silent: Timeline = { say() {}, note() {}, waitFor() {}, tick() {}, end() {} };

type Played = Omit<SceneOptions, "tables" | "foundation" | "start" | "speed" | "timeline" | "onError">;

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
    async play(options) {
      const onError = (error: unknown): void => {
        throw error;
      };
      const scene = await runner.open({ ...options, speed: 0, timeline: silent, onError });
      try {
        return await scene.play(performance.now());
      } finally {
        await scene.sandbox.close();
      }
    },
  };
}
