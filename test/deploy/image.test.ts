/** The image and what is run from it: all it copies is there, it is healthy when the relay is, and settings exist. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, environmentName, SETTING_NAMES } from "../../src/relay/settings.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";
import { closeRelays, testRelay } from "../relay/support.ts";
import { deployFiles, readDeployFile } from "./tools.ts";

const root = new URL("../../", import.meta.url);
const dockerfile = readDeployFile("Dockerfile");

afterEach(closeRelays);

describe("the Dockerfile", () => {
  const allowed = readFileSync(new URL(".dockerignore", root), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--)(.+)$/gm)].flatMap(([, words = ""]) =>
    words.split(" ").slice(0, -1),
  );

  it("copies much", () => {
    expect(copied).toEqual(expect.arrayContaining(["package.json", "src", "bin"]));
  });

  it.each(copied)("%s: is there, and not ignored", (path) => {
    expect(existsSync(new URL(path, root))).toBe(true);
    expect(allowed).toContain(path);
  });

  it("ends as somebody else than root", () => {
    expect([...dockerfile.matchAll(/^USER (.+)$/gm)].at(-1)?.[1]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it("exposes the port that the relay listens on", () => {
    expect(/^EXPOSE (.+)$/m.exec(dockerfile)?.[1]).toBe(String(DEFAULT_SETTINGS.port));
  });
});

describe("the health check", () => {
  const check = (variables: Record<string, string>) =>
    new Promise((resolve) => {
      const script = fileURLToPath(new URL("deploy/healthcheck.mjs", root));
      spawn(process.execPath, [script], { env: { ...process.env, ...variables } }).on("exit", resolve);
    });

  it("is 0 while the relay answers, 1 afterwards", async () => {
    const { relay } = await testRelay();
    const variables = { FXA_PAIR_RELAY_PORT: new URL(relay.url).port };
    expect(await check(variables)).toBe(0);
    // The reference server's variable sets the relay's port, too, where ours does not.
    expect(await check({ PAIR_PORT: new URL(relay.url).port })).toBe(0);
    expect(await check({ ...variables, PAIR_PORT: "1" })).toBe(0);
    await relay.close();
    expect(await check(variables)).toBe(1);
  });

  it("asks by TLS where the relay speaks it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fxa-pair-image-"));
    const [tlsCert, tlsKey] = [join(folder, "certificate.pem"), join(folder, "key.pem")];
    writeFileSync(tlsCert, CERTIFICATE);
    writeFileSync(tlsKey, CERTIFICATE_KEY);
    const { relay } = await testRelay({ tlsCert, tlsKey });
    const port = new URL(relay.url).port;
    expect(await check({ FXA_PAIR_RELAY_PORT: port, FXA_PAIR_RELAY_TLS_CERT: tlsCert })).toBe(0);
    expect(await check({ FXA_PAIR_RELAY_PORT: port })).toBe(1);
    rmSync(folder, { recursive: true });
  });
});

describe("the settings named in deploy/ and docs/relay.md", () => {
  const known = SETTING_NAMES.map(environmentName);
  const texts = [...deployFiles().map(readDeployFile), readFileSync(new URL("docs/relay.md", root), "utf8")];
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/FXA_PAIR_RELAY_[A-Z_]+/g)].map(([name]) => name)),
  );
  named.delete("FXA_PAIR_RELAY_");

  it("are several", () => {
    expect(named.size).toBeGreaterThan(3);
  });

  it.each([...named])("%s exists", (name) => {
    expect(known).toContain(name);
  });
});
