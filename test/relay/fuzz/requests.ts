/**
 * Upgrade requests of all kinds, right and wrong, and bytes that were upgrade requests once: the answer is worked out
 * from the protocol and compared.
 */
import { expect } from "vitest";
import fc from "fast-check";
import type { TestRelay } from "../support.ts";
import { RawPeer, takeSeat } from "./raw-peer.ts";

/** How a target is made, and the status it has if nothing else is wrong. */
const TARGETS = {
  open: 101,
  openWithNameplate: 101,
  join: 101,
  joinFull: 409,
  joinEnded: 410,
  joinUnknown: 404,
  joinMalformed: 400,
  resume: 101,
  resumeWrong: 403,
  resumeTwice: 403,
  resumeTooMuch: 400,
  resumeNoNumber: 400,
  resumeUnknown: 404,
  nameplate: 101,
  nameplateUnknown: 404,
  elsewhere: 404,
} as const;
type TargetKind = keyof typeof TARGETS;

const METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

const mostly = <T>(usual: T, others: fc.Arbitrary<T>, weight = 12): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

const headerText = fc.string({
  unit: fc.constantFrom(...Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code))),
  maxLength: 60,
});

const extraHeader = fc.oneof(
  fc.tuple(
    fc.constantFrom(
      "User-Agent",
      "Origin",
      "Cookie",
      "X-Forwarded-For",
      "Accept-Language",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Extensions",
    ),
    headerText,
  ),
  fc.tuple(fc.stringMatching(/^X-[A-Za-z0-9-]{1,20}$/), headerText),
);

export const requestArbitrary = fc.record({
  kind: fc.constantFrom(...(Object.keys(TARGETS) as TargetKind[])),
  word: fc.stringMatching(/^[A-Za-z0-9_.~%=;+-]{1,30}$/),
  method: mostly("GET", fc.constantFrom(...METHODS)),
  version: mostly("1.1", fc.constantFrom("1.0", "1.1")),
  upgrade: mostly<string | undefined>(
    "websocket",
    fc.constantFrom("WebSocket", "WEBSOCKET", "h2c", "websocket, h2c", undefined),
  ),
  connection: mostly<string | undefined>(
    "Upgrade",
    fc.constantFrom("upgrade", "keep-alive, Upgrade", "close", "keep-alive", undefined),
  ),
  webSocketVersion: mostly<string | undefined>(
    "13",
    fc.constantFrom("8", "14", "013", "13, 8", "", undefined),
  ),
  key: mostly<string | undefined>(
    KEY,
    fc.oneof(
      fc.constantFrom("", "short", `${KEY}=`, KEY.slice(0, -1), KEY.replace("d", "*"), undefined),
      headerText,
    ),
  ),
  extra: fc.array(extraHeader, { maxLength: 6 }),
});
export type UpgradeRequest = typeof requestArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** The status that the protocol asks for. */
function expectedStatus(request: UpgradeRequest): number {
  const { kind, method, version, upgrade, connection, webSocketVersion, key } = request;
  const plain = kind === "elsewhere";
  const upgrades = upgrade !== undefined && /\bupgrade\b/i.test(connection ?? "");
  const toWebSocket = upgrade?.toLowerCase() === "websocket";
  if (!upgrades || (plain && !toWebSocket)) return plain ? 404 : 426;
  if (plain) return 404;
  if (kind === "joinMalformed" || kind === "resumeNoNumber") return 400;
  if (!toWebSocket || webSocketVersion !== "13") return 426;
  if (method !== "GET" || version !== "1.1" || !/^[A-Za-z0-9+/]{22}==$/.test(key?.trim() ?? "")) return 400;
  return TARGETS[kind];
}

/** Makes a target of that kind, and whatever must be there for it. `busy`: who stays until the request is answered. */
async function prepare(
  test: TestRelay,
  { kind, word }: UpgradeRequest,
  from: string,
): Promise<{ path: string; busy: RawPeer[] }> {
  const { relay } = test;
  const open = async (path = "/v1/ws/") => {
    const peer = await takeSeat(relay, path, from);
    const text = peer.frames[0]?.payload.toString() ?? "";
    return {
      peer,
      ...(await peer.first()),
      nameplate: (JSON.parse(text) as { nameplate?: string }).nameplate,
    };
  };
  switch (kind) {
    case "open":
      return { path: "/v1/ws/", busy: [] };
    case "openWithNameplate":
      return { path: "/v1/ws/?nameplate=1", busy: [] };
    case "join": {
      const { peer, id } = await open();
      return { path: `/v1/ws/${id}`, busy: [peer] };
    }
    case "joinFull": {
      const { peer, id } = await open();
      return { path: `/v1/ws/${id}`, busy: [peer, await takeSeat(relay, `/v1/ws/${id}`, from)] };
    }
    case "joinEnded":
      return { path: `/v1/ws/${await endedChannel(test, from)}`, busy: [] };
    case "resume":
    case "resumeWrong":
    case "resumeTwice":
    case "resumeTooMuch":
    case "resumeNoNumber": {
      const { peer, id, token } = await open();
      await peer.finish();
      const query = {
        resume: `resume=${token}&received=0&x=${word}`,
        resumeWrong: `resume=${word}`,
        resumeTwice: `resume=${token}&resume=${token}`,
        resumeTooMuch: `resume=${token}&received=1`,
        resumeNoNumber: `resume=${token}&received=x${word}`,
      }[kind];
      return { path: `/v1/ws/${id}?${query}`, busy: [] };
    }
    case "resumeUnknown":
      return { path: `/v1/ws/${"A".repeat(22)}?resume=${word}`, busy: [] };
    case "joinUnknown":
      return { path: `/v1/ws/${"A".repeat(22)}`, busy: [] };
    case "joinMalformed":
      return { path: `/v1/ws/${word}${word.length === 22 ? "x" : ""}`, busy: [] };
    case "nameplate": {
      const { peer, nameplate = "" } = await open("/v1/ws/?nameplate=1");
      return { path: `/v1/nameplates/${nameplate}`, busy: [peer] };
    }
    case "nameplateUnknown":
      return { path: `/v1/nameplates/x${word}`, busy: [] };
    case "elsewhere":
      return { path: `/${word}`, busy: [] };
  }
}

/** A channel that everybody has left. */
async function endedChannel({ relay }: TestRelay, from: string): Promise<string> {
  const peer = await takeSeat(relay, "/v1/ws/", from);
  const { id } = await peer.first();
  peer.send(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  await peer.finish();
  return id;
}

function format(path: string, request: UpgradeRequest): Buffer {
  const { method, version, upgrade, connection, webSocketVersion, key, extra } = request;
  const headers: readonly (readonly [string, string | undefined])[] = [
    ["Host", "relay.example"],
    ["Connection", connection],
    ["Upgrade", upgrade],
    ["Sec-WebSocket-Version", webSocketVersion],
    ["Sec-WebSocket-Key", key],
    ...extra,
  ];
  const lines = headers
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value ?? ""}`);
  return Buffer.from([`${method} ${path} HTTP/${version}`, ...lines, "\r\n"].join("\r\n"), "latin1");
}

/** An address of its own for each: limits of addresses are no part of this. */
function address(run: number): string {
  return `127.${1 + (run >> 16)}.${(run >> 8) & 0xff}.${run & 0xff || 1}`;
}

/** Sends a well-formed request and compares the answer. */
export async function tryRequest(test: TestRelay, request: UpgradeRequest, run: number): Promise<void> {
  const from = address(run);
  const { path, busy } = await prepare(test, request, from);
  const peer = new RawPeer(test.relay, from);
  peer.send(format(path, request));
  const status = await peer.status();
  await peer.finish();
  for (const other of busy) await other.finish();
  expect(status).toBe(expectedStatus(request));
  if (status === undefined || status === 101 || request.method === "HEAD") return;
  const { error, message } = JSON.parse(peer.body) as Record<string, unknown>;
  expect([typeof error, typeof message]).toEqual(["string", "string"]);
}

const printable = fc.nat(94).map((code) => Buffer.from([33 + code]));
const disturbance = fc.constantFrom(
  ..."\r\n|\n|\r\n\r\n|:| |\0|\t|\r\nContent-Length: 5\r\n|\r\nTransfer-Encoding: chunked\r\n|\r\nExpect: 100-continue\r\n".split(
    "|",
  ),
  ...[
    "\r\nUpgrade: x",
    "\r\nUpgrade: websocket",
    "\r\nSec-WebSocket-Version: 13",
    "\r\nHost: y",
    "\r\nConnection: close",
  ],
  "x".repeat(20_000),
);
/** A place in something, from 0 to 1. (Arbitrary doubles are nearly all close to 0.) */
const share = fc.nat(1_000).map((thousandths) => thousandths / 1_000);

/** One letter for another, a little more or less, or something that means something. */
const edit = fc.record({
  at: share,
  remove: fc.constantFrom(0, 1, 1, 1, 2, 30),
  insert: fc.oneof(
    { weight: 6, arbitrary: printable },
    { weight: 2, arbitrary: fc.constant(Buffer.alloc(0)) },
    { weight: 2, arbitrary: disturbance.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)) },
  ),
});

export const mutationArbitrary = fc.record({
  request: requestArbitrary,
  edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
});
export type Mutation = typeof mutationArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Every status that a request may be answered with; undefined: the connection is cut. */
const SPECIFIED = [undefined, 100, 101, 200, 400, 403, 404, 408, 409, 410, 413, 417, 426, 429, 431, 503];

/** Sends what is left of a request after some edits: nothing is expected but an answer of the protocol. */
export async function tryMutation(test: TestRelay, { request, edits }: Mutation, run: number): Promise<void> {
  const from = address(run);
  const { path, busy } = await prepare(test, request, from);
  let bytes = format(path, request);
  for (const { at, remove, insert } of edits) {
    const offset = Math.floor(at * bytes.length);
    bytes = Buffer.concat([bytes.subarray(0, offset), insert, bytes.subarray(offset + remove)]);
  }
  const peer = new RawPeer(test.relay, from);
  peer.send(bytes);
  // Who sees a whole head may take its time; otherwise the end of the bytes must bring the answer.
  const whole = bytes.includes("\r\n\r\n");
  if (!whole) await peer.finish();
  const status = await peer.status();
  await peer.finish();
  for (const other of busy) await other.finish();
  expect(SPECIFIED).toContain(status);
}
