import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    // For what hangs; nothing is measured by these.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Tests start real processes: more workers than cores would only make them wait for each other.
    maxWorkers: 2,
    // On a machine that others keep busy a deadline may pass for no fault of ours. What needed a second try is named.
    retry: process.env.CI === undefined ? 0 : 1,
    // The search for QR codes runs in a process of its own, which inherits this: Node 20 reads no TypeScript by itself.
    execArgv: ["--import", new URL("test/typescript.mjs", import.meta.url).href],
  },
});
