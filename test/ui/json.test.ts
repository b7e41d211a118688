/** What is on standard output with `--json`. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { FxaPairError } from "../../src/lib/errors.ts";
import { chooseReporter } from "../../src/ui/choose-reporter.ts";
import { FakeClock } from "../relay/fake-clock.ts";

it("D2: words for people stay off the lines of events", () => {
  const stream = () => new PassThrough();
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  const options = { json: true, quiet: false, verbose: true, accessible: false };
  const { reporter } = chooseReporter(streams, new FakeClock(), options);
  reporter.say("said");
  reporter.progress("progress");
  reporter.warn("warned");
  reporter.explain({ type: "scanned", email: "andré@example.org" }, true);
  reporter.fail(new FxaPairError("refused", "failed"));
  const lines = String(streams.stdout.read()).trimEnd().split("\n");
  expect(lines).toEqual([expect.stringMatching(/^\{"event":"error",.*\}$/)]);
  expect(String(streams.stderr.read())).toMatch(/said\n[^]*warned\n[^]*andré[^]*failed\n/);
});
