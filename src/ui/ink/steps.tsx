/** How far things are, and what the next ones wait for. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { StepState } from "../reporter.ts";
import type { ShownStep } from "../screen/model.ts";
import { strong } from "./style.ts";

const SIGNS: Readonly<Record<StepState, string>> = { waiting: "·", active: "›", done: "✓", failed: "✗" };
const ASCII_SIGNS: Readonly<Record<StepState, string>> = {
  waiting: "-",
  active: ">",
  done: "x",
  failed: "!",
};

export function Steps({
  steps,
  unicode,
}: {
  readonly steps: readonly ShownStep[];
  readonly unicode: boolean;
}): ReactNode {
  const signs = unicode ? SIGNS : ASCII_SIGNS;
  return (
    <Box flexDirection="column" overflow="hidden">
      {steps.map(({ name, label, waitsFor, state }) => (
        <Box key={name} flexShrink={0}>
          <Box minWidth={2} flexShrink={0}>
            <Text>{signs[state]}</Text>
          </Box>
          <Text>{state === "active" ? strong(`${label}: ${waitsFor}`) : label}</Text>
        </Box>
      ))}
    </Box>
  );
}
