/** Instances that an earlier version began go on under this one: what was recorded of them is asked for again, in the same order. */
import { readdirSync, readFileSync } from "node:fs";
import { DummyOrchestrationContext } from "durable-functions";
import { createOrchestrator } from "durable-functions/lib/src/util/testingUtils.js";
import { describe, expect, test } from "vitest";
import type { OrchestratorState } from "../../sandbox/host/durable/actions.ts";
import { healVault } from "../../src/orchestrations/heal-vault.ts";
import { type Recorded, shapeOf } from "../support/recorded-history.ts";

const FOLDER = new URL("../fixtures/histories/", import.meta.url);
const { version }: { version: string } = JSON.parse(readFileSync("package.json", "utf8"));
const files = readdirSync(FOLDER);

const recordedIn = (file: string): Recorded[] =>
  readFileSync(new URL(file, FOLDER), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);

async function answer(trigger: Recorded["trigger"]): Promise<OrchestratorState> {
  const context = new DummyOrchestrationContext("healVault", "replay", () => {});
  const state: unknown = await createOrchestrator(healVault)(trigger, context);
  return JSON.parse(JSON.stringify(state)) as OrchestratorState;
}

test("new instances are of this version: the host's is the package's", () => {
  const { extensions } = JSON.parse(readFileSync("host.json", "utf8")) as { extensions: { durableTask: Record<string, unknown> } };
  expect(extensions.durableTask).toMatchObject({
    defaultVersion: version,
    versionMatchStrategy: "CurrentOrOlder",
    versionFailureStrategy: "Fail",
  });
});

test("this version has its histories recorded", () => {
  expect(files).toContain(`healVault-${version}.jsonl`);
});

describe.each(files)("%s", (file) => {
  const recorded = recordedIn(file);

  test.each(recorded.map((one, at) => ({ ...one, at })))("history $at is replayed", async ({ trigger, shape }) => {
    expect(shapeOf(await answer(trigger))).toEqual(shape);
  });

  test("goes through every activity, and every way to wait", () => {
    const text = JSON.stringify(recorded.map(({ shape }) => shape));
    for (const name of ["assess", "applyStep", "pollStep", "signal"]) expect(text).toContain(`"${name}"`);
  });
});
