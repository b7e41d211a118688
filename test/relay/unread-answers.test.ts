/** Clients that ask over plain HTTP and do not take the answers. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ANSWER_TIMEOUT, MOST_OWED } from "../../src/relay/owed-answers.ts";
import type { TestRelay } from "./support.ts";
import { closeRelays, testRelay } from "./support.ts";

afterEach(closeRelays);

/** More than the system takes for a client that does not read, on both sides together. */
const LONG = "x".repeat(32 * 1_024 * 1_024);

const long = (): Promise<TestRelay> => testRelay({}, undefined, { metricsText: () => Promise.resolve(LONG) });

const question = (path: string, headers = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: relay\r\n${headers}\r\n`;

function send({ relay }: TestRelay, text: string): Socket {
  const { hostname, port } = new URL(relay.url);
  const socket = connect(Number(port), hostname, () => socket.write(text));
  return socket.on("error", () => undefined);
}

/** Reads everything from now on until the relay hangs up; as many bytes as came. */
async function drain(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on("data", (data) => (bytes += data.length));
  socket.resume();
  await once(socket, "close");
  return bytes;
}

describe("R4: a client that does not take its answers", () => {
  it.each([
    ["a request", ""],
    ["a request that would rather be another protocol", "Connection: Upgrade\r\nUpgrade: h2c\r\n"],
  ])("is cut after a while, after %s", async (_name, headers) => {
    const subject = await long();
    const socket = send(subject, question("/metrics", headers)).pause();
    await subject.clock.waitedFor(ANSWER_TIMEOUT);
    subject.clock.advance(ANSWER_TIMEOUT);
    expect(await drain(socket)).toBeLessThan(LONG.length);
  });

  it("is let be as long as it takes them", async () => {
    const subject = await long();
    const { clock } = subject;
    const socket = send(subject, question("/metrics"));
    await clock.waitedFor(ANSWER_TIMEOUT);
    clock.advance(0.6 * ANSWER_TIMEOUT);
    let bytes = 0;
    await new Promise<void>((resolve) => {
      socket.on("data", (data) => {
        bytes += data.length;
        if (bytes > LONG.length) resolve();
      });
    });
    // Answered only when the long one has left.
    socket.write(question("/__lbheartbeat__"));
    await once(socket, "data");
    clock.advance(0.6 * ANSWER_TIMEOUT);
    socket.write(question("/__version__"));
    expect(String((await once(socket, "data"))[0])).toMatch(/^HTTP\/1.1 200 /);
    socket.destroy();
  });

  it("may ask a little ahead, and is cut before it has the relay keep many answers", async () => {
    const subject = await testRelay();
    const ahead = send(subject, question("/__version__").repeat(MOST_OWED - 1) + question("/gone"));
    let answers = "";
    for await (const data of ahead) {
      answers += String(data);
      if (answers.includes("404")) break;
    }
    expect(answers.match(/HTTP\/1.1 200 /g)).toHaveLength(MOST_OWED - 1);
    expect(await drain(send(subject, question("/__version__").repeat(MOST_OWED + 1)))).toBe(0);
  });
});
