/** What people who listen get to hear, and which words they can type while the pairing URL waits. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { chooseReporter } from "../../src/ui/choose-reporter.ts";
import type { OfferActions } from "../../src/ui/offer-view.ts";
import { spell } from "../../src/ui/spelling.ts";
import { FakeClock } from "../relay/support.ts";

const ID = "Ab_-".repeat(5) + "AA";
const KEY = "k-_7".repeat(10) + "Aww";
const URL = `https://accounts.firefox.com/pair#channel_id=${ID}&channel_key=${KEY}`;

function open() {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 200, rows: 100 });
  const streams = { stdin: terminal(), stdout: terminal(), stderr: terminal() };
  const clock = new FakeClock();
  const options = { json: false, quiet: false, verbose: false, accessible: true };
  const { reporter } = chooseReporter(streams, clock, options);
  const offerCode = (actions: OfferActions) =>
    reporter.offer(
      {
        kind: "code",
        code: "12-apple-river-stone",
        channelId: ID,
        expiresAt: null,
        endsAt: clock.now() + 299_000,
      },
      actions,
    );
  const offer = (actions: OfferActions) =>
    reporter.offer(
      {
        kind: "url",
        reader: "newDevice",
        url: URL,
        channelId: ID,
        expiresAt: null,
        endsAt: clock.now() + 299_000,
        drawing: { form: "auto", invert: false, color: true, capabilities: { unicode: true } },
      },
      actions,
    );
  const heard = () => String(streams.stderr.read() ?? "").split("\n");
  const type = async (text: string) => {
    streams.stdin.write(text);
    for (let i = 0; i < 5; i++) await new Promise(setImmediate);
  };
  return { reporter, offer, offerCode, heard, type };
}

describe("an offer", () => {
  it("is said in sentences, with nothing drawn", async () => {
    const { offer, heard } = open();
    await offer({ copy: () => undefined, quit: () => undefined });
    expect(heard()).toEqual([
      "Run fxa-pair join on the new device, and give it this pairing URL:",
      URL,
      "Only scan this yourself. Nobody will ever ask you to send it.",
      "It is good for 4 minutes.",
      "You can type a word and press Enter: spell to spell the pairing URL, copy to copy it to the clipboard, quit to end this.",
      "",
    ]);
  });

  it("is spelled on request, as often as asked", async () => {
    const { offer, heard, type } = open();
    await offer({});
    heard();
    for (const word of ["spell\n", "S\r\n", "sp", "ell\n"]) await type(word);
    const lines = heard();
    expect(lines.filter((line) => line === spell(ID)[0])).toHaveLength(3);
    expect(lines.filter((line) => line === spell(KEY).at(-1))).toHaveLength(3);
  });

  it("does what the words say, and only those that it offered", async () => {
    const { offer, heard, type } = open();
    const done: string[] = [];
    const did = (name: string) => () => done.push(name);
    const writePicture = () => Promise.resolve("code.png");
    await offer({ copy: did("copy"), renew: did("renew"), quit: did("quit"), writePicture });
    await type("copy\nr\nquit\npicture\n");
    expect(done).toEqual(["copy", "renew", "quit"]);
    expect(heard()).toContain("The QR code is in code.png. The file is removed once it was used.");
    await type(`\n \n`);
    expect(heard()).toEqual([""]);
    await type("yes\n");
    expect(heard()[0]).toMatch(/^You can type a word/);
  });

  it("hears nothing any more once a device has come", async () => {
    const { offer, heard, type } = open();
    const done: string[] = [];
    const handle = await offer({ quit: () => done.push("quit") });
    heard();
    handle.connected();
    handle.withdraw();
    await type("quit\nspell\n");
    expect(done).toEqual([]);
    expect(heard()).toEqual([""]);
  });
});

describe("a code to type", () => {
  it("is said in sentences", async () => {
    const { offerCode, heard } = open();
    await offerCode({ renew: () => undefined, switchKind: () => undefined });
    expect(heard()).toEqual([
      "Run fxa-pair join on the new device, and type this code there:",
      "12-apple-river-stone",
      "Only type this yourself. Nobody will ever ask you to send or tell it.",
      "It is good for 4 minutes.",
      "You can type a word and press Enter: spell to spell the code, renew to replace it by a fresh one, url to replace it by a pairing URL.",
      "",
    ]);
  });

  it("is spelled by the spoken alphabet on request", async () => {
    const { offerCode, heard, type } = open();
    await offerCode({});
    heard();
    await type("spell\n");
    expect(heard()).toEqual([
      "The code begins with a number: digit one, digit two.",
      "First word, apple: alfa, papa, papa, lima, echo.",
      "Second word, river: romeo, india, victor, echo, romeo.",
      "Third word, stone: sierra, tango, oscar, november, echo.",
      "Number and words are typed with hyphens or blanks between them.",
      "",
    ]);
  });

  it("can be had instead of a URL, and the reverse", async () => {
    const { offer, offerCode, type } = open();
    const done: string[] = [];
    const handle = await offer({ switchKind: () => done.push("code") });
    await type("type\n");
    handle.withdraw();
    await offerCode({ switchKind: () => done.push("url") });
    await type("u\n");
    expect(done).toEqual(["code", "url"]);
  });
});

describe("a question", () => {
  it("has the fingerprint spelled", () => {
    const { reporter, heard } = open();
    reporter.explain(
      {
        type: "metadata",
        email: "a@example.org",
        displayName: null,
        deviceName: null,
        sender: {},
        fingerprint: "X7K0-ABCDE-9QRS",
      },
      true,
    );
    expect(heard().at(-2)).toBe(
      "The fingerprint, spelled: x-ray, digit seven, kilo, digit zero, dash, alfa, bravo, charlie, delta, echo, dash, digit nine, quebec, romeo, sierra.",
    );
  });
});
