/** What a process of the relay hears from outside. */
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { systemRandom } from "../../src/lib/random.ts";
import type { Environment } from "../../src/commands/context.ts";
import type { RelayRun } from "../../src/commands/relay-run.ts";
import { withRelayRun } from "../../src/commands/relay-run.ts";
import { DEFAULT_SETTINGS } from "../../src/relay/settings.ts";
import { FakeClock } from "../relay/fake-clock.ts";

/** Runs `body`, which is handed the way to ask for files to be read again. */
function serving(body: (run: RelayRun, hangUp: () => void) => Promise<void>): Promise<void> {
  let hangUp = (): void => undefined;
  const nothing = (): void => undefined;
  const environment: Environment = {
    streams: { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
    ...{
      variables: {},
      clock: new FakeClock(),
      random: systemRandom,
      platform: "linux",
      nodeVersion: "v20.19.0",
    },
    onSignal: () => nothing,
    onHangUp: (reload) => {
      hangUp = reload;
      return nothing;
    },
    onExit: () => nothing,
    onCrash: nothing,
  };
  const flags = { json: true, quiet: false, verbose: false, accessible: false, color: undefined };
  const reporter = { event: nothing, warn: nothing };
  const request = { settings: DEFAULT_SETTINGS, flags, environment, reporter, warnings: [] };
  return withRelayRun(request as never, { worker: undefined, onDrop: nothing }, (run) =>
    body(run, () => {
      hangUp();
    }),
  );
}

test("files are read again for each signal, and once for those that came while they were read first", async () => {
  const told: string[] = [];
  await serving((run, hangUp) => {
    hangUp();
    hangUp();
    run.onReload(() => told.push("first"));
    expect(told).toEqual(["first"]);
    hangUp();
    expect(told).toEqual(["first", "first"]);
    return Promise.resolve();
  });
});

test("files are not read again where no signal asks for that", async () => {
  const told: string[] = [];
  await serving((run, hangUp) => {
    run.onReload(() => told.push("read"));
    expect(told).toEqual([]);
    hangUp();
    expect(told).toEqual(["read"]);
    return Promise.resolve();
  });
});
