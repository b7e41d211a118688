/** The alert rules and the dashboard: that Prometheus can read them, and what the alerts answer to. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { ENDINGS } from "../../src/relay/endings.ts";
import { RelayMetrics } from "../../src/relay/metrics.ts";
import { PrimaryFigures } from "../../src/relay/primary-figures.ts";
import { REFUSALS } from "../../src/relay/refusals.ts";
import { hasProgram, readDeployFile } from "./tools.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const alertTests = fileURLToPath(new URL("alerts.yaml", import.meta.url));
const alerts = readDeployFile("alerts.yaml");
const { panels } = JSON.parse(readDeployFile("grafana-dashboard.json")) as { panels: readonly Panel[] };
const shown = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })));

const available = hasProgram("promtool", "--version");
const title = available ? "promtool" : "promtool (skipped: it is not installed)";

describe.skipIf(!available)(title, () => {
  const promtool = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
    return { status, said: stdout + stderr };
  };

  it("has nothing against the rules", () => {
    const { status, said } = promtool(
      "check",
      "rules",
      fileURLToPath(new URL("../../deploy/alerts.yaml", import.meta.url)),
    );
    expect(status, said).toBe(0);
  });

  it("sees every alert speak when it must, and none when all is well", () => {
    const { status, said } = promtool("test", "rules", alertTests);
    expect(status, said).toBe(0);
  });

  it("understands everything that the dashboard asks", () => {
    const folder = mkdtempSync(join(tmpdir(), "fxa-pair-rules-"));
    const rules = shown.map(({ expr }, index) => ({
      record: `panel:${index}`,
      expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
    }));
    const file = join(folder, "rules.yaml");
    // JSON is YAML, too.
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { status, said } = promtool("check", "rules", file);
    rmSync(folder, { recursive: true, force: true });
    expect(status, said).toBe(0);
  });
});

describe("the alerts", () => {
  it("are each tried by test/deploy/alerts.yaml, and say what to do", () => {
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names).size).toBe(names.length);
    for (const field of ["severity", "summary", "action"])
      expect(alerts.match(new RegExp(`^ +${field}: \\S`, "gm"))).toHaveLength(names.length);
  });
});

const queries = [alerts, readFileSync(alertTests, "utf8"), ...shown.map(({ expr }) => expr)].join("\n");

// Elsewhere there are no file descriptors to count.
describe.skipIf(process.platform !== "linux")("every metric that is asked for", async () => {
  const supervised = { listening: 0, restarted: 0, dropped: 0 };
  const lists = await Promise.all([
    new RelayMetrics().values(),
    new PrimaryFigures(() => supervised).values(),
  ]);
  const kept = lists
    .flat()
    .flatMap(({ name, type }) =>
      type === "histogram" ? ["_bucket", "_count", "_sum"].map((part) => name + part) : [name],
    );
  const asked = new Set([...queries.matchAll(/\bfxa_pair_relay_\w+/g)].map(([name]) => name));

  it.each([...asked])("%s is kept", (name) => {
    expect(kept).toContain(name);
  });
});

describe("every reason that is asked for", () => {
  const patterns = (metric: string) =>
    [...queries.matchAll(new RegExp(`${metric}\\{[^}]*reason=~?"([^"]+)"`, "g"))].flatMap(([, text = ""]) =>
      text.split("|"),
    );

  it.each(patterns("connections_refused_total"))("%s is one to be refused for", (pattern) => {
    const matching = Object.values(REFUSALS).filter(({ error }) => new RegExp(`^${pattern}$`).test(error));
    expect(matching).not.toEqual([]);
  });

  it.each(patterns("channels_ended_total"))("%s is one that a channel ends for", (pattern) => {
    const matching = Object.values(ENDINGS).filter(({ reason }) => new RegExp(`^${pattern}$`).test(reason));
    expect(matching).not.toEqual([]);
  });
});

describe("the dashboard", () => {
  it("shows panels that do not overlap, each with a query", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const { gridPos, type, targets = [], title: name } of panels) {
      if (type !== "row") expect(targets.length, name).toBeGreaterThan(0);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          const place = `${x},${y}`;
          expect(taken, name).not.toContain(place);
          taken.add(place);
        }
      }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});
