/** `fxa-pair devices [remove <id>]`: what is signed in to the account, and signing one of it out. */
import { Argument } from "commander";
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { tokensBeside } from "../oauth/account-devices.ts";
import type { AccountDevice } from "../oauth/account-devices.ts";
import type { AccountsClient } from "../oauth/accounts-client.ts";
import type { Credentials } from "../oauth/credential-store.ts";
import { listDevices, removeDevice } from "../oauth/device-list.ts";
import { deviceInWords } from "../ui/device-words.ts";
import { connectAccounts, openStore, requireCredentials } from "./accounts.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addStoreOption, storeFlags, globalFlags, readFlags } from "./flags.ts";
import { listedDevice } from "./listed-device.ts";
import { requireSomebodyToAsk, withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({ ...globalFlags, ...storeFlags, yes: v.optional(v.boolean(), false) });
type DeviceFlags = v.InferOutput<typeof Flags>;

/** Digits of an id that are enough, if only one device's begins with them. */
const ID_FORM = /^[0-9a-f]{6,32}$/;

export const devices: CommandModule = {
  define(command: Command): void {
    command
      .addArgument(new Argument("[action]", "what to do").choices(["list", "remove"]).default("list", "list"))
      .argument("[id]", "the device to remove, by its id in the list or the first digits of it")
      .option("--yes", "remove without asking");
    addStoreOption(command);
    addExamples(command, ["fxa-pair devices", "fxa-pair devices remove <id>", "fxa-pair devices --json"]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    const id = idToRemove(command.processedArgs);
    return withRun(flags, environment, async (run) => {
      if (id !== undefined) requireSomebodyToAsk(run, flags.yes, "Add --yes to remove it without asking.");
      const credentials = await requireCredentials(flags, openStore(flags, run));
      const { client } = await connectAccounts(credentials.server, run);
      if (id === undefined) await list(client, credentials, run);
      else await remove(client, credentials, id, flags, run);
      return 0;
    });
  },
};

/** The id given, or `undefined` when the devices are to be listed. */
function idToRemove([action, id]: readonly unknown[]): string | undefined {
  if (action === "remove") {
    if (typeof id === "string" && ID_FORM.test(id.toLowerCase())) return id.toLowerCase();
    throw new FxaPairError(
      "usage",
      id === undefined
        ? "No device was named."
        : "That is no device's id: 6 to 32 of the digits 0-9 and a-f.",
      { hint: "Take the id from the list that fxa-pair devices prints." },
    );
  }
  if (id === undefined) return undefined;
  throw new FxaPairError("usage", "fxa-pair devices list takes no id.", {
    hint: "To remove a device: fxa-pair devices remove <id>",
  });
}

async function list(client: AccountsClient, credentials: Credentials, run: Run): Promise<void> {
  const found = await listDevices(client, credentials);
  const { clock } = run.environment;
  run.reporter.event({ type: "devices", devices: found.map((device) => listedDevice(device, clock)) });
}

async function remove(
  client: AccountsClient,
  credentials: Credentials,
  id: string,
  { yes }: DeviceFlags,
  run: Run,
): Promise<void> {
  const found = await listDevices(client, credentials);
  const device = choose(found, id);
  const listed = listedDevice(device, run.environment.clock);
  if (!yes && !(await agreed(`Remove ${deviceInWords(listed)} and sign it out?`, run))) {
    throw new FxaPairError("declined_here", "Nothing was removed.", {
      hint: "The device stays signed in. Press y to remove one.",
    });
  }
  await removeDevice(client, credentials, device);
  run.reporter.event({ type: "removed", device: listed });
  warnOfTokens(tokensBeside(device, found), run);
}

/** Not removed by themselves: whose they are is a guess. */
function warnOfTokens(left: readonly AccountDevice[], { reporter, environment }: Run): void {
  const [first, ...others] = left;
  if (first === undefined) return;
  reporter.warn(
    others.length === 0
      ? `it may still have tokens, listed apart as ${deviceInWords(listedDevice(first, environment.clock))}. To end those, too: fxa-pair devices remove ${first.id}`
      : `it may still have tokens: ${left.length} entries of the list came together with it. See them with: fxa-pair devices`,
  );
}

/** The one device meant, which is not this one. */
function choose(found: readonly AccountDevice[], id: string): AccountDevice {
  const [device, ...others] = found.filter((candidate) => candidate.id.startsWith(id));
  if (device === undefined) {
    throw new FxaPairError("usage", `No device of this account has an id that begins with ${id}.`, {
      hint: "It may be gone already: fxa-pair devices lists those there are.",
    });
  }
  if (others.length > 0) {
    throw new FxaPairError("usage", `The ids of ${others.length + 1} devices begin with ${id}.`, {
      hint: "Give more of the digits; fxa-pair devices --json has them all.",
    });
  }
  if (device.isThis) {
    throw new FxaPairError("usage", "That is this very device.", {
      hint: "To sign it out, run: fxa-pair logout",
    });
  }
  return device;
}

async function agreed(question: string, { prompter, signal }: Run): Promise<boolean> {
  return prompter !== null && (await prompter.confirm(question, signal));
}
