import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatScope,
  impliesScope,
  isScopeValue,
  OLDSYNC_SCOPE,
  parseScope,
} from "../../src/oauth/scopes.ts";
import { vectorsOf } from "./vectors.ts";

test.each(vectorsOf("scope-implies"))("$id: $inputs.has / $inputs.wants", ({ inputs, expected }) => {
  expect(impliesScope(inputs.has, inputs.wants)).toBe(expected.implies);
});

test.each([
  ["write", "profile", false],
  ["profile", "email", true],
  ["email", "profile:email", true],
  ["profile:email", "email", true],
  ["https://identity.mozilla.com/", OLDSYNC_SCOPE, false],
  [`${OLDSYNC_SCOPE}/`, `${OLDSYNC_SCOPE}/bookmarks`, false],
  ["profile", "", false],
  ["", "profile", false],
])("%j implies %j: %s", (has, wants, implies) => {
  expect(impliesScope(has, wants)).toBe(implies);
});

describe("parsing", () => {
  test.each([
    ["profile", ["profile"]],
    [`profile ${OLDSYNC_SCOPE}`, ["profile", OLDSYNC_SCOPE]],
    [`profile+${OLDSYNC_SCOPE}+profile`, ["profile", OLDSYNC_SCOPE]],
    ["  a   b + a ", ["a", "b"]],
    ["", []],
  ])("%j", (text, values) => {
    expect(parseScope(text)).toEqual(values);
  });

  test("formatting and parsing are inverse", () => {
    const value = fc.stringMatching(/^[a-z]{1,8}(:[a-z]{1,8})?$/);
    fc.assert(
      fc.property(fc.uniqueArray(value), (values) => {
        expect(parseScope(formatScope(values))).toEqual(values);
      }),
    );
  });

  test("every well-formed value implies itself; nothing throws", () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl({ withFragments: true }), (text, url) => {
        for (const value of [text, url]) {
          if (isScopeValue(value)) expect(impliesScope(value, value)).toBe(true);
        }
      }),
    );
  });
});

test.each([
  ["profile", true],
  ["profile:email:write", true],
  [OLDSYNC_SCOPE, true],
  [`${OLDSYNC_SCOPE}#read`, true],
  ["profile:", false],
  ["pro file", false],
  ["http://identity.mozilla.com/apps/oldsync", false],
  ["https://identity.mozilla.com", false],
  ["https://u@identity.mozilla.com/a", false],
  ["https://identity.mozilla.com/a?b", false],
  ["https://identity.mozilla.com/a?", false],
  ["https://identity.mozilla.com/a#", false],
  ["https://identity.mozilla.com/a#b-c", false],
  [`${OLDSYNC_SCOPE}/../x`, false],
  [`${OLDSYNC_SCOPE}/%2e%2e/x`, false],
  ["https://IDENTITY.mozilla.com/a", false],
])("%j is well-formed: %s", (value, wellFormed) => {
  expect(isScopeValue(value)).toBe(wellFormed);
});
