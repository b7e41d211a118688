/** A relay at work: where it is, how much goes on, and the end of its log. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { RelayPanel, ScreenModel, Size } from "../screen/model.ts";
import { Field, Frame, Instruction, KeysBar } from "./frame.tsx";
import type { Density } from "./frame.tsx";
import { Notices } from "./notices.tsx";

/** Rows that everything but the log and notices takes, in narrow windows too. */
const OTHER_ROWS = 14;
const FEWEST_LINES = 3;

export function Relay({
  model,
  panel,
  density: { gap },
  size: { columns, rows },
}: {
  readonly model: ScreenModel;
  readonly panel: RelayPanel;
  readonly density: Density;
  readonly size: Size;
}): ReactNode {
  const room = Math.max(FEWEST_LINES, rows - OTHER_ROWS - 2 * model.notices.length);
  return (
    <Frame title={model.title} footer={<KeysBar keys={panel.keys} />} gap={gap}>
      <Instruction>Devices meet here. What they say stays between them.</Instruction>
      <Box flexDirection="column">
        <Field name="address" value={panel.url} />
        <Field name="metrics" value={panel.metricsUrl ?? "none"} />
        <Field name="channels" value={`${panel.channels} open`} />
        <Field name="devices" value={`${panel.connections} connected`} />
        <Field name="pairings" value={`${panel.pairings} done`} />
      </Box>
      <Notices model={model} />
      <Box flexDirection="column">
        {panel.log.slice(-room).map((line, index) => (
          <Text key={`${String(index)} ${line}`} wrap="truncate-end">
            {model.unicode ? line : line.slice(0, columns)}
          </Text>
        ))}
      </Box>
    </Frame>
  );
}
