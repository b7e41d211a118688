/**
 * How many pictures are read and how long it takes, per group: for jsqr and zxing as they are, and for the ladder of
 * src/qr; then each rung's share. Everything is decoded in this one process, after a first picture that does not count;
 * each picture is read by all three in turn, so that a busy moment hits all of them.
 *
 *     npm run bench:qr [-- <folder>]     or FXA_PAIR_BENCH_PICTURES=<folder>
 *
 * The folder holds pictures and manifest.json: an array of { file, text | texts | accept, also?, negative?, group? }, where
 * every text of `accept` is right, `text` the only one, and `also` may be found besides.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { systemClock } from "../src/lib/clock.ts";
import { loadJsqrReader } from "../src/qr/readers.ts";
import { decodePixels, readHeader } from "../src/qr/picture.ts";
import { onBackground } from "../src/qr/pixels.ts";
import { LADDER, rungName } from "../src/qr/ladder.ts";
import { search } from "../src/qr/search.ts";
import { loadZxingReader } from "../src/qr/zxing.ts";

const GOALS = { all: 92, pair: 97, median: 30, p95: 1000 };
const folder = process.argv[2] ?? process.env.FXA_PAIR_BENCH_PICTURES;
const base =
  folder === undefined ? new URL("../test/qr/pictures/", import.meta.url) : pathToFileURL(`${folder}/`);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", base), "utf8"));
const pictures = manifest.map((entry) => {
  const right = entry.accept ?? entry.texts ?? [entry.text].filter((text) => typeof text === "string");
  const group = entry.group ?? entry.file.replace(/-\w*\d\w*\..*$/, "");
  return {
    file: entry.file,
    group,
    right,
    also: entry.also ?? [],
    bytes: readFileSync(new URL(entry.file, base)),
  };
});

const [jsqr, zxing] = await Promise.all([loadJsqrReader(), loadZxingReader()]);
const WAYS = {
  jsqr: async (bytes) => [jsqr(await greyOf(bytes))].filter((code) => code !== undefined),
  zxing: async (bytes) => zxing(await greyOf(bytes), "LocalAverage"),
  ladder: async (bytes) => {
    const codes = [];
    for await (const finding of search(bytes, { clock: systemClock })) {
      if (finding.type === "code") codes.push(finding);
    }
    return codes;
  },
};

async function greyOf(bytes) {
  return onBackground(await decodePixels(bytes, await readHeader(bytes)), 255);
}

/** Line ends and blanks at the ends do not count; nor do letters whose charset the code does not state. */
function plain(text) {
  return text.replaceAll(/\r\n?/g, "\n").replaceAll(/ +$/gm, "").trim();
}

function isSame(expected, text) {
  const ascii = (whole) => plain(whole).replaceAll(/[^\n -~]+/g, "");
  const [a, b] = [plain(expected), plain(text)];
  return a === b || (/[^\n -~]/.test(a) && ascii(a) === ascii(b));
}

const results = [];
for (const way of Object.values(WAYS)) await way(pictures[0].bytes);
for (const { file, group, right, also, bytes } of pictures) {
  for (const [name, way] of Object.entries(WAYS)) {
    const start = performance.now();
    const codes = await way(bytes);
    const ms = performance.now() - start;
    const hit = codes.find(({ text }) => right.some((expected) => isSame(expected, text)));
    const known = [...right, ...also];
    const wrong = codes.filter(({ text }) => !known.some((expected) => isSame(expected, text)));
    const rung = hit?.rung;
    results.push({
      name,
      file,
      group,
      has: right.length > 0,
      isRead: hit !== undefined,
      rung,
      wrong: wrong.length,
      ms,
    });
  }
}

function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function summary(rows) {
  const withCode = rows.filter(({ has }) => has);
  const read = withCode.filter(({ isRead }) => isRead).length;
  const times = rows.map(({ ms }) => ms);
  return {
    rate: withCode.length === 0 ? undefined : (100 * read) / withCode.length,
    median: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    wrong: rows.reduce((sum, { wrong }) => sum + wrong, 0),
  };
}

function cell({ rate, median, p95, wrong }) {
  const share = rate === undefined ? "     –" : `${rate.toFixed(1).padStart(5)}%`;
  const times = `${median.toFixed(0).padStart(5)} ${p95.toFixed(0).padStart(5)}`;
  return `${share} ${times} ${wrong === 0 ? "  " : `!${wrong}`}`;
}

function print(label, count, rowsOf) {
  const cells = Object.keys(WAYS).map((name) => cell(summary(rowsOf(name))));
  console.log([label.padEnd(22), String(count).padStart(4), ...cells].join("  "));
}

const groups = [...new Set(pictures.map(({ group }) => group))].toSorted();
console.log("read, median and 95th percentile in ms, !texts that are wrong\n");
console.log([" ".repeat(28), ...Object.keys(WAYS).map((name) => name.padEnd(21))].join("  "));
for (const group of groups) {
  const count = pictures.filter((picture) => picture.group === group).length;
  print(group, count, (name) => results.filter((row) => row.name === name && row.group === group));
}
const withCode = pictures.filter(({ right }) => right.length > 0).length;
print("all with a code", withCode, (name) => results.filter((row) => row.name === name && row.has));
print("all without", pictures.length - withCode, (name) =>
  results.filter((row) => row.name === name && !row.has),
);

const ours = results.filter(({ name, has }) => name === "ladder" && has);
const read = ours.filter(({ isRead }) => isRead);
console.log("\nthe ladder: share of what was read, median ms until the search ended");
for (const rung of LADDER) {
  const won = read.filter((row) => row.rung === rungName(rung));
  const share = ((100 * won.length) / Math.max(1, read.length)).toFixed(1).padStart(5);
  const median = quantile(won.map(({ ms }) => ms), 0.5).toFixed(0).padStart(5); // prettier-ignore
  console.log(`  ${rungName(rung).padEnd(28)} ${share}%  ${won.length === 0 ? "    –" : median}`);
}
const missed = ours.filter(({ isRead }) => !isRead);
if (missed.length > 0) console.log(`\nnot read: ${missed.map(({ file }) => file).join(", ")}`);

const pair = ours.filter(({ group }) => group.startsWith("pair"));
const total = summary(ours);
const wrong = results.reduce((sum, row) => sum + (row.name === "ladder" ? row.wrong : 0), 0);
console.log("\ngoals");
goal(`of all with a code are read: ${total.rate.toFixed(1)} %`, `≥ ${GOALS.all} %`, total.rate >= GOALS.all);
if (pair.length > 0) {
  const { rate } = summary(pair);
  goal(`of pairing codes are read: ${rate.toFixed(1)} %`, `≥ ${GOALS.pair} %`, rate >= GOALS.pair);
}
goal(`median: ${total.median.toFixed(1)} ms`, `≤ ${GOALS.median} ms`, total.median <= GOALS.median);
goal(`95th percentile: ${total.p95.toFixed(0)} ms`, `≤ ${GOALS.p95} ms`, total.p95 <= GOALS.p95);
goal(`texts that are wrong, or in a picture without a code: ${wrong}`, "none", wrong === 0);

function goal(what, bound, isMet) {
  console.log(`  ${isMet ? "met   " : "MISSED"} ${what} (${bound})`);
  if (!isMet) process.exitCode = 1;
}
