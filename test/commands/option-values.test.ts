/** What shells complete for a value is known for each option: a new placeholder has to be looked at once. */
import { Command } from "commander";
import { expect, it } from "vitest";
import { addGlobalOptions } from "../../src/commands/global-options.ts";
import { COMMANDS } from "../../src/commands/index.ts";
import { argumentValues, takesValue, valuesOf } from "../../src/commands/option-values.ts";

/** Nothing can be offered for these. */
const FREE = new Set(
  `url thumbprint fp id name seconds email scope code address port ranges seats messages bytes channels
   upgrades language processes`.split(/\s+/),
);

it.each(COMMANDS)("of $name", async ({ name, load }) => {
  const command = addGlobalOptions(new Command(name));
  (await load()).define(command);
  for (const option of command.options.filter(takesValue)) {
    const [, placeholder = ""] = /[<[]([^>\].]+)/.exec(option.flags) ?? [];
    const { kind } = valuesOf(option);
    const isFree = FREE.has(placeholder);
    expect([option.long, placeholder, kind === "free"]).toEqual([option.long, placeholder, isFree]);
  }
  for (const argument of command.registeredArguments) {
    expect([argument.name(), argumentValues(argument).kind === "free"]).toEqual([
      argument.name(),
      FREE.has(argument.name()),
    ]);
  }
});
