/** Lays a screen out as lines of the window's width. Pure: loaded late, because what it needs takes long to load. */
import { renderToString } from "ink";
import type { ReactNode } from "react";
import type { CellDrawing, ImageDrawing } from "../../qr/drawing.ts";
import type { ScreenModel, Size } from "../screen/model.ts";
import type { Frame as Lines } from "../screen/screen.ts";
import { DENSITIES, Frame, Instruction, KeysBar } from "./frame.tsx";
import type { Density } from "./frame.tsx";
import { CODE, FOOTER } from "./marks.ts";
import { Notices } from "./notices.tsx";
import { TypedCode } from "./typed-code.tsx";
import { layOutOffer, Offer } from "./offer.tsx";
import type { OfferLayout } from "./offer.tsx";
import { Ending, Line, Question } from "./question.tsx";
import { Relay } from "./relay.tsx";
import { Steps } from "./steps.tsx";

export function renderScreen(model: ScreenModel, size: Size, skip = 0): Lines {
  const { panel } = model;
  const offer = panel.type === "offer" ? layOutOffer(panel, size) : undefined;
  let lines: readonly string[] = [];
  for (const density of DENSITIES) {
    const view = compose(model, density, offer, size);
    lines = renderToString(view, { columns: size.columns }).split("\n");
    // The mark is a line, too, that will not be there.
    if (lines.length - 1 <= size.rows) break;
  }
  const code = offer?.code;
  return {
    ...fit(code === undefined ? lines : withCode(lines, code), size, skip),
    erase: code?.kind === "image" ? code.erase : undefined,
    lacksCode: offer !== undefined && code === undefined,
  };
}

function compose(
  model: ScreenModel,
  density: Density,
  offer: OfferLayout | undefined,
  size: Size,
): ReactNode {
  const { panel } = model;
  switch (panel.type) {
    case "offer":
      return offer === undefined ? null : (
        <Offer model={model} panel={panel} layout={offer} density={density} />
      );
    case "code":
      return <TypedCode model={model} panel={panel} density={density} />;
    case "question":
      return <Question model={model} panel={panel} density={density} />;
    case "line":
      return <Line model={model} panel={panel} density={density} />;
    case "ending":
      return (
        <Frame title={model.title} footer={null} gap={density.gap}>
          <Ending panel={panel} />
          <Notices model={model} />
        </Frame>
      );
    case "relay":
      return <Relay model={model} panel={panel} density={density} size={size} />;
    case "steps":
      return <Progress model={model} density={density} />;
  }
}

function Progress({
  model,
  density: { gap },
}: {
  readonly model: ScreenModel;
  readonly density: Density;
}): ReactNode {
  const active = model.steps.find(({ state }) => state === "active");
  return (
    <Frame title={model.title} footer={<KeysBar keys={[{ key: "Ctrl-C", does: "end it" }]} />} gap={gap}>
      {active === undefined ? null : <Instruction>{`${active.label}: ${active.waitsFor}`}</Instruction>}
      <Steps steps={model.steps} unicode={model.unicode} />
      <Notices model={model} />
    </Frame>
  );
}

/** The code's own cells in the place that was kept for them, byte for byte as they were checked. */
function withCode(lines: readonly string[], code: CellDrawing | ImageDrawing): string[] {
  const top = lines.findIndex((line) => line.startsWith(CODE));
  return lines.map((line, row) => {
    const cells = top < 0 ? undefined : code.lines[row - top];
    return cells === undefined ? line : cells + line.slice(code.width);
  });
}

/**
 * As many lines as there are rows: title and footer always, of what is between them a part if need be. Where they leave no
 * room for that, all lines are scrolled.
 */
function fit(lines: readonly string[], size: Size, skip: number): Pick<Lines, "lines" | "more" | "page"> {
  const { columns, rows } = size;
  const mark = lines.indexOf(FOOTER);
  const footer = mark < 0 ? [] : lines.slice(mark + 1);
  const [title = "", ...body] = mark < 0 ? lines : lines.slice(0, mark);
  const all = [title, ...body, ...footer];
  // What is beside the names of things does not show in so few columns.
  if (columns < LEAST_COLUMNS) {
    return { lines: [reversed(TOO_SMALL, columns), ...all].slice(0, rows), more: true, page: 0 };
  }
  if (all.length <= rows) return { lines: all, more: false, page: body.length };
  const room = rows - 1 - footer.length;
  if (room < LEAST_ROOM) return scrolled(all, { columns, rows }, skip);
  const part = scrolled(body, { columns, rows: room }, skip);
  return { ...part, lines: [title, ...part.lines, ...footer] };
}

/** A part of the lines, and in the last row whether there are more. */
function scrolled(
  lines: readonly string[],
  { columns, rows }: Size,
  skip: number,
): Pick<Lines, "lines" | "more" | "page"> {
  const page = rows - 1;
  if (page < 1) return { lines: [reversed(TOO_SMALL, columns)], more: true, page: 0 };
  const start = Math.min(skip, lines.length - page);
  const more = start + page < lines.length;
  return {
    lines: [...lines.slice(start, start + page), reversed(more ? MORE : BACK, columns)],
    more,
    page,
  };
}

function reversed(text: string, columns: number): string {
  return `\u001b[7m${text.slice(0, columns)}\u001b[27m`;
}

const LEAST_COLUMNS = 20;
/** A line, and the one that says that there are more. */
const LEAST_ROOM = 2;
const MORE = "(more: press the space bar)";
const BACK = "(the end; space bar: back to the start)";
const TOO_SMALL = "(enlarge this window)";
