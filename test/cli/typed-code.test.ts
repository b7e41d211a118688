/** Pairing by a code to type, between real processes: what both users see when it works, and when somebody guesses. */
import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { FeignedRelay } from "./feigned-relay.ts";
import { cleanUp, start } from "./harness.ts";
import type { Program, ProgramOptions } from "./harness.ts";
import { createWorld, EMAIL, storedCredentials } from "./world.ts";
import type { World } from "./world.ts";

const CODE = /^[1-9]\d*(?:-[a-z]{3,8}){3}$/;
const JSON_YES = ["--yes", "--json"];
const LONG = { timeout: 150_000 };

const worlds = new Set<World>();

afterAll(async () => {
  await cleanUp();
  await Promise.all([...worlds].map((world) => world.close()));
});

/** A world of a test's own: a relay takes few joins by a number from one address. */
async function setUp() {
  const world = await createWorld();
  worlds.add(world);
  const host = async (extra: readonly string[], options?: ProgramOptions): Promise<Program> =>
    start(["host", ...world.servers, "--config-dir", await world.hostFolder(), ...extra], options);
  return {
    world,
    host,
    /** A host that shows a code. */
    async offer(): Promise<{ host: Program; code: string }> {
      const hosting = await host(["--code", ...JSON_YES]);
      const { code } = await hosting.event("channel");
      return { host: hosting, code: String(code) };
    },
    join(input: string, extra: readonly string[] = ["--code", "-"], options: ProgramOptions = {}) {
      const folder = world.newFolder();
      const args = ["join", ...world.servers, "--config-dir", folder, ...JSON_YES, "--expect-email", EMAIL];
      return { joining: start([...args, ...extra], { input, ...options }), folder };
    },
  };
}

const errorOf = (program: Program) => program.events.find(({ event }) => event === "error");

/** Another word of the list in the first one's place. */
function wrong(code: string): string {
  const [nameplate = "", first = "", ...rest] = code.split("-");
  return [nameplate, first === "zoo" ? "able" : "zoo", ...rest].join("-");
}

/** As somebody types it who heard it. */
function sloppily(code: string): string {
  const [nameplate = "", ...words] = code.split("-");
  return ` ${nameplate} ${words.map((word) => word.slice(0, 4).toUpperCase()).join("  ")}\n`;
}

describe.concurrent("a code to type", LONG, () => {
  it("signs a device in, and stands in the channel event in place of the URL", async () => {
    const { offer, join } = await setUp();
    const { host, code } = await offer();
    expect(code).toMatch(CODE);
    expect(await host.event("channel")).not.toHaveProperty("url");
    await host.says(/Whoever has the code gets the account[^]*Only type this yourself/);
    const { joining, folder } = join(sloppily(code));
    expect(await joining.exit, joining.stderr).toBe(0);
    expect(await host.exit, host.stderr).toBe(0);
    expect(storedCredentials(folder)).toMatchObject({ email: EMAIL });
    const fingerprints = [host, joining].map(({ events }) => events.find((event) => "fingerprint" in event));
    expect(fingerprints[0]?.fingerprint).toBe(fingerprints[1]?.fingerprint);
    // Spent, and nowhere but there.
    expect(host.stderr + joining.stderr + joining.stdout).not.toContain(code.slice(code.indexOf("-") + 1));
  });

  it("is printed where there is no terminal, and taken where a URL is taken", async () => {
    const { host, join } = await setUp();
    const hosting = await host(["--yes"], { env: { FXA_PAIR_CODE: "1", FXA_PAIR_URL_OUT: "unused.txt" } });
    const [code = ""] = await hosting.prints(/^\d.*$/m);
    expect(code).toMatch(CODE);
    const { joining } = join(code, ["-"], { env: { FXA_PAIR_CODE: "1" } });
    expect(await joining.exit, joining.stderr).toBe(0);
    expect(await hosting.exit).toBe(0);
    expect(hosting.stdout).toBe(`${code}\n`);
  });

  it.each<[string, (code: string) => string[]]>([
    ["as an option", (code) => ["--code", code]],
    ["in a URL's place", (code) => [code]],
  ])("S1: on the command line %s is wiped, and warned of once", async (_name, args) => {
    const { offer, join } = await setUp();
    const { host, code } = await offer();
    const { joining } = join("", args(code));
    await joining.event("metadata");
    if (process.platform !== "win32") {
      const shown = spawnSync("ps", ["-ww", "-o", "args=", "-p", String(joining.child.pid)], {
        encoding: "utf8",
      });
      expect(shown.stdout).toContain("fxa-pair");
      expect(shown.stdout).not.toContain(code.split("-")[1]);
    }
    expect(await joining.exit, joining.stderr).toBe(0);
    const warnings = joining.stderr.split("\n").filter((line) => line.includes("command line can be seen"));
    expect(warnings).toEqual([expect.stringMatching(/a code .* standard input/)]);
    expect(await host.exit).toBe(0);
  });

  it("is not repeated where it is wrong, but for the word", async () => {
    const { join } = await setUp();
    const { joining } = join("12-apple-rivver-stone");
    expect(await joining.exit).toBe(9);
    expect(joining.stderr).toMatch(/second word, rivver.*\n.*river\?/);
    expect(joining.stdout + joining.stderr).not.toMatch(/apple|stone/);
  });

  it.each<[string, string[], RegExp]>([
    ["a place for the URL", ["host", ...JSON_YES, "--code", "--url-out", "x"], /--url-out .*--code/],
    ["a URL", ["join", ...JSON_YES, "--code", "1-a-b-c", "https://x"], /a URL and --code/],
    ["a picture", ["join", ...JSON_YES, "--code", "1-a-b-c", "--qr", "x.png"], /--qr and --code/],
  ])("is refused together with %s", async (_name, args, words) => {
    const program = start(args, { input: "" });
    expect(await program.exit).toBe(2);
    expect(program.stderr).toMatch(words);
  });
});

describe.concurrent("somebody who guesses", LONG, () => {
  it("W2: has one guess: both sides fail, the code is gone, and the host says so", async () => {
    const { world, offer, join } = await setUp();
    const { host, code } = await offer();
    const guess = join(wrong(code));
    expect(await guess.joining.exit).toBe(7);
    expect(await host.exit).toBe(7);
    expect(errorOf(host)).toMatchObject({
      code: "channel_security",
      message: expect.stringMatching(/^Somebody tried a wrong code/),
    });
    expect(errorOf(guess.joining)).toMatchObject({ code: "channel_security" });
    expect(storedCredentials(guess.folder)).toBeUndefined();
    // W5: whom the host would sign in was never told.
    expect(guess.joining.stdout + guess.joining.stderr).not.toContain(`"email"`);

    const late = join(code);
    expect(await late.joining.exit).toBe(5);
    expect(late.joining.stderr).toMatch(/mistyped, used up or too old/);
    expect(world.accounts.requests.count("/auth/v1/oauth/authorization")).toBe(0);
  });

  it("cannot race the right device: the second is refused, whichever it is", async () => {
    const { offer, join } = await setUp();
    const { host, code } = await offer();
    const both = [join(code), join(code)];
    const exits = await Promise.all(both.map(({ joining }) => joining.exit));
    expect(exits.sort()).toEqual([0, 5]);
    expect(await host.exit).toBe(0);
    expect(both.filter(({ folder }) => storedCredentials(folder) !== undefined)).toHaveLength(1);
    const refused = both.map(({ joining }) => errorOf(joining)).find((error) => error !== undefined);
    expect(refused).toMatchObject({ code: "timeout", message: expect.stringMatching(/used up/) });
  });
});

describe("a relay without nameplates", LONG, () => {
  it("is told of before a code is shown, with what to do", async () => {
    const { world } = await setUp();
    const relay = await FeignedRelay.start([() => undefined]);
    try {
      const args = ["host", "--server", world.accounts.url, "--channel-server", relay.url, "--code"];
      const host = start([...args, "--config-dir", await world.hostFolder(), ...JSON_YES]);
      expect(await host.exit).toBe(6);
      expect(host.events.map(({ event }) => event)).toEqual(["error"]);
      expect(errorOf(host)).toMatchObject({
        code: "unreachable",
        hint: expect.stringMatching(/QR code.*--channel-server/),
      });
    } finally {
      relay.close();
    }
  });
});
