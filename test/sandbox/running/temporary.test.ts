import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTemporaryFolder } from "../../../sandbox/running/temporary.ts";

let within: string;
beforeAll(() => {
  within = mkdtempSync(join(tmpdir(), "temporary-"));
});
afterAll(() => rmSync(within, { recursive: true, force: true }));

/** As a database does that opens and closes its journal: until the folder is gone. */
const WRITER = `
  const { parentPort } = require("node:worker_threads");
  const { unlinkSync, writeFileSync } = require("node:fs");
  const unlessGone = (work) => {
    try {
      work();
      return true;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
      return false;
    }
  };
  parentPort.on("message", (folder) => {
    const file = (n) => folder + "/" + (n % 3);
    for (let n = 0; unlessGone(() => writeFileSync(file(n), "")); n++) {
      unlessGone(() => unlinkSync(file(n)));
      if (n === 20) parentPort.postMessage("busy");
    }
    parentPort.postMessage("gone");
  });
`;

test("goes, though files come and go in it meanwhile", async () => {
  const writer = new Worker(WRITER, { eval: true });
  for (let round = 0; round < 100; round++) {
    const folder = createTemporaryFolder("busy-", within);
    writer.postMessage(folder.path, []);
    await once(writer, "message");
    const gone = once(writer, "message");
    folder.remove();
    expect(existsSync(folder.path)).toBe(false);
    await gone;
  }
  await writer.terminate();
});

test("goes with a process that ends without a word", () => {
  const module = new URL("../../../sandbox/running/temporary.ts", import.meta.url).href;
  const script = `
    const { createTemporaryFolder } = await import(${JSON.stringify(module)});
    const { path } = createTemporaryFolder("left-", ${JSON.stringify(within)});
    (await import("node:fs")).writeFileSync(path + "/a", "");
    process.exit(3);`;
  const { status } = spawnSync(process.execPath, ["--input-type=module", "--eval", script]);
  expect(status).toBe(3);
  expect(readdirSync(within)).toEqual([]);
});
