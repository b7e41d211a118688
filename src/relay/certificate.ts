/** The certificate that the relay shows for wss, from files. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { FxaPairError } from "../lib/errors.ts";
import { unreadableFile } from "./files.ts";

/** What a TLS server needs: both in PEM, the certificate with its chain. */
export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
}

/**
 * Reads and checks a certificate and its private key.
 *
 * @throws FxaPairError `usage` if one cannot be read, is none, or does not belong to the other; never holds their text.
 */
export async function readCertificate(certPath: string, keyPath: string): Promise<Certificate> {
  const cert = await readPem("tls-cert", certPath);
  const key = await readPem("tls-key", keyPath);
  const certificate = parse(
    () => new X509Certificate(cert),
    "tls-cert",
    certPath,
    "holds no certificate in PEM",
  );
  const privateKey = parse(
    () => createPrivateKey(key),
    "tls-key",
    keyPath,
    "holds no unencrypted private key in PEM",
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new FxaPairError("usage", `tls-key: ${keyPath} is not the key of the certificate in ${certPath}.`, {
      hint: "Give the two files that were made together.",
    });
  }
  const secured = { cert, key, minVersion: "TLSv1.2" } as const;
  parse(
    () => createSecureContext(secured),
    "tls-cert",
    certPath,
    "has a chain or a key that cannot be used for TLS",
  );
  return secured;
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown): never => {
    throw unreadableFile(setting, path, "cannot be read", cause);
  });
}

function parse<T>(read: () => T, setting: string, path: string, problem: string): T {
  try {
    return read();
  } catch (cause) {
    throw unreadableFile(setting, path, problem, cause);
  }
}
