/** wss: the certificate, and a new one while everybody stays. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectRaw } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionOptions, PeerCertificate } from "node:tls";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { closeRelays, TestClient, testRelay } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-secure-"));
const tlsCert = join(folder, "certificate.pem");
const tlsKey = join(folder, "key.pem");

afterEach(closeRelays);
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  issue("first");
});

/** Writes a new certificate of that name, and its key. */
function issue(name: string): void {
  const kind = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "1",
  ];
  execFileSync("openssl", [...kind, "-subj", `/CN=${name}`, "-keyout", tlsKey, "-out", tlsCert], {
    stdio: "ignore",
  });
}

const secureRelay = (given = {}, upgradeTimeout?: number) =>
  testRelay({ tlsCert, tlsKey, ...given }, upgradeTimeout, { metricsText: () => Promise.resolve("") });

const UNKNOWN_ISSUER = { rejectUnauthorized: false };

/** Whose certificate is shown there, and in which version of TLS. */
function handshake(
  url: string,
  options: ConnectionOptions = {},
): Promise<{ name: string; version: string | null }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), ...UNKNOWN_ISSUER, ...options }, () => {
      const { subject }: PeerCertificate = socket.getPeerCertificate();
      resolve({ name: String(subject.CN), version: socket.getProtocol() });
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

describe("with a certificate", () => {
  it("the relay speaks wss alone, and says so", async () => {
    const { relay, open, join: joinChannel } = await secureRelay();
    expect(relay.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/);
    expect(relay.metricsUrl).toBe(`${relay.url.replace("wss:", "https:")}/metrics`);
    const first = await open(UNKNOWN_ISSUER);
    const second = await joinChannel(first, UNKNOWN_ISSUER);
    second.send("hello");
    expect(JSON.parse(await first.next())).toMatchObject({
      message: "hello",
      sender: { remote: "127.0.0.1" },
    });
    await expect(TestClient.connect(`${relay.url.replace("wss:", "ws:")}/v1/ws/`)).rejects.toThrow();
    await expect(open()).rejects.toThrow();
  });

  it("the figures' own port stays plain", async () => {
    const { relay } = await secureRelay({ metricsPort: 0 });
    expect(relay.metricsUrl).toMatch(/^http:/);
    expect((await fetch(String(relay.metricsUrl))).status).toBe(200);
  });

  it.each([
    ["TLSv1.3", true],
    ["TLSv1.2", true],
    ["TLSv1.1", false],
  ] as const)("%s is spoken: %s", async (version, spoken) => {
    const { relay } = await secureRelay();
    const only = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    const shaken = handshake(relay.url, only);
    if (spoken) expect(await shaken).toMatchObject({ version });
    else await expect(shaken).rejects.toThrow(/version|protocol/i);
  });

  it("a new one is shown to newcomers, and nobody is cut off", async () => {
    const { relay, log, open, join: joinChannel } = await secureRelay();
    const first = await open(UNKNOWN_ISSUER);
    expect(await handshake(relay.url)).toMatchObject({ name: "first" });
    issue("second");
    expect(await handshake(relay.url)).toMatchObject({ name: "first" });
    await relay.reload();
    expect(log.lines.at(-1)).toEqual({ level: "info", event: "reloaded", fields: { setting: "tls-cert" } });
    expect(await handshake(relay.url)).toMatchObject({ name: "second" });
    await expect(handshake(relay.url, { maxVersion: "TLSv1.1", minVersion: "TLSv1" })).rejects.toThrow();
    const second = await joinChannel(first, UNKNOWN_ISSUER);
    second.send("hello");
    expect(await first.nextMessage()).toBe("hello");
  });

  it("a broken new one is logged, and the old one stays", async () => {
    issue("good");
    const { relay, log } = await secureRelay();
    writeFileSync(tlsKey, "no key");
    await relay.reload();
    expect(log.lines.at(-1)).toMatchObject({
      level: "error",
      event: "reload_failed",
      fields: { setting: "tls-cert", error: expect.stringMatching(/^tls-key: /) },
    });
    expect(await handshake(relay.url)).toMatchObject({ name: "good" });
    issue("better");
    await Promise.all([relay.reload(), relay.reload()]);
    expect(await handshake(relay.url)).toMatchObject({ name: "better" });
  });

  it("who is still in the handshake does not keep the relay from ending", async () => {
    const { relay } = await secureRelay({}, 60_000);
    const { hostname, port } = new URL(relay.url);
    const socket = connectRaw(Number(port), hostname).on("error", () => undefined);
    socket.resume();
    // Taken in the order they come in: whoever is answered later shows that this one has been.
    await once(socket, "connect");
    await handshake(relay.url);
    const began = performance.now();
    await Promise.all([relay.drain(0), once(socket, "close")]);
    // Node itself would wait for as long as a handshake may take.
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it("who never finishes the handshake is cut off", async () => {
    const { relay } = await secureRelay({}, 50);
    const { hostname, port } = new URL(relay.url);
    await new Promise((resolve) => {
      const socket = connectRaw(Number(port), hostname).on("close", resolve);
      socket.on("error", () => undefined).resume();
    });
    expect(relay.stats().connections).toBe(0);
  });
});

describe("without a certificate", () => {
  it("reading again is harmless, and says nothing", async () => {
    const { relay, log } = await testRelay();
    await relay.reload();
    expect(log.lines).toHaveLength(1);
  });
});
