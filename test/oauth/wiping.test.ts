/** What a login leaves in memory: every buffer that held a secret on the way is watched. */
import type * as Crypto from "node:crypto";
import { expect, it, vi } from "vitest";
import type * as KeyBundle from "../../src/oauth/key-bundle.ts";
import type * as Stretch from "../../src/oauth/stretch.ts";
import { loginAs, startSandbox } from "./sandbox.ts";

const seen = vi.hoisted(() => new Map<string, Uint8Array>());

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof Crypto>();
  const pbkdf2 = (
    ...[password, salt, rounds, length, digest, done]: [
      ...[Uint8Array, Uint8Array, number, number, string],
      (error: Error | null, key: Buffer) => void,
    ]
  ): void => {
    real.pbkdf2(password, salt, rounds, length, digest, (error, key) => {
      seen.set("password", password).set("stretched password", key);
      done(error, key);
    });
  };
  return { ...real, pbkdf2 };
});

vi.mock("../../src/oauth/stretch.ts", async (original) => {
  const real = await original<typeof Stretch>();
  const noted = (stretched: Stretch.StretchedPassword) => {
    seen.set("authPW", stretched.authPW).set("unwrapBKey", stretched.unwrapBKey);
    return stretched;
  };
  const quickStretchV1: typeof real.quickStretchV1 = async (...given) =>
    noted(await real.quickStretchV1(...given));
  return { ...real, quickStretchV1 };
});

vi.mock("../../src/oauth/key-bundle.ts", async (original) => {
  const real = await original<typeof KeyBundle>();
  const unwrapKb: typeof real.unwrapKb = (wrapKb, unwrapBKey) => {
    const kB = real.unwrapKb(wrapKb, unwrapBKey);
    seen.set("wrapKb", wrapKb).set("kB", kB);
    return kB;
  };
  return { ...real, unwrapKb };
});

it("A5: nothing of the password, of what was derived from it, or of the account's key is left by a login", async () => {
  const sandbox = await startSandbox();
  seen.clear();
  await loginAs(sandbox);
  expect([...seen.keys()].toSorted()).toEqual(
    ["authPW", "kB", "password", "stretched password", "unwrapBKey", "wrapKb"].toSorted(),
  );
  for (const [name, bytes] of seen) {
    expect(
      bytes.every((byte) => byte === 0),
      name,
    ).toBe(true);
  }
});
