import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPairSync } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { readCertificate } from "../../src/relay/certificate.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../oauth/self-signed.ts";

const folder = mkdtempSync(join(tmpdir(), "fxa-pair-certificate-"));
let files = 0;

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(text: string | Buffer): string {
  const path = join(folder, `${files++}.pem`);
  writeFileSync(path, text);
  return path;
}

const otherKey = (options: { cipher?: string; passphrase?: string } = {}): string =>
  generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem", ...options } as never,
  }).privateKey;

describe("a certificate", () => {
  it("is read with its key, for TLS 1.2 and later", async () => {
    const read = await readCertificate(file(CERTIFICATE), file(CERTIFICATE_KEY));
    expect(read).toEqual({
      cert: Buffer.from(CERTIFICATE),
      key: Buffer.from(CERTIFICATE_KEY),
      minVersion: "TLSv1.2",
    });
  });

  it("may have a chain behind it", async () => {
    await expect(
      readCertificate(file(`${CERTIFICATE}\n${CERTIFICATE}`), file(CERTIFICATE_KEY)),
    ).resolves.toBeDefined();
  });

  const encrypted = otherKey({ cipher: "aes-256-cbc", passphrase: "secret" });
  it.each<[string, string | Buffer, string | Buffer, RegExp]>([
    ["an empty certificate", "", CERTIFICATE_KEY, /^tls-cert: .* holds no certificate/],
    ["text instead", "certificate", CERTIFICATE_KEY, /^tls-cert: .* holds no certificate/],
    ["the key in its place", CERTIFICATE_KEY, CERTIFICATE_KEY, /^tls-cert: .* holds no certificate/],
    ["a cut one", CERTIFICATE.slice(0, 300), CERTIFICATE_KEY, /^tls-cert: .* holds no certificate/],
    ["an empty key", CERTIFICATE, "", /^tls-key: .* holds no unencrypted private key/],
    ["a certificate for a key", CERTIFICATE, CERTIFICATE, /^tls-key: .* holds no unencrypted private key/],
    ["an encrypted key", CERTIFICATE, encrypted, /^tls-key: .* holds no unencrypted private key/],
    ["another's key", CERTIFICATE, otherKey(), /^tls-key: .* is not the key of the certificate/],
  ])("with %s is refused, and it is said why", async (_name, cert, key, message) => {
    await expect(readCertificate(file(cert), file(key))).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });

  it("that is not there is refused", async () => {
    const missing = join(folder, "missing");
    await expect(readCertificate(missing, file(CERTIFICATE_KEY))).rejects.toThrow(
      /^tls-cert: .* does not exist/,
    );
    await expect(readCertificate(file(CERTIFICATE), missing)).rejects.toThrow(/^tls-key: .* does not exist/);
    await expect(readCertificate(file(CERTIFICATE), folder)).rejects.toThrow(/^tls-key: .* is a directory/);
  });
});
