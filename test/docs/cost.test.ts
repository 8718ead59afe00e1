import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SETTING_DEFAULTS } from "../../src/config.ts";

const page = readFileSync("docs/cost.md", "utf8");

/** The number in a row's given cell. */
function cell(row: RegExp, column: number): number {
  const line = page.split("\n").find((one) => one.startsWith("|") && row.test(one))!;
  const text = line.split("|")[column]!.replaceAll(/[*,]/g, "");
  return Number.parseFloat(text) * (text.includes("million") ? 1e6 : 1);
}

const DAYS = 30;
const SECONDS = DAYS * 86_400;
const [ready, executing, million] = [/baseline/, /executing, a GB-s/, /a million executions/].map((row) => cell(row, 2));
const [table, queue, log, vault] = [/^\| Table storage/, /^\| Queue storage/, /^\| Log Analytics/, /^\| Key Vault/].map((row) =>
  cell(row, 2),
);

describe("the page of costs", () => {
  test("counts what the code is set to", () => {
    const host = JSON.parse(readFileSync("host.json", "utf8")) as {
      extensions: { durableTask: { storageProvider: { partitionCount: number; maxQueuePollingInterval: string } } };
    };
    const { partitionCount, maxQueuePollingInterval } = host.extensions.durableTask.storageProvider;
    expect(maxQueuePollingInterval).toBe("00:00:05");
    expect(SETTING_DEFAULTS["KEYMEND_SWEEP_SCHEDULE"]).toBe("0 */5 * * * *");
    expect(cell(/^\| sweeps/, 2)).toBe((DAYS * 24 * 60) / 5);
    expect(SETTING_DEFAULTS["KEYMEND_RECHECK_SCHEDULE"]).toBe("30 */2 * * * *");
    expect(cell(/^\| rechecks/, 2)).toBe((DAYS * 24 * 60) / 2);
    expect(cell(/^\| queue polls/, 2)).toBeCloseTo(((partitionCount + 1) * SECONDS) / 5, -5);
    expect(readFileSync("infra/main.bicep", "utf8")).toContain("param instanceMemoryMB int = 512");
  });

  test.each([
    [5, 2],
    [1000, 3],
  ])("adds up for %i vaults", (vaults, column) => {
    const sweeps = cell(/^\| sweeps/, 2);
    const looks = vaults * cell(/^\| looks/, 2);
    const rechecks = cell(/^\| rechecks/, 2);
    const busy = vaults === 5 ? sweeps * cell(/^\| seconds that a sweep/, 2) : SECONDS;
    const durable = cell(/^\| Durable's storage/, 2) / 2;
    const rows = {
      "one instance": 0.5 * SECONDS * ready!,
      "while it executes": 0.5 * busy * executing!,
      "executions \\(": ((looks * cell(/^\| executions a look/, 2) + sweeps + rechecks) / 1e6) * million!,
      "tables \\(":
        ((looks * (cell(/^\| own table operations a look/, 2) + durable) + sweeps * cell(/^\| own table operations in/, 2)) / 1e4) * table!,
      "queues \\(": ((looks * durable + cell(/^\| queue polls/, 2)) / 1e4) * queue!,
      "vaults \\(": ((vaults * sweeps * cell(/^\| calls to the vaults/, 2)) / 1e4) * vault!,
      "logs \\(": Math.max(0, (looks * 4) / 1e6 - 5) * log!,
    };
    for (const [name, dollars] of Object.entries(rows)) {
      expect({ name, dollars: cell(new RegExp(`^\\| ${name}`), column) }).toEqual({ name, dollars: expect.closeTo(dollars, 1) as unknown });
    }
    const sum = Object.values(rows).reduce((a, b) => a + b, 0);
    expect(Math.abs(cell(/together/, column) - sum)).toBeLessThan(1);
  });
});
