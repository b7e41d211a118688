/**
 * A relay that greets one device, and then sends what no relay may send: bytes of a test's own, as fast as the connection
 * takes them. What the device's process does about it is measured from the first of these bytes on.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { join } from "node:path";
import { ID } from "./feigned-relay.ts";
import { temporaryFolder } from "./harness.ts";

const OPCODE = { continuation: 0, text: 1, binary: 2, ping: 9, pong: 10 } as const;
const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** One frame of a server (RFC 6455 §5.2), which masks nothing. `announced` is the length that it claims to have. */
export function frame(
  opcode: keyof typeof OPCODE,
  content: string | Uint8Array = "",
  { final = true, announced = Buffer.byteLength(content) } = {},
): Buffer {
  const header = Buffer.alloc(announced < 126 ? 2 : 10);
  header[0] = OPCODE[opcode] | (final ? 0x80 : 0);
  header[1] = announced < 126 ? announced : 127;
  if (announced >= 126) header.writeBigUInt64BE(BigInt(announced), 2);
  return Buffer.concat([header, Buffer.from(content)]);
}

/** When the offence begins. */
export const MOMENTS = [
  /** In place of the greeting. */
  "instead of a greeting",
  /** In one breath with the greeting. */
  "with the greeting",
  /** When the test says so. */
  "later",
] as const;
export type Moment = (typeof MOMENTS)[number];

/** The bytes of an offence: first these, then those again and again for as long as the connection takes them. */
export interface Offence {
  readonly first?: Uint8Array;
  readonly endlessly?: Uint8Array;
}

export class HostileRelay {
  /** Resolves with the connection once its device has been greeted, or will not be. */
  readonly greeted: Promise<Socket>;
  readonly #server: Server;

  static async start(moment: Moment, offence: Offence, onOffence: () => void): Promise<HostileRelay> {
    const relay = new HostileRelay(moment, offence, onOffence);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  private constructor(moment: Moment, offence: Offence, onOffence: () => void) {
    let tellGreeted: (socket: Socket) => void = () => undefined;
    this.greeted = new Promise((resolve) => (tellGreeted = resolve));
    this.#server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", (request) => {
        socket.resume();
        socket.write(upgradeAnswer(request.toString("latin1")));
        const greeting = JSON.stringify({ link: `/v1/ws/${ID}`, channelid: ID, expires_in: 300 });
        if (moment !== "instead of a greeting") socket.write(frame("text", greeting));
        if (moment !== "later") {
          onOffence();
          offend(socket, offence);
        }
        tellGreeted(socket);
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}

/** Never holds more than the connection has room for. */
export function offend(socket: Socket, { first, endlessly }: Offence): void {
  if (first !== undefined) socket.write(first);
  if (endlessly === undefined) return;
  const more = () => {
    while (!socket.destroyed && socket.write(endlessly));
  };
  socket.on("drain", more);
  more();
}

function upgradeAnswer(request: string): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? "";
  const accept = createHash("sha1")
    .update(key + ACCEPT_SUFFIX)
    .digest("base64");
  const headers = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
  return ["HTTP/1.1 101 Switching Protocols", ...headers, "", ""].join("\r\n");
}

/** What a process has needed so far: MiB at most, and seconds of a processor's time. */
export interface Needs {
  readonly mebibytes: number;
  readonly seconds: number;
}

const PRELOADED = new URL("counting-itself.mjs", import.meta.url).href;
/** Clock ticks a second, in which the system counts (USER_HZ). */
const TICKS = 100;

/** A process's own account of what it needed, which it writes when it ends. */
export class OwnAccount {
  readonly #file = join(temporaryFolder(), "needs.json");

  get environment(): Record<string, string> {
    return { NODE_OPTIONS: `--import ${PRELOADED}`, FXA_TEST_NEEDS: this.#file };
  }

  /** Only once it has ended. */
  read(): Needs {
    return JSON.parse(readFileSync(this.#file, "utf8")) as Needs;
  }
}

/** What the system says that a process has needed up to now. */
export function needsOf(pid: number): Needs {
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  // After the name, which may hold anything, but ends with the last parenthesis; utime and stime are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return {
    mebibytes: Number(peak) / 1024,
    seconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
  };
}
