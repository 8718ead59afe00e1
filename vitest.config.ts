import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    sequence: { shuffle: true },
    allowOnly: !process.env["CI"],
    expect: { requireAssertions: true },
    testTimeout: 20_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // Runs only inside the bundle, in a process of its own: the smoke test and the stories cover it.
      exclude: ["src/main.ts"],
      reporter: ["text", "html"],
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
