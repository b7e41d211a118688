import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests start real processes: more workers than cores would only make them wait for each other.
    maxWorkers: 2,
  },
});
