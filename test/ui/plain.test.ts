/** What is said in lines: before a new device's user answers, and with an offer. */
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { PlainReporter } from "../../src/ui/plain.ts";

it("J7: the account is named, and that this device's data will go there", () => {
  const stream = () => Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  const options = { json: false, quiet: false, verbose: false, accessible: false };
  new PlainReporter(streams, options).explain(
    {
      type: "metadata",
      email: "andré@example.org",
      displayName: null,
      deviceName: null,
      sender: {},
      fingerprint: "0VFE-238VS-CWPS",
    },
    true,
  );
  expect(String(streams.stderr.read())).toMatch(
    /Account: +andré@example\.org$[^]*^This device's data will go to that account\.$/m,
  );
});

it.each([
  ["with a terminal", true, undefined],
  ["without one", false, undefined],
  ["where a file has the URL", false, "url.txt"],
])("H14: who is shown a code is warned, %s", async (_where, isTTY, urlFile) => {
  const stream = () => Object.assign(new PassThrough(), { isTTY });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  const options = { json: false, quiet: false, verbose: false, accessible: false };
  const reporter = new PlainReporter(streams, options);
  await reporter.offer({
    ...{ kind: "url", reader: "newDevice", url: "https://accounts.example/pair#x", channelId: "AAEC" },
    ...{ expiresAt: null, endsAt: null, urlFile },
    drawing: { form: "none", invert: false, color: false, capabilities: { unicode: true } },
  });
  expect(String(streams.stderr.read())).toContain(
    "Only scan this yourself. Nobody will ever ask you to send it.\n",
  );
});
