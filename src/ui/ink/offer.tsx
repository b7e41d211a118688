/** A pairing URL for the other device: the QR code, how long it is good, and the one warning that matters. */
import { Box, Text } from "ink";
import type { ReactNode } from "react";
import type { CellDrawing, Drawing, ImageDrawing } from "../../qr/drawing.ts";
import { ONLY_YOURSELF, TAKE_IT_THERE } from "../words.ts";
import type { OfferPanel, ScreenModel, Size } from "../screen/model.ts";
import type { Density } from "./frame.tsx";
import { Frame, Instruction, KeysBar } from "./frame.tsx";
import { CODE } from "./marks.ts";
import { Notices } from "./notices.tsx";
import { Steps } from "./steps.tsx";

/** Where the code goes, and what it is. */
export interface OfferLayout {
  readonly beside: boolean;
  readonly code: CellDrawing | ImageDrawing | undefined;
  /** Why there is no code. */
  readonly reason: string | undefined;
}

/** Columns that words beside the code need. */
const WORDS_WIDTH = 30;
const GAP = 2;
/** Title and warning. */
const ROWS_BESIDE = 2;
/** Rows around a code that stands above the words, in windows of usual width. */
const ROWS_ABOVE = 8;

/** Beside the words if the window is wide, above them if it is high. */
export function layOutOffer({ draw }: OfferPanel, window: Size): OfferLayout {
  const { columns, rows } = window;
  const beside = draw({ columns: columns - WORDS_WIDTH - GAP, rows: rows - ROWS_BESIDE, window });
  if (beside.kind === "cells") return { beside: true, code: beside, reason: undefined };
  const above = draw({ columns, rows: rows - ROWS_ABOVE, window });
  // A picture is never beside words: when those change, their lines are drawn again, and wipe a part of it.
  if (above.kind !== "none") return { beside: false, code: above, reason: undefined };
  return { beside: false, code: undefined, reason: reasonOf(columns >= USUAL_WIDTH ? beside : above) };
}

function reasonOf(drawing: Drawing): string | undefined {
  return drawing.kind === "none" ? drawing.reason : undefined;
}

const USUAL_WIDTH = 80;

export function Offer({
  model,
  panel,
  layout,
  density,
}: {
  readonly model: ScreenModel;
  readonly panel: OfferPanel;
  readonly layout: OfferLayout;
  readonly density: Density;
}): ReactNode {
  const { beside, code, reason } = layout;
  const words = TAKE_IT_THERE[panel.reader];
  const warning = <Text>{ONLY_YOURSELF.url}</Text>;
  if (code === undefined) {
    return (
      <Frame title={model.title} footer={<KeysBar keys={panel.keys} />} gap={density.gap}>
        <Instruction>{panel.url === null ? words.file : words.url}</Instruction>
        {reason === undefined ? null : <Text>{`${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`}</Text>}
        <Place panel={panel} />
        <Box flexDirection="column">
          {warning}
          <Countdown seconds={panel.secondsLeft} />
        </Box>
        <Notices model={model} />
        {density.steps ? <Steps steps={model.steps} unicode={model.unicode} /> : null}
      </Frame>
    );
  }
  if (!beside) {
    return (
      <Frame title={model.title} footer={<KeysBar keys={panel.keys} />}>
        <Instruction>{words.code}</Instruction>
        <Code code={code} />
        {warning}
        <Countdown seconds={panel.secondsLeft} />
        <Notices model={model} />
      </Frame>
    );
  }
  return (
    <Frame title={model.title} footer={warning}>
      <Box columnGap={GAP}>
        <Code code={code} />
        <Box flexDirection="column" height={code.height} overflow="hidden" flexGrow={1} rowGap={1}>
          <Box flexDirection="column" flexShrink={0} rowGap={1}>
            <Instruction>{words.code}</Instruction>
            <Countdown seconds={panel.secondsLeft} />
            <KeysBar keys={panel.keys} />
            <Notices model={model} />
            <Place panel={panel} />
          </Box>
          <Steps steps={model.steps} unicode={model.unicode} />
        </Box>
      </Box>
    </Frame>
  );
}

function Code({ code }: { readonly code: CellDrawing | ImageDrawing }): ReactNode {
  return (
    <Box width={code.width} height={code.height} flexShrink={0}>
      <Text>{CODE}</Text>
    </Box>
  );
}

/** Where the URL is besides. */
function Place({ panel }: { readonly panel: OfferPanel }): ReactNode {
  if (panel.url !== null) return <Text wrap="wrap">{panel.url}</Text>;
  return panel.files.map((path) => <Text key={path}>{`${path} (removed once it was used)`}</Text>);
}

/** How long it is good. */
export function Countdown({ seconds }: { readonly seconds: number | null }): ReactNode {
  if (seconds === null) return null;
  const minutes = Math.floor(seconds / 60);
  return <Text>{`Good for ${minutes}:${String(seconds % 60).padStart(2, "0")} more.`}</Text>;
}
