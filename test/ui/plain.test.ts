/** What is said in lines before a new device's user answers. */
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
