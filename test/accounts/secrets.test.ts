/** What the server computes of passwords and one-time codes, against published numbers. */
import { describe, expect, test } from "vitest";
import { checkPassword, createPassword, SCRYPT_COST, stretchVerifier } from "../../src/accounts/passwords.ts";
import { AUTHENTICATOR, hotp, isOneTimeCode, MAILED_CODE, totp } from "../../src/accounts/totp.ts";
import { Throttle } from "../../src/accounts/throttle.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { fromHex, toHex, vectorsOf } from "../oauth/vectors.ts";
import { MINUTE, stretch, stretchV2, TestClock } from "./harness.ts";

describe("one-time codes", () => {
  test.each(vectorsOf("hotp-sha1"))("$id", ({ inputs, expected }) => {
    expect(hotp(fromHex(inputs.secret), inputs.counter, inputs.digits)).toBe(expected.code);
  });

  test.each(vectorsOf("totp-sha1"))("$id", ({ inputs, expected }) => {
    const time = inputs.unixTime * 1000;
    expect(totp(fromHex(inputs.secret), time, inputs.stepSeconds, inputs.digits)).toBe(expected.code);
  });

  const secret = new Uint8Array(20).fill(7);
  const time = 1_700_000_010_000;
  test.each([
    ["authenticator", AUTHENTICATOR, [-60, -30, 0, 30, 60], [false, true, true, true, false]],
    ["mailed", MAILED_CODE, [-1200, -600, 0, 600], [false, true, true, false]],
  ] as const)("%s codes are tolerated as far as their rules say", (_name, rules, offsets, accepted) => {
    const codes = offsets.map((offset) => totp(secret, time + offset * 1000, rules.step));
    expect(codes.map((code) => isOneTimeCode(code, secret, time, rules))).toEqual(accepted);
  });

  test("a code of another length is wrong", () => {
    expect(isOneTimeCode(totp(secret, time) + "0", secret, time, AUTHENTICATOR)).toBe(false);
  });
});

describe("password verifiers", () => {
  test.each(vectorsOf("onepw-server-verifier"))("$id", async ({ inputs, expected }) => {
    const stretched = await stretchVerifier(fromHex(inputs.authPW), fromHex(inputs.authSalt), SCRYPT_COST);
    expect(toHex(stretched.verifyHash)).toBe(expected.verifyHash);
    expect(toHex(stretched.wrapwrapKey)).toBe(expected.wrapwrapKey);
  });

  test("both versions wrap the same kB, each for its own unwrapBKey", async () => {
    const email = "a@example.com";
    const kB = systemRandom(32);
    const stored = await createPassword({ email, password: "pw", kB, withVersion2: true }, systemRandom, 2);
    const opened = [stretch(email, "pw"), stretchV2(stored.version2!.clientSalt, "pw")].map(
      async ({ authPW, unwrapBKey }) => {
        const checked = await checkPassword(stored, fromHex(authPW), 2);
        return [checked!.version, checked!.wrapKb.map((byte, i) => byte ^ unwrapBKey[i]!)];
      },
    );
    expect(await Promise.all(opened)).toEqual([
      [1, kB],
      [2, kB],
    ]);
    expect(await checkPassword(stored, systemRandom(32), 2)).toBeUndefined();
  });
});

describe("Throttle", () => {
  const rules = { attempts: 3, window: MINUTE, block: 2 * MINUTE };

  test("blocks a key after its attempts, for as long as its rules say, and no other key", () => {
    const clock = new TestClock();
    const throttle = new Throttle(rules, clock);
    for (let i = 0; i < 3; i++) {
      expect(throttle.wait("a")).toBeUndefined();
      throttle.count("a");
    }
    expect(throttle.wait("a")).toBe(120);
    expect(throttle.wait("b")).toBeUndefined();
    clock.advance(2 * MINUTE - 1);
    expect(throttle.wait("a")).toBe(0.001);
    clock.advance(1);
    expect(throttle.wait("a")).toBeUndefined();
  });

  test("an attempt while blocked neither lifts the block nor shortens it", () => {
    const clock = new TestClock();
    const throttle = new Throttle(rules, clock);
    for (let i = 0; i < 3; i++) throttle.count("a");
    clock.advance(MINUTE / 2);
    throttle.count("a");
    expect(throttle.wait("a")).toBe(90);
    throttle.count("a");
    throttle.count("a");
    expect(throttle.wait("a")).toBe(120);
  });

  test("forgets attempts that left the window, and a key whose attempt was good", () => {
    const clock = new TestClock();
    const throttle = new Throttle(rules, clock);
    throttle.count("a");
    throttle.count("a");
    clock.advance(MINUTE);
    throttle.count("a");
    throttle.count("a");
    expect(throttle.wait("a")).toBeUndefined();
    throttle.clear("a");
    throttle.count("a");
    expect(throttle.wait("a")).toBeUndefined();
  });
});
