/** The frames that a server sent (RFC 6455 §5.2), each of which has to be right. */
import { check } from "../../engine/target.ts";

const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 } as const;
const CLOSE_CODES = /^(?:100[0-379]|1008|1013|400[1-3]|[34]\d\d\d|101[0-4])$/;

/** Checks them, and returns the texts. */
export function checkServerFrames(bytes: Buffer): string[] {
  const texts: string[] = [];
  let isClosed = false;
  for (let at = 0; at < bytes.length;) {
    check(!isClosed, "a frame after the close frame");
    check(at + 2 <= bytes.length, "a frame that is cut off");
    const first = bytes.readUInt8(at);
    const short = bytes.readUInt8(at + 1);
    check((first & 0xf0) === 0x80 && short < 128, "a frame that no server sends");
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2));
    const payload = bytes.subarray(start, start + length);
    check(payload.length === length, "a frame that is not as long as it says");
    const opcode = first & 0x0f;
    if (opcode === OPCODES.text) texts.push(payload.toString());
    else checkControl(opcode, payload);
    isClosed = opcode === OPCODES.close;
    at = start + length;
  }
  return texts;
}

function checkControl(opcode: number, payload: Buffer): void {
  check(payload.length <= 125, "a control frame that is too long");
  check(
    opcode === OPCODES.close || opcode === OPCODES.ping || opcode === OPCODES.pong,
    "a frame of another kind",
  );
  if (opcode !== OPCODES.close || payload.length === 0) return;
  check(CLOSE_CODES.test(String(payload.readUInt16BE(0))), "a close code that nobody may send");
}
