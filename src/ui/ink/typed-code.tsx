/** A code for the other device's keyboard: large enough to be read from where that is. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import { TYPE_THE_CODE } from "../code-lines.ts";
import { ONLY_YOURSELF } from "../words.ts";
import type { CodePanel, ScreenModel } from "../screen/model.ts";
import type { Density } from "./frame.tsx";
import { Frame, Instruction, KeysBar } from "./frame.tsx";
import { Notices } from "./notices.tsx";
import { Countdown } from "./offer.tsx";
import { Steps } from "./steps.tsx";
import { strong } from "./style.ts";

export function TypedCode({
  model,
  panel,
  density: { gap, steps },
}: {
  readonly model: ScreenModel;
  readonly panel: CodePanel;
  readonly density: Density;
}): ReactNode {
  return (
    <Frame title={model.title} footer={<KeysBar keys={panel.keys} />} gap={gap}>
      <Instruction>{TYPE_THE_CODE}</Instruction>
      <Box
        borderStyle={model.unicode ? "round" : "classic"}
        paddingX={gap === 0 ? 1 : 3}
        paddingY={gap}
        alignSelf="flex-start"
      >
        <Text>{strong(panel.code)}</Text>
      </Box>
      <Box flexDirection="column">
        <Text>{ONLY_YOURSELF.code}</Text>
        <Countdown seconds={panel.secondsLeft} />
      </Box>
      <Notices model={model} />
      {steps ? <Steps steps={model.steps} unicode={model.unicode} /> : null}
    </Frame>
  );
}
