/**
 * What a sweep costs while all is well, over estates of growing size in one subscription: calls to Azure of the screening alone, and in the
 * dearest round with the looks that are due in it. Counts alone: they repeat to the digit for a seed. Goal: at most 1,500 calls a round of
 * screening for 1,000 vaults with 10,000 databases; what the hourly looks add is told beside it. Build first.
 * node bench/screening.ts [--sizes 10,30,100] [--databases N] [--rounds N]
 */
import { parseArgs } from "node:util";
import { tell } from "./row.ts";
import { readsOf, startThrottled } from "./throttled.ts";

const MINUTE = 60_000;
/** Whose hour alone has passed, in one sweep (docs/decisions/0008-screening.md). */
const looksOf = (vaults: number): number => vaults / 12;
const GOAL = { vaults: 1000, calls: 1500 };
/** 25 a second of one subscription (Learn, "Understand how Azure Resource Manager throttles requests"), in five minutes. */
const ARM_IN_A_ROUND = 7500;

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "10,30,100" },
    databases: { type: "string", default: "10" },
    rounds: { type: "string", default: "13" },
  },
});
const [databases, ROUNDS] = [Number(values.databases), Number(values.rounds)];

/** Calls: of the cheapest round less what its looks took, and of the dearest. */
type Row = { vaults: number; screening: number; most: number; looks: number; lookCost: number };

async function measure(vaults: number): Promise<Row> {
  const looks: number[] = [];
  const sandbox = await startThrottled({
    seed: 7,
    mode: "observe",
    size: { vaults, databases },
    onEvent({ event }, { message }) {
      if (event !== "swept") return;
      const swept: { looks?: number } = JSON.parse(message);
      looks.push(swept.looks ?? 0);
    },
  });
  try {
    // The first sweep finds all of them new, and takes as long as the bucket lasts.
    await sandbox.time.advance(11 * MINUTE + Math.ceil((vaults * (9 + databases)) / 25) * 1000);
    const rounds: { calls: number; looks: number }[] = [];
    for (let round = 0, last = readsOf(sandbox); round < ROUNDS; round += 1) {
      const told = looks.length;
      await sandbox.time.advance(5 * MINUTE);
      rounds.push({ calls: readsOf(sandbox) - last, looks: looks.slice(told).reduce((a, b) => a + b, 0) });
      last = readsOf(sandbox);
    }
    const [cheapest, dearest] = [rounds.toSorted((a, b) => a.looks - b.looks)[0]!, rounds.toSorted((a, b) => b.calls - a.calls)[0]!];
    const lookCost = dearest.looks === cheapest.looks ? 0 : (dearest.calls - cheapest.calls) / (dearest.looks - cheapest.looks);
    return { vaults, screening: cheapest.calls - cheapest.looks * lookCost, most: dearest.calls, looks: dearest.looks, lookCost };
  } finally {
    await sandbox.close();
  }
}

const rows: Row[] = [];
console.log(["vaults", "databases", "screening", "dearest round", "looks in it", "calls a look"].join("\t"));
for (const vaults of values.sizes.split(",").map(Number)) {
  const row = await measure(vaults);
  rows.push(row);
  console.log([row.vaults, row.vaults * databases, Math.round(row.screening), row.most, row.looks, row.lookCost.toFixed(1)].join("\t"));
}
/** Least squares. */
const mean = (pick: (row: Row) => number): number => rows.reduce((sum, row) => sum + pick(row), 0) / rows.length;
const [x, y] = [mean(({ vaults }) => vaults), mean(({ screening }) => screening)];
const slope =
  rows.reduce((sum, row) => sum + (row.vaults - x) * (row.screening - y), 0) / rows.reduce((sum, row) => sum + (row.vaults - x) ** 2, 0);
if (rows.length > 1) {
  const screening = y + slope * (GOAL.vaults - x);
  const whole = screening + looksOf(GOAL.vaults) * mean(({ lookCost }) => lookCost);
  const fit = `${slope.toFixed(2)} calls a vault + ${(y - slope * x).toFixed(1)}`;
  tell(
    {
      name: `a round of screening ${GOAL.vaults} vaults with ${databases} databases each`,
      goal: `${GOAL.calls} calls at most`,
      figure: `${Math.round(screening)} calls, by the fit over ${values.sizes} vaults`,
      fit,
      met: screening <= GOAL.calls,
      kind: "count",
    },
    {
      name: `the same with the ${Math.round(looksOf(GOAL.vaults))} hourly looks whose turn it is`,
      goal: `${ARM_IN_A_ROUND} reads at most, as Resource Manager has them`,
      figure: `${Math.round(whole)} calls`,
      fit: `${mean(({ lookCost }) => lookCost).toFixed(1)} a look`,
      met: whole <= ARM_IN_A_ROUND,
      kind: "count",
    },
  );
}
