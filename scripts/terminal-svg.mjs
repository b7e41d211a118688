/**
 * Draws what a terminal shows, as `tmux capture-pane -e` tells it, as an SVG picture: text in a fixed grid, block characters
 * as rectangles, so that a QR code looks the same whatever fonts the reader has.
 */
const CELL = { width: 8, height: 16 };
const MARGIN = 12;
const INK = "#d8dee6";
const PAPER = "#11151a";

/** The first sixteen colours; the rest is computed as terminals do. */
const BASIC = [
  ...["#1c2128", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#c9d1d9"],
  ...["#6e7681", "#ffa198", "#aff5b4", "#f2cc60", "#a5d6ff", "#e2c5ff", "#b3f0ff", "#ffffff"],
];

function colour(index) {
  if (index < 16) return BASIC[index];
  const hex = (...parts) => `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex(grey, grey, grey);
  }
  const level = (step) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** What a list of SGR parameters makes of a style. */
function styled(style, parameters) {
  const next = { ...style };
  const codes = parameters.map((each) => Number(each || 0));
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) Object.assign(next, { ink: INK, paper: PAPER, bold: false, dim: false, inverse: false });
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 22) Object.assign(next, { bold: false, dim: false });
    else if (code === 7) next.inverse = true;
    else if (code === 27) next.inverse = false;
    else if (code === 39) next.ink = INK;
    else if (code === 49) next.paper = PAPER;
    else if (code === 38 || code === 48) {
      const place = code === 38 ? "ink" : "paper";
      if (codes[i + 1] === 5) next[place] = colour(codes[i + 2]);
      else next[place] = `rgb(${codes.slice(i + 2, i + 5).join(",")})`;
      i += codes[i + 1] === 5 ? 2 : 4;
    } else if (code >= 30 && code <= 37) next.ink = colour(code - 30);
    else if (code >= 40 && code <= 47) next.paper = colour(code - 40);
    else if (code >= 90 && code <= 97) next.ink = colour(code - 82);
    else if (code >= 100 && code <= 107) next.paper = colour(code - 92);
  }
  return next;
}

/** The cells of one captured line. */
function cellsOf(line, start) {
  const cells = [];
  let style = start;
  // eslint-disable-next-line no-control-regex -- escape sequences are what this reads
  for (const [, parameters, text] of line.matchAll(/\u001b\[([\d;:]*)m|([^\u001b])/gu)) {
    if (text === undefined) style = styled(style, parameters.split(/[;:]/));
    else cells.push({ text, ...style });
  }
  return { cells, style };
}

/** Which part of a cell a block character fills, in halves from the top. */
const BLOCKS = { "█": [0, 2], "▀": [0, 1], "▄": [1, 1] };

function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Runs of equal neighbours as one element each: a QR code has a thousand cells. */
function runs(cells, key, make) {
  const elements = [];
  for (let from = 0; from < cells.length;) {
    let to = from + 1;
    while (to < cells.length && key(cells[to]) === key(cells[from])) to++;
    const element = make(cells.slice(from, to), from);
    if (element !== undefined) elements.push(element);
    from = to;
  }
  return elements;
}

/**
 * `captured`: lines with SGR sequences; `title`: shown above them, and as the picture's description for those who do not
 * see it.
 */
export function terminalSvg(captured, { title, columns }) {
  const lines = captured.replace(/\n+$/, "").split("\n");
  const width = columns * CELL.width + 2 * MARGIN;
  const top = MARGIN + CELL.height + 8;
  const height = top + lines.length * CELL.height + MARGIN;
  const body = [];
  let style = { ink: INK, paper: PAPER, bold: false, dim: false, inverse: false };
  lines.forEach((line, row) => {
    const y = top + row * CELL.height;
    const read = cellsOf(line, style);
    style = read.style;
    const cells = read.cells.map((cell) =>
      cell.inverse ? { ...cell, ink: cell.paper, paper: cell.ink } : cell,
    );
    const x = (column) => MARGIN + column * CELL.width;
    const rect = (column, count, from, halves, fill) =>
      `<rect x="${x(column)}" y="${y + (from * CELL.height) / 2}" width="${count * CELL.width}" height="${(halves * CELL.height) / 2}" fill="${fill}"/>`;
    body.push(
      ...runs(
        cells,
        ({ paper }) => paper,
        (run, from) => (run[0].paper === PAPER ? undefined : rect(from, run.length, 0, 2, run[0].paper)),
      ),
      ...runs(
        cells,
        ({ text, ink }) => (text in BLOCKS ? text + ink : ""),
        (run, from) => {
          const block = BLOCKS[run[0].text];
          return block && rect(from, run.length, ...block, run[0].ink);
        },
      ),
      ...runs(
        cells,
        ({ text, ink, bold, dim }) => (text in BLOCKS ? "" : `${ink}${bold}${dim}`),
        (run, from) => {
          const text = run.map((cell) => cell.text).join("");
          if (text.trim() === "" || run[0].text in BLOCKS) return undefined;
          // Blanks at an end are as wide as the reader's font has them; what they hold apart is not to depend on it.
          const [start, shown] = [from + text.length - text.trimStart().length, text.trim()];
          const look = `${run[0].bold ? ' font-weight="bold"' : ""}${run[0].dim ? ' opacity="0.65"' : ""}`;
          return `<text x="${x(start)}" y="${y + 12}" fill="${run[0].ink}" textLength="${shown.length * CELL.width}"${look} xml:space="preserve">${escape(shown)}</text>`;
        },
      ),
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.3" shape-rendering="crispEdges">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 12}" fill="${BASIC[8]}">${escape(title)}</text>`,
    ...body,
    "</svg>",
    "",
  ].join("\n");
}
