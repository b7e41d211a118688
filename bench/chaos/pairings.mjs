/** Whole pairings of real `fxa-pair` processes, with the sandbox's accounts server, through whatever relay. */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { folder, fxaPair } from "./processes.mjs";

/** Starts the accounts server and signs the host's device in. Returns what makes pairings. */
export async function startPairings() {
  const sandbox = fxaPair(["sandbox"]);
  const { server, email, password } = await sandbox.event("ready");
  const devices = mkdtempSync(join(folder, "devices-"));
  const desktop = join(devices, "desktop");
  const account = ["--server", server];
  const login = fxaPair(
    ["login", ...account, "--config-dir", desktop, "--email", email, "--password-stdin"],
    password,
  );
  const status = await login.exited;
  if (status !== 0) throw new Error(`fxa-pair login ended with ${status}: ${login.complaint()}`);
  let laptops = 0;

  /** One pairing. `onOffer` is called when the host has its channel. Returns how both commands ended, and what they said. */
  return async function pair(relay, onOffer = () => undefined) {
    const common = [...account, "--channel-server", relay, "--yes"];
    const laptop = join(devices, `laptop-${laptops++}`);
    mkdirSync(laptop);
    const host = fxaPair(["host", ...common, "--config-dir", desktop, "--device-name", "Desktop"]);
    const { url } = await host.event("channel");
    await onOffer();
    const guest = fxaPair(["join", ...common, "--config-dir", laptop, "--expect-email", email, "-"], url);
    const statuses = await Promise.all([host, guest].map(({ exited }) => Promise.race([exited, tooLong()])));
    const said = host.complaint() + guest.complaint();
    return { statuses, said, resumed: /back/.test(said) };
  };
}

/** Milliseconds that a pairing may take, with all its attempts to get a connection back. */
const PATIENCE = 90_000;

function tooLong() {
  return new Promise((resolve) => {
    setTimeout(() => resolve("not within 90 s"), PATIENCE).unref();
  });
}
