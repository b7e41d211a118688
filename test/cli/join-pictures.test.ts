/** Where `join` reads the pairing URL in pictures, and what it says of pictures without one. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import sharp from "sharp";
import { qrPng } from "../../src/qr/encode.ts";
import { blankPng } from "../qr/samples.ts";
import { PATIENT, PROGRAM, cleanUp, run, temporaryFolder } from "./harness.ts";
import { HAS_STRACE, NO_STRACE, traced } from "./strace.ts";
import { EMAIL, createWorld } from "./world.ts";
import type { World } from "./world.ts";

const KEY = "channel_key=";
/** Milliseconds for several runs of several processes. */
const LONG = { timeout: 90_000 };

let world: World;
let folder: string;
let blank: string;
/** Somebody else's server, to which codes in pictures lead. */
let elsewhere: Server;
let requests = 0;

beforeAll(async () => {
  world = await createWorld();
  folder = temporaryFolder();
  blank = await picture("blank.png", blankPng(64, 48));
  elsewhere = createServer((_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
});

afterAll(async () => {
  await cleanUp();
  await new Promise((resolve) => elsewhere.close(resolve));
  await world.close();
});

/** The path of a picture that holds these bytes, or shows a code with this text. */
async function picture(name: string, contents: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, typeof contents === "string" ? await qrPng(contents) : contents);
  return path;
}

const joinArgs = (...extra: string[]) => [
  ...["join", ...world.servers, "--config-dir", world.newFolder(), ...PATIENT],
  ...["--yes", "--expect-email", EMAIL, ...extra],
];

/** The same for pictures. */
const joinFrom = (...pictures: string[]) => joinArgs(...pictures.flatMap((path) => ["--qr", path]));

async function refused(args: readonly string[], env: Record<string, string> = {}) {
  const ended = await run([...args, "--json"], { env });
  expect(ended.status, ended.stderr).toBe(9);
  expect(ended.events).toHaveLength(1);
  expect(ended.stdout + ended.stderr).not.toContain(KEY);
  return { ...ended, message: String(ended.events[0]?.message) };
}

describe("several pictures", LONG, () => {
  it("give one pairing URL, and those without it are told", async () => {
    const { program, url } = await world.host();
    const [other, good] = [
      await picture("other.png", "a table's number"),
      await picture("good one.png", url),
    ];
    const joined = await run(joinFrom(blank, other, good));
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
    expect(joined.stderr).toMatch(/warning: blank\.png: no QR code found \(looked at 64×48 in \d+ ways\)$/m);
    expect(joined.stderr).toMatch(
      /warning: other\.png: a QR code, but not a pairing URL: a table's number$/m,
    );
  });

  it("may be named in the environment, one a line", async () => {
    const { program, url } = await world.host();
    const good = await picture("in the environment.png", url);
    const joined = await run(joinArgs(), { env: { FXA_PAIR_QR: `${blank}\n${good}` } });
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
  });

  it("may be one in the settings", async () => {
    const { program, url } = await world.host();
    const config = world.newFolder();
    mkdirSync(config, { mode: 0o700 });
    const qr = await picture("in the settings.png", url);
    writeFileSync(join(config, "config.json"), JSON.stringify({ qr }));
    const joined = await run(joinArgs("--config-dir", config));
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
  });

  it("that show two different pairing codes are refused", async () => {
    const { message } = await refused(
      joinFrom(await picture("a.png", urlOf("a")), await picture("b.png", urlOf("b"))),
    );
    expect(message).toBe("a.png, b.png: two different pairing codes");
  });

  it("may show the same one", async () => {
    const { program, url } = await world.host();
    const joined = await run(joinFrom(await picture("c.png", url), await picture("d.png", url)));
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
  });

  it("of which none helps are each told, and none is named by its folder", async () => {
    const { message, stderr, events } = await refused(joinFrom(blank, join(folder, "missing.png")));
    expect(message).toBe("None of the 2 pictures shows a pairing code.");
    expect(events[0]?.details).toEqual({
      failures: [
        expect.stringMatching(/^blank\.png: no QR code found/),
        "missing.png: it cannot be read (there is no such file)",
      ],
    });
    expect(stderr).not.toContain(folder);
  });
});

it("a form to draw codes in, from host's settings, is no picture", async () => {
  const ended = await run(joinArgs(), { env: { FXA_PAIR_QR: "half" } });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toMatch(/No pairing URL was given/);
});

describe("one picture", LONG, () => {
  it("D4: with two different pairing codes is refused, and none is chosen", async () => {
    const both = await picture("both.png", await beside(urlOf("a"), urlOf("b")));
    const { message } = await refused(joinFrom(both));
    expect(message).toBe("both.png: two different pairing codes");
  });

  it("with a pairing code and another one gives the pairing code", async () => {
    const { program, url } = await world.host();
    const joined = await run(joinFrom(await picture("one.png", await beside("https://example.org/", url))));
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
  });

  it("may be a data: URL", async () => {
    const { program, url } = await world.host();
    const data = `data:image/png;base64,${Buffer.from(await qrPng(url)).toString("base64")}`;
    const joined = await run(joinFrom(data));
    expect([joined.status, await program.exit], joined.stderr).toEqual([0, 0]);
  });

  it("with a damaged pairing code tells what is wrong with it, and never shows it", async () => {
    const { message } = await refused(joinFrom(await picture("cut.png", urlOf("a").slice(0, -1))));
    expect(message).toMatch(/^cut\.png: This is not a usable pairing URL\. Its channel_key: /);
  });

  it.each([
    [
      "a web page's address",
      () => `${addressOf(elsewhere)}/pair?user=ida#secret`,
      /: http:\/\/127\.0\.0\.1:\d+\/pair…$/,
    ],
    [
      "a script",
      () => "javascript:fetch('http://127.0.0.1/')",
      /: javascript:fetch\('http:\/\/127\.0\.0\.1\/'\)$/,
    ],
    ["a second factor", () => "otpauth://totp/ida?secret=JBSWY3DPEHPK3PXP", /: otpauth:…$/],
    ["a network's password", () => "WIFI:T:WPA;S:home;P:hunter2;;", /: WIFI:…$/],
    ["3 KB of text", () => "three thousand characters ".repeat(87), /: three thousand .{44}…$/],
  ])("V6: with %s is described, and nothing is opened", async (_name, text, words) => {
    const path = await picture("else.png", text());
    const { message } = await refused(joinFrom(path));
    expect(message).toMatch(/^else\.png: a QR code, but not a pairing URL: /);
    expect(message).toMatch(words);
    expect(requests).toBe(0);
  });

  it.skipIf(!HAS_STRACE)(
    `V6: connects nowhere, and starts nothing but the search (${NO_STRACE})`,
    async () => {
      const log = join(folder, "trace");
      const path = await picture("page.png", addressOf(elsewhere));
      await traced(joinFrom(path), "", ["-o", log, "-e", "trace=connect,execve"]);
      const calls = readFileSync(log, "utf8").split("\n");
      expect(calls.filter((call) => /connect\(.*AF_INET/.test(call))).toEqual([]);
      const programs = calls.flatMap(
        (call) => /execve\("([^"]+)", \["[^"]+", "([^"]+)"/.exec(call)?.slice(1) ?? [],
      );
      expect(programs).toEqual([
        ...[process.execPath, PROGRAM],
        ...[process.execPath, expect.stringMatching(/search-process\.js$/)],
      ]);
    },
  );
});

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return `http://127.0.0.1:${address.port}`;
}

/** A pairing URL for this world, of a channel that nobody has opened. */
function urlOf(letter: string): string {
  return `${world.accounts.url}/pair#channel_id=${letter.repeat(21)}A&channel_key=${letter.repeat(42)}A`;
}

async function beside(...texts: readonly string[]): Promise<Uint8Array> {
  const side = 500;
  const create = { width: side * texts.length, height: side, channels: 3, background: "#fff" } as const;
  const codes = await Promise.all(
    texts.map(async (text) =>
      sharp(await qrPng(text))
        .resize(side)
        .toBuffer(),
    ),
  );
  return sharp({ create })
    .composite(codes.map((input, index) => ({ input, left: index * side, top: 0 })))
    .png()
    .toBuffer();
}
