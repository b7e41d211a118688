/** Sync, as far as a client needs it to begin: a token server that asks the accounts server, and a storage with records. */
import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface SyncServer {
  readonly url: string;
  /** The keys of the account's collections, as `crypto/keys` has them: base64 pairs. */
  readonly collectionKeys: { readonly default: string[]; readonly collections: Record<string, string[]> };
  close(): void;
}

export interface SyncServerOptions {
  /** Whom access tokens are checked with. */
  readonly accounts: string;
  /** The account's key for Sync: 64 bytes, base64url, and its id. */
  readonly key: { readonly k: string; readonly kid: string };
}

const STORAGE_TOKEN = { id: "storage-id", key: "storage-key" };
const DURATION = 3600;
const newPair = () => [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString("base64"));

export async function startSyncServer({ accounts, key }: SyncServerOptions): Promise<SyncServer> {
  const collectionKeys = { default: newPair(), collections: { bookmarks: newPair() } };
  const bytes = Buffer.from(key.k, "base64url");
  const halves: [Buffer, Buffer] = [bytes.subarray(0, 32), bytes.subarray(32)];
  const records: Record<string, unknown> = {
    "/1.5/1/storage/crypto/keys": {
      id: "keys",
      modified: 1,
      payload: encrypt({ id: "keys", collection: "crypto", ...collectionKeys }, halves),
    },
    "/1.5/1/info/collections": { crypto: 1, bookmarks: 1 },
  };

  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const { headers, url: path = "" } = request;
    if (path === "/1.0/sync/1.5") {
      if (headers["x-keyid"] !== key.kid || !(await isGoodToken(accounts, headers.authorization)))
        return [401, {}];
      const endpoint = { api_endpoint: `${url}/1.5/1`, duration: DURATION, hashalg: "sha256", uid: 1 };
      return [200, { ...STORAGE_TOKEN, ...endpoint }];
    }
    if (!isSigned(request, new URL(url))) return [401, {}];
    return path in records ? [200, records[path]] : [404, {}];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    collectionKeys,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Whether the accounts server knows it, for Sync. */
async function isGoodToken(accounts: string, authorization = ""): Promise<boolean> {
  const response = await fetch(`${accounts}/oauth/v1/verify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: authorization.replace("Bearer ", "") }),
  });
  const { scope = [] } = (await response.json()) as { scope?: string[] };
  return response.ok && scope.includes("https://identity.mozilla.com/apps/oldsync");
}

/** Whether the request has a Hawk header made with the storage token. */
function isSigned({ headers, method, url }: IncomingMessage, { hostname, port }: URL): boolean {
  const fields = Object.fromEntries(
    [...(headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
  const lines = [
    "hawk.1.header",
    fields.ts,
    fields.nonce,
    method,
    url,
    hostname,
    port,
    fields.hash ?? "",
    "",
    "",
  ];
  const mac = createHmac("sha256", STORAGE_TOKEN.key).update(lines.join("\n")).digest("base64");
  return fields.id === STORAGE_TOKEN.id && fields.mac === mac;
}

/** A record's payload. */
function encrypt(content: unknown, [encryption, mac]: [Buffer, Buffer]): string {
  const iv = createHash("sha256").update("any").digest().subarray(0, 16);
  const cipher = createCipheriv("aes-256-cbc", encryption, iv);
  const ciphertext = cipher.update(JSON.stringify(content), "utf8", "base64") + cipher.final("base64");
  const hmac = createHmac("sha256", mac).update(ciphertext).digest("hex");
  return JSON.stringify({ ciphertext, IV: iv.toString("base64"), hmac });
}
