import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What starts processes of its own, the whole app among them, or wants one for itself, or is slow where coverage is measured; all else is fast. */
const PROCESSES = [
  // Where V8 counts what is run it optimizes little: hundreds of thousands of turns take six times as long.
  "test/domain/properties/**/*.test.ts",
  "test/e2e/**/*.test.ts",
  "test/sandbox/host/**/*.test.ts",
  "test/sandbox/running/**/*.test.ts",
  "test/real-engine/**/*.test.ts",
  // Its clients read the proxy from the environment once for all of a process.
  "test/sandbox/network/clients.test.ts",
  // Who asks for a managed identity first settles for all of a process where it is to be had (msal-node keeps the source it found).
  "test/sandbox/network/identity-endpoint.test.ts",
];

/** What takes longest begins first, so that no worker is alone at the end; on a new machine nothing else tells how long a file takes. */
const LONGEST = [
  "stories-grace",
  "stories-revoked",
  // These two mostly wait, on the real engine.
  "engine",
  "heal",
  "causes-examples",
  "interface",
  "faults",
  "durability",
  "matrix",
  "durable",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return found === -1 ? LONGEST.length : found;
    };
    return files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId));
  }
}

export default defineConfig({
  test: {
    projects: [
      // One process for all files of a worker: a third of the time went into loading the same modules anew.
      { extends: true, test: { name: "fast", include: ["test/**/*.test.ts"], exclude: PROCESSES, isolate: false } },
      // One more than cores: some of them mostly wait.
      { extends: true, test: { name: "e2e", include: PROCESSES, maxWorkers: Math.max(2, availableParallelism()) + 1 } },
    ],
    // One for each core, not one less as vitest has it: the runner itself only waits.
    maxWorkers: Math.max(2, availableParallelism()),
    sequence: { shuffle: { files: false, tests: true }, sequencer: LongestFirst },
    allowOnly: !process.env["CI"],
    expect: { requireAssertions: true },
    // Against a test that hangs: no test is to fail because the machine is slow.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Of those in a file that say they may run at once: they start programs and wait for their end.
    maxConcurrency: 2,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // Run only inside the bundle, in a process of its own, and in a browser: the smoke test, the stories and e2e/dashboard cover them.
      exclude: ["src/main.ts", "src/cli/main.ts", "src/dashboard/{live,sign-in}.ts"],
      reporter: [["text", { skipFull: true }], "html"],
      // Overall, and without exception where it is decided what is written to Azure.
      thresholds: {
        lines: 90,
        branches: 90,
        functions: 90,
        "src/domain/**": { branches: 100 },
        "src/orchestrations/**": { branches: 100 },
      },
    },
  },
});
