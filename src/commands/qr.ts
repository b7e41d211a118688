/** `fxa-pair qr <image>…`: prints the text of each QR code found; `join`'s eyes, on their own. */
import type { Command } from "commander";
import * as v from "valibot";
import { imageName } from "../qr/images.ts";
import { displayText } from "../ui/safe-text.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { addQrTimeoutOption, globalFlags, qrTimeoutFlags, readFlags } from "./flags.ts";
import { lookAt, lookAtEach } from "./looking.ts";
import { withRun } from "./setup.ts";
import type { Run } from "./setup.ts";

const Flags = v.object({ ...globalFlags, ...qrTimeoutFlags, all: v.optional(v.boolean(), false) });

type QrFlags = v.InferOutput<typeof Flags>;

export const qr: CommandModule = {
  define(command: Command): void {
    command
      .argument(
        "<image...>",
        "picture files (PNG, JPEG, WebP, GIF, AVIF, TIFF, SVG), or - for standard input",
      )
      .option("--all", "try every way to look, for further QR codes that are hard to read");
    addQrTimeoutOption(command);
    addExamples(command, [
      "fxa-pair qr photo.png",
      "fxa-pair qr - < photo.png",
      "fxa-pair qr --json --all photo.png",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, async (run) => {
      const look = (image: string) => printCodesIn(image, flags, run);
      await lookAtEach(command.args, look, "a QR code", run);
      return 0;
    });
  },
};

async function printCodesIn(image: string, { all, qrTimeout }: QrFlags, run: Run): Promise<void> {
  const { codes, looked, isComplete } = await lookAt(image, { until: all ? "all" : "first", qrTimeout }, run);
  for (const { text, corners, engine, rung, ms } of codes) {
    run.reporter.event({ type: "qr", text, image, corners, engine, rung, ms: Math.round(ms) });
  }
  if (all && !isComplete) {
    const name = displayText(imageName(image));
    run.reporter.warn(`${name}: there may be more QR codes, but time was up (${looked}); see --qr-timeout.`);
  }
}
