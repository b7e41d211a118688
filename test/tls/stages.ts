/** Connections brought to each point of the handshake by a forged peer, which can then say anything. */
import { expect } from "vitest";
import { ALERT_CODES, type AlertName } from "../../src/tls/alerts.ts";
import type { TlsPskConnection, TlsPskConfig } from "../../src/tls/connection.ts";
import {
  ENCRYPTED_EXTENSIONS,
  ForgedClient,
  ForgedServer,
  record,
  u8,
  vec8,
  zeros,
  type Sealer,
} from "./forge.ts";
import { concat, connection, drain, failure, records, toHex } from "./helpers.ts";

export interface Stage {
  connection: TlsPskConnection;
  /** Opens the alert that the connection will send; absent while it still sends in the clear. */
  reading?: Sealer | undefined;
}
export interface ServerStage extends Stage {
  peer: ForgedClient;
}
export interface ClientStage extends Stage {
  peer: ForgedServer;
}

export function serverAtStart(overrides: Partial<TlsPskConfig> = {}): ServerStage {
  const server = connection("server", overrides);
  server.start();
  return { connection: server, peer: new ForgedClient() };
}

/** The server has sent its flight; a session id makes it send change_cipher_spec as well. */
export function serverWaitingForFinished(
  overrides: Partial<TlsPskConfig> = {},
  sessionId = vec8(),
): ServerStage {
  const stage = serverAtStart(overrides);
  stage.connection.feed(stage.peer.hello({ sessionId }));
  stage.peer.takeFlight(records(stage.connection));
  return { ...stage, reading: stage.peer.reading };
}

export function serverConnected(overrides: Partial<TlsPskConfig> = {}): ServerStage {
  const stage = serverWaitingForFinished(overrides);
  stage.connection.feed(stage.peer.finished());
  drain(stage.connection);
  return stage;
}

/** The client has sent its hello. */
export function clientWaitingForHello(overrides: Partial<TlsPskConfig> = {}): ClientStage {
  const client = connection("client", overrides);
  client.start();
  return { connection: client, peer: new ForgedServer(records(client)[0]!) };
}

export function clientWaitingForExtensions(overrides: Partial<TlsPskConfig> = {}): ClientStage {
  const stage = clientWaitingForHello(overrides);
  stage.connection.feed(stage.peer.hello());
  return { ...stage, reading: stage.peer.reading };
}

/** The client has seen EncryptedExtensions in a record of their own. */
export function clientWaitingForFinished(overrides: Partial<TlsPskConfig> = {}): ClientStage {
  const stage = clientWaitingForExtensions(overrides);
  stage.connection.feed(stage.peer.writing!.seal(22, ENCRYPTED_EXTENSIONS));
  return stage;
}

export function clientConnected(overrides: Partial<TlsPskConfig> = {}): ClientStage {
  const stage = clientWaitingForExtensions(overrides);
  for (const sealed of stage.peer.flight()) stage.connection.feed(sealed);
  stage.peer.takeFinished();
  drain(stage.connection);
  return { ...stage, reading: stage.peer.reading };
}

/** The next record must end the connection with this alert, sent before the failure is reported. */
export function expectRefusal(stage: Stage, bad: Uint8Array, alert: AlertName): void {
  stage.connection.feed(bad);
  const events = drain(stage.connection);
  expect(failure(events)).toMatchObject({ alert, code: ALERT_CODES[alert], fromPeer: false });
  expect(events.map((event) => event.type)).toEqual(["transmit", "failed"]);
  const sent = events[0]?.type === "transmit" ? events[0].record : zeros(0);
  const content = concat(u8(2), u8(ALERT_CODES[alert]));
  if (stage.reading) expect(stage.reading.open(sent)).toEqual({ type: 21, content });
  else expect(toHex(sent)).toBe(toHex(record(21, content)));
}
