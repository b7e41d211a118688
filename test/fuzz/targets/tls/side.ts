/** One connection under attack, and what must hold for whatever it is fed. */
import { TlsError } from "../../../../src/tls/alerts.ts";
import { TlsPskConnection } from "../../../../src/tls/connection.ts";
import type { TlsEvent, TlsPskConfig } from "../../../../src/tls/connection.ts";
import { check } from "../../engine/target.ts";

export type Role = "client" | "server";

const PSK = new Uint8Array(32).fill(0x17);
const IDENTITY = new TextEncoder().encode("AAECAwQFBgcICQoLDA0ODw");
/** What is sent, from one byte further each time. */
const PLAINTEXT = new Uint8Array(66_000).map((_byte, index) => index * 7);
const HEADER_BYTES = 5;
const CONTENT_MAX_BYTES = 16_384;
const SEALED_MAX_BYTES = CONTENT_MAX_BYTES + 1 + 16;

export class Side {
  readonly role: Role;
  readonly #connection: TlsPskConnection;
  /** Records for the peer that nobody has carried there yet. */
  readonly outbox: Uint8Array[] = [];
  /** All records it ever sent. */
  readonly sent: Uint8Array[] = [];
  /** Contents of application data, in order. */
  readonly got: Uint8Array[] = [];
  readonly said: Uint8Array[] = [];
  isConnected = false;
  isClosed = false;
  hasClosed = false;
  #isDisposed = false;
  error: TlsError | undefined;

  constructor(role: Role, overrides: Partial<TlsPskConfig>) {
    this.role = role;
    let asked = 0;
    const random = (length: number): Uint8Array =>
      new Uint8Array(length).fill(++asked + (role === "client" ? 0x40 : 0x80));
    this.#connection = new TlsPskConnection({ role, psk: PSK, pskIdentity: IDENTITY, random, ...overrides });
    this.#connection.start();
    this.#drain();
  }

  feed(record: Uint8Array): void {
    this.#act(() => {
      this.#connection.feed(record);
    });
  }

  /** Sends so many bytes. */
  send(length: number): void {
    const bytes = PLAINTEXT.subarray(this.said.length, this.said.length + length);
    const allowed =
      !this.hasClosed && !this.#isDisposed && this.error === undefined && length <= CONTENT_MAX_BYTES;
    this.#act(() => {
      try {
        this.#connection.send(bytes);
        check(allowed, `the ${this.role} sent what it must not send`);
        if (length > 0) this.said.push(bytes);
      } catch (error) {
        if (allowed || !(error instanceof TlsError)) throw error;
      }
    });
  }

  close(): void {
    this.#act(() => {
      this.#connection.close();
      this.hasClosed = true;
      // What waited for the end of the handshake is dropped then.
      if (!this.isConnected) this.said.length = 0;
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#connection.dispose();
  }

  /** Whatever is done throws once the connection has failed, and only then, and always the same. */
  #act(action: () => void): void {
    const before = this.error;
    try {
      action();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      check(error === before, `the ${this.role} threw another error than its own: ${error.message}`);
    }
    this.#drain();
  }

  #drain(): void {
    for (let event = this.#connection.take(); event !== undefined; event = this.#connection.take())
      this.#note(event);
  }

  #note(event: TlsEvent): void {
    check(this.error === undefined, `the ${this.role} tells of ${event.type} after its failure`);
    switch (event.type) {
      case "transmit":
        checkRecord(event.record);
        this.outbox.push(event.record);
        this.sent.push(event.record);
        return;
      case "connected":
        check(!this.isConnected, `the ${this.role} is connected twice`);
        this.isConnected = true;
        return;
      case "data":
        check(this.isConnected && !this.isClosed, `the ${this.role} got data out of place`);
        check(
          event.bytes.length > 0 && event.bytes.length <= CONTENT_MAX_BYTES,
          "data of an impossible length",
        );
        this.got.push(event.bytes);
        return;
      case "closed":
        check(this.isConnected && !this.isClosed, `the ${this.role} is closed out of place`);
        this.isClosed = true;
        return;
      case "failed":
        check(event.error instanceof TlsError, "a failure that is no TlsError");
        check(event.error.refusal !== "internal", `internal error: ${String(event.error.cause)}`);
        this.error = event.error;
    }
  }
}

function checkRecord(record: Uint8Array): void {
  const [type = 0, major, minor, high = 0, low = 0] = record;
  const length = (high << 8) | low;
  check(type >= 20 && type <= 23 && major === 3 && minor === 3, "a record with a wrong header");
  check(record.length === HEADER_BYTES + length, "a record that is not as long as it says");
  check(length <= (type === 23 ? SEALED_MAX_BYTES : CONTENT_MAX_BYTES), "a record that is too long");
}
