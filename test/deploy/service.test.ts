/** The systemd unit: what systemd itself says of it, and that it fits the program. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { EXIT_STATUS } from "../../src/commands/exit-codes.ts";
import { DEFAULT_SETTINGS } from "../../src/relay/settings.ts";
import { hasProgram, readDeployFile, replaceIn } from "./tools.ts";

const UNIT = "fxa-pair-relay.service";
/** Of 100, as systemd rates how far a service can reach: the network, and memory that is written and run. */
const MOST_EXPOSED = 15;

const text = readDeployFile(UNIT);
const folder = mkdtempSync(join(tmpdir(), "fxa-pair-unit-"));
const file = join(folder, UNIT);
// systemd looks whether the program is there; Node may be elsewhere on this machine.
writeFileSync(file, replaceIn(text, [["/usr/bin/node", process.execPath]]));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const available = hasProgram("systemd-analyze", "--version");

describe.skipIf(!available)(
  available ? "systemd" : "systemd (skipped: systemd-analyze is not installed)",
  () => {
    it("has nothing against the unit", () => {
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
        encoding: "utf8",
      });
      // Units of the machine itself are read, too, and are not our concern.
      const ours = stderr.split("\n").filter((line) => line.includes("fxa-pair"));
      expect(ours).toEqual([]);
      expect(status, stderr).toBe(0);
    });

    it("finds it hardly exposed", () => {
      const args = ["security", "--offline=true", `--threshold=${MOST_EXPOSED}`, "--no-pager", file];
      const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
      expect(status, stderr + stdout).toBe(0);
    });
  },
);

describe("the unit", () => {
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1] ?? "";

  it("leaves the relay time to drain", () => {
    expect(Number(setting("TimeoutStopSec"))).toBeGreaterThan(DEFAULT_SETTINGS.drain + 5);
  });

  it("does not try again with wrong settings", () => {
    expect(Number(setting("RestartPreventExitStatus"))).toBe(EXIT_STATUS.usage);
  });

  it("runs what a checkout and the image have", () => {
    const program = setting("ExecStart").replace("/usr/bin/node /opt/fxa-pair/", "");
    expect(program).toBe("bin/fxa-pair relay");
    expect(existsSync(new URL("../../bin/fxa-pair", import.meta.url))).toBe(true);
  });
});
