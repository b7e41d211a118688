/** `fxa-pair qr <image>…`: prints the text of each QR code found; `join`'s eyes, on their own. */
import type { Command } from "commander";
import * as v from "valibot";
import { FxaPairError } from "../lib/errors.ts";
import { decodeQr } from "../qr/decode.ts";
import { imageName } from "../qr/images.ts";
import { addExamples } from "./command.ts";
import type { CommandModule } from "./command.ts";
import type { Environment } from "./context.ts";
import { globalFlags, readFlags } from "./flags.ts";
import { withRun } from "./setup.ts";
import { readPicture } from "./standard-input.ts";

const Flags = v.object(globalFlags);

export const qr: CommandModule = {
  define(command: Command): void {
    command.argument(
      "<image...>",
      "picture files (PNG, JPEG, WebP, GIF, AVIF, TIFF, SVG), or - for standard input",
    );
    addExamples(command, [
      "fxa-pair qr photo.png",
      "fxa-pair qr - < photo.png",
      "fxa-pair qr --json photo.png",
    ]);
  },

  async run(command: Command, environment: Environment): Promise<number> {
    const flags = readFlags(command, Flags, environment.variables);
    return withRun(flags, environment, async (run) => {
      const { reporter } = run;
      let failure: FxaPairError | undefined;
      for (const image of command.args) {
        try {
          const { codes } = await decodeQr(await readPicture(image, run), {
            clock: environment.clock,
            signal: run.signal,
          });
          for (const { text, corners } of codes) reporter.event({ type: "qr", text, image, corners });
        } catch (error) {
          if (!(error instanceof FxaPairError)) throw error;
          if (command.args.length > 1) reporter.warn(`${imageName(image)}: ${error.message}`);
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure;
      return 0;
    });
  },
};
