/** A whole pairing for people who listen, in real terminals; and what is put on the clipboard, and when. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp, start } from "./harness.ts";
import { closeTerminals, CTRL_C, HAS_TERMINALS, Terminal, WHY_NOT } from "./pty.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await createWorld();
});

afterAll(async () => {
  await closeTerminals();
  await cleanUp();
  await world.close();
});

const URL_LINE = /^http:\/\/\S+#channel_id=\S+$/m;

/** What the terminal was asked to put on the clipboard. */
function copied(terminal: Terminal): string[] {
  // eslint-disable-next-line no-control-regex
  const sequences = terminal.output.matchAll(/\u001b\]52;c;([A-Za-z0-9+/=]+)\u0007/g);
  return [...sequences].map(([, contents = ""]) => Buffer.from(contents, "base64").toString());
}

async function hostIn(command: string): Promise<Terminal> {
  const args = [...world.servers, "--config-dir", await world.hostFolder()];
  return new Terminal([], { command: `TMUX= STY= ${command} ${args.join(" ")}` });
}

describe.skipIf(!HAS_TERMINALS)(`without anything drawn (${WHY_NOT})`, () => {
  it("two people who listen sign a device in", async () => {
    const host = await hostIn("TERM=dumb fxa-pair host");
    await host.shows(/You can type a word and press Enter: spell/);
    const url = (await host.shows(URL_LINE))[0];
    host.type("s\r");
    await host.shows(/That is the end of the pairing URL/);
    const folder = world.newFolder();
    const joining = new Terminal([], {
      command: `FXA_PAIR_ACCESSIBLE=1 fxa-pair join ${world.servers.join(" ")} --config-dir ${folder}`,
    });
    await joining.fill(/Paste the pairing URL.*: $/, url);
    await Promise.all([host, joining].map((terminal) => terminal.shows(/The fingerprint, spelled: .*\./)));
    await host.answer(/Sign that device in to .*\?/, "y");
    await joining.answer(/Sign this device in to .*\?/, "y");
    expect([await joining.exit, await host.done()]).toEqual([0, 0]);
    const spelled = [host, joining].map(({ text }) => /The fingerprint, spelled: .*/.exec(text)?.[0]);
    expect(spelled[0]).toBe(spelled[1]);
    for (const { output } of [host, joining]) {
      // eslint-disable-next-line no-control-regex
      expect(output).not.toMatch(/\u001b|[▀▄█]|##/);
    }
    expect(joining.text).toMatch(
      /characters\)\n[^]*Done: signed in to[^]*its tokens and the key for Firefox Sync; fxa-pair logout undoes it/,
    );
    expect(host.settings.after).toBe(host.settings.before);
  });
});

describe.skipIf(!HAS_TERMINALS)(`the clipboard (${WHY_NOT})`, () => {
  it("gets the URL when it is asked to, and the user is told", async () => {
    const host = await hostIn("fxa-pair host --accessible");
    await host.shows(/You can type a word/);
    const url = (await host.shows(URL_LINE))[0];
    expect(copied(host)).toEqual([]);
    host.type("copy\r");
    await host.shows(/Copied: the pairing URL was sent to your terminal's clipboard\./);
    expect(copied(host)).toEqual([url]);
    host.type(CTRL_C);
    expect(await host.exit).toBe(130);
  });

  it("gets it at once with --copy", async () => {
    const host = await hostIn("FXA_PAIR_COPY=1 fxa-pair host");
    await host.shows(/Copied: the pairing URL/);
    const [url = ""] = copied(host);
    expect(host.text).toContain(url);
    const joining = start(["join", ...world.servers, "--config-dir", world.newFolder(), "--yes", "-"], {
      input: url,
    });
    await host.answer(/Sign that device in to .*\?/, "y");
    expect([await joining.exit, await host.done()]).toEqual([0, 0]);
    expect(copied(host)).toEqual([url]);
  });

  it("gets nothing from a terminal that would show it", async () => {
    const host = await hostIn("TERM=dumb fxa-pair host --copy");
    await host.shows(/nothing was copied/);
    await host.shows(/You can type a word and press Enter: spell/);
    expect(copied(host)).toEqual([]);
    expect(host.text).not.toMatch(/copy to copy/);
    host.type(CTRL_C);
    expect(await host.exit).toBe(130);
  });
});
