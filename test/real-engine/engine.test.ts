/** The local host beside the real Durable extension: the same app, the same plays, the same outcome. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeStateDirectories, stateDirectory } from "../sandbox/host/host-process.ts";
import { behaviours } from "./behaviours.ts";
import { deploy, deployed } from "./deployment.ts";
import { type Engine, type Ground, startLocal, startReal } from "./engines.ts";
import { build, missing } from "./program.ts";
import { type Storage, startStorage } from "./storage.ts";

const skipped = missing();
if (skipped) process.stderr.write(`skipped: ${skipped}\n`);

/** Without an end state asked for. */
const PURGED = { purged: { result: { instancesDeleted: 6 } }, left: "gone" };

const idOf = (at: number): string => `play${at}`;
const own = (value: unknown, id: string): unknown => JSON.parse(JSON.stringify(value ?? null).replaceAll(id, "ID"));
const rows = behaviours.map((behaviour, at) => ({ ...behaviour, id: idOf(at) }));
const wanted = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** In a hub of its own. */
function deployOnReal(ground: Ground): Promise<Record<string, unknown>> {
  const options = { directory: stateDirectory(), settings: { hubName: "Deployed" } };
  return deploy({
    old: () => startReal(ground, options),
    next: () => startReal(ground, { ...options, app: "next/everything" }),
    isSideBySide: true,
  });
}

describe("the local host", () => {
  let it: Engine;
  beforeAll(async () => {
    it = await startLocal();
  });
  afterAll(() => it.stop());

  test.for(rows)("$name", async ({ play, id, expected }) => {
    expect(own(await play(it, id), id)).toEqual(wanted(expected));
  });

  test("a host that dies in the middle of activities is taken over by the next version, and instances keep theirs", async () => {
    const directory = stateDirectory();
    const outcome = await deploy({
      old: () => startLocal({ directory }),
      next: () => startLocal({ directory, app: "next/everything" }),
      isSideBySide: false,
    });
    expect(outcome).toEqual({ ...deployed, ...PURGED });
  });
});

describe.skipIf(skipped)("the real extension", () => {
  let storage: Storage;
  let it: Engine;
  let deployment: ReturnType<typeof deployOnReal>;
  const outcomes = new Map<string, Promise<unknown>>();

  beforeAll(async () => {
    const program = build();
    storage = await startStorage();
    it = await startReal({ program, storage: storage.connectionString, began: Date.now() });
    // All at once, as most of it is waiting; whoever fails is told of in its own test.
    for (const { play, id } of rows) outcomes.set(id, play(it, id));
    deployment = deployOnReal({ program, storage: storage.connectionString, began: Date.now() });
    await Promise.allSettled([...outcomes.values(), deployment]);
  });
  afterAll(async () => {
    await it.stop();
    await storage.close();
    removeStateDirectories();
  });

  test.for(rows)("$name", async ({ id, expected }) => {
    expect(own(await outcomes.get(id), id)).toEqual(wanted(expected));
  });

  test("a host that dies in the middle of activities is taken over by the next version beside it, and instances keep theirs", async () => {
    expect(await deployment).toEqual({ ...deployed, ...PURGED });
  });
});
