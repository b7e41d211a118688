/** What is said of a lost connection, in which form, and when. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { chooseReporter } from "../../src/ui/choose-reporter.ts";
import { ConnectionNotice } from "../../src/ui/connection-notice.ts";
import { FakeClock } from "../relay/support.ts";

const LOST = "The connection to the relay was lost: trying to get it back (50 s at most).\n";
const BACK = "The connection to the relay is back.\n";
const MOMENT = "The connection to the relay was lost for a moment, and is back.\n";

function notice(options: { json?: boolean; quiet?: boolean } = {}) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const clock = new FakeClock();
  const { reporter } = chooseReporter(streams, clock, {
    json: false,
    quiet: false,
    verbose: false,
    accessible: true,
    ...options,
  });
  const said = () => String(streams.stderr.read() ?? "");
  return { connection: new ConnectionNotice(reporter, clock), clock, said, stdout: streams.stdout };
}

describe("a lost connection", () => {
  it("is told after a second, and that it is back when it is", () => {
    const { connection, clock, said } = notice();
    connection.lost();
    clock.advance(999);
    expect(said()).toBe("");
    clock.advance(1);
    expect(said()).toBe(LOST);
    connection.resumed();
    expect(said()).toBe(BACK);
    expect(clock.pending).toBe(0);
  });

  it("that is back within the second is one line", () => {
    const { connection, clock, said } = notice();
    for (let times = 0; times < 2; times++) {
      connection.lost();
      clock.advance(999);
      connection.resumed();
      expect(said()).toBe(MOMENT);
    }
    clock.advance(1000);
    expect(said()).toBe("");
  });

  it("is told anew each time", () => {
    const { connection, clock, said } = notice();
    connection.lost();
    clock.advance(1000);
    connection.resumed();
    connection.lost();
    connection.resumed();
    expect(said()).toBe(LOST + BACK + MOMENT);
  });

  it("has no word after the end", () => {
    const { connection, clock, said } = notice();
    connection.lost();
    connection.end();
    clock.advance(1000);
    expect(said()).toBe("");
    expect(clock.pending).toBe(0);
  });

  it("is no event for scripts, and nothing at all with --quiet", () => {
    for (const options of [{ json: true }, { json: true, quiet: true }, { quiet: true }]) {
      const { connection, clock, said, stdout } = notice(options);
      connection.lost();
      clock.advance(1000);
      connection.resumed();
      expect(stdout.read()).toBeNull();
      expect(said()).toBe(options.quiet === true ? "" : LOST + BACK);
    }
  });
});
