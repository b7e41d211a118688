/**
 * Runs the tests under each supported line of Node that is not the one at hand: `npm run test:nodes`, with arguments for
 * vitest after `--`. The `node` package brings the binaries; they go to a temporary folder that is removed afterwards.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LINES = ["22", "24"];

const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const npm = process.env.npm_execpath;
if (npm === undefined) {
  console.error("Start this with: npm run test:nodes");
  process.exit(2);
}

/** npm itself always runs under the Node at hand; what it starts finds the other one first on its path. */
function runNpm(args, stdout = "inherit") {
  return spawnSync(process.execPath, [npm, ...args], {
    cwd: root,
    stdio: ["inherit", stdout, "inherit"],
    encoding: "utf8",
  });
}

function testUnder(line, cache) {
  const node = ["exec", "--yes", `--cache=${cache}`, `--package=node@${line}`, "--", "node"];
  const version = runNpm([...node, "--version"], "pipe").stdout.trim();
  if (!version.startsWith(`v${line}.`)) return { line, version: version || "none", passed: false };
  console.log(`\n== Node ${version} ==`);
  return { line, version, passed: runNpm([...node, vitest, "run", ...process.argv.slice(2)]).status === 0 };
}

if (runNpm(["run", "build"]).status !== 0) process.exit(1);
const cache = mkdtempSync(join(tmpdir(), "fxa-pair-nodes-"));
try {
  const results = LINES.map((line) => testUnder(line, cache));
  console.log("");
  for (const { line, version, passed } of results) {
    console.log(`Node ${line} (${version}): ${passed ? "passed" : "FAILED"}`);
  }
  if (!results.every(({ passed }) => passed)) process.exitCode = 1;
} finally {
  rmSync(cache, { recursive: true, force: true });
}
