import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AUTH_MEANINGS } from "../../src/oauth/errno-meanings.ts";
import type { ServerName } from "../../src/oauth/error-table.ts";
import { AccountsError, successDocument } from "../../src/oauth/error-table.ts";
import type { HttpAnswer } from "../../src/oauth/http.ts";
import { OLDSYNC_SCOPE } from "../../src/oauth/scopes.ts";

function errorFor(answer: Partial<HttpAnswer>, server: ServerName = "auth"): AccountsError {
  const full = { status: 400, document: undefined, retryAfter: undefined, serverTime: undefined, ...answer };
  try {
    successDocument(full, server, "host.example");
  } catch (error) {
    if (error instanceof AccountsError) return error;
    throw error;
  }
  throw new Error("no error");
}

const withErrno = (errno: number, status = 400, extras: Record<string, unknown> = {}) => ({
  status,
  document: { code: status, errno, message: "\u001b[2Jhostile text", ...extras },
});

test("a number means another thing at the OAuth host", () => {
  expect(errorFor(withErrno(103)).message).toBe("The password is wrong.");
  expect(errorFor(withErrno(103), "oauth").message).toContain("redirect");
  expect(errorFor(withErrno(108), "oauth")).toMatchObject({ code: "not_signed_in", errno: 108 });
  expect(errorFor(withErrno(112, 403), "oauth").code).toBe("refused");
});

test.each([
  [110, 401, "not_signed_in"],
  [138, 400, "not_signed_in"],
  [164, 400, "not_signed_in"],
  [164, 401, "not_signed_in"],
  [170, 400, "not_signed_in"],
  [222, 400, "not_signed_in"],
  [102, 400, "refused"],
  [116, 410, "refused"],
  [125, 400, "refused"],
  [163, 400, "refused"],
  [172, 400, "refused"],
  [151, 422, "refused"],
  [151, 500, "unreachable"],
  [201, 503, "unreachable"],
  [203, 500, "unreachable"],
  [202, 403, "refused"],
  [202, 503, "refused"],
  [999, 500, "unreachable"],
  [4711, 400, "refused"],
  [4711, 500, "unreachable"],
])("errno %i under status %i ends as %s", (errno, status, code) => {
  const error = errorFor(withErrno(errno, status));
  expect(error).toMatchObject({ code, errno, details: { errno, status } });
});

test.each([
  [401, {}, "not_signed_in"],
  [401, undefined, "unreachable"],
  [403, undefined, "refused"],
  [403, { errno: 100 }, "refused"],
  [503, { errno: 104 }, "unreachable"],
  [400, { errno: 101 }, "refused"],
])("the profile server's status %i decides", (status, document, code) => {
  expect(errorFor({ status, document }, "profile").code).toBe(code);
});

test.each([
  [404, "unreachable"],
  [413, "unreachable"],
  [403, "refused"],
  [406, "refused"],
  [500, "unreachable"],
  [502, "unreachable"],
  [504, "unreachable"],
])("status %i without JSON ends as %s", (status, code) => {
  expect(errorFor({ status }).code).toBe(code);
});

test("a 4xx with JSON but without a number is a refusal", () => {
  expect(errorFor({ status: 400, document: { errno: "110" } }).code).toBe("refused");
});

test.each([
  ["1", "1 second"],
  ["59", "59 seconds"],
  ["60", "1 minute"],
  ["61", "2 minutes"],
  ["900", "15 minutes"],
])("a wait of %s s is told as %s", (header, words) => {
  const error = errorFor({ ...withErrno(114, 429), retryAfter: header });
  expect(error.hint).toBe(`Wait ${words} before the next attempt.`);
});

describe("throttling", () => {
  test.each([
    ["30", 30],
    ["0", 0],
    [undefined, 10],
    ["1.5", 10],
    ["-3", 10],
    ["soon", 10],
    ["Wed, 21 Oct 2026 07:28:00 GMT", 10],
    ["9999999", 9_999_999],
    ["9".repeat(400), 1e9],
  ])("Retry-After %j counts as %i seconds; the body's number is not looked at", (header, seconds) => {
    const error = errorFor({ ...withErrno(114, 429, { retryAfter: 900_000 }), retryAfter: header });
    expect(error).toMatchObject({ code: "refused", retryAfter: seconds, details: { retryAfter: seconds } });
  });

  test("a bare 429 is one too; other errors do not have the member", () => {
    expect(errorFor({ status: 429 }).retryAfter).toBe(10);
    expect(errorFor({ status: 429 }).hint).not.toMatch(/\d/);
    expect(errorFor({ ...withErrno(102), retryAfter: "30" }).retryAfter).toBeUndefined();
  });

  test("an unblock code is offered by some", () => {
    const offer = { verificationMethod: "email-captcha" };
    expect(errorFor(withErrno(125, 400, offer)).offersUnblockCode).toBe(true);
    expect(errorFor(withErrno(114, 429, offer)).offersUnblockCode).toBe(true);
    expect(errorFor(withErrno(125)).offersUnblockCode).toBe(false);
    expect(errorFor(withErrno(102, 400, offer)).offersUnblockCode).toBe(false);
  });
});

describe("what the server says", () => {
  test("is never repeated, but for names of harmless form", () => {
    expect(
      errorFor(withErrno(107, 400, { validation: { keys: ["client_id", "\u001b[2J"] } })).message,
    ).toMatch(/: client_id\.$/);
    expect(errorFor(withErrno(108, 400, { param: "scope" })).message).toMatch(/: scope\.$/);
    const scopes = [OLDSYNC_SCOPE, "\u001b]0;x\u0007", "pro\nfile"];
    expect(errorFor(withErrno(163, 400, { invalidScopes: scopes })).message).toMatch(/: https:\S+oldsync\.$/);
  });

  test("whatever it is, the error is plain text in one line", () => {
    const hostile = fc.constantFrom("\u001b]52;c;x\u0007", "\r\n", "\u202e", "ok");
    const document = fc.record(
      {
        errno: fc.oneof(fc.constantFrom(...Object.keys(AUTH_MEANINGS).map(Number)), fc.anything()),
        message: hostile,
        email: fc.oneof(hostile, fc.anything()),
        param: fc.oneof(hostile, fc.anything()),
        validation: fc.oneof(fc.record({ keys: fc.array(hostile) }), fc.anything()),
        invalidScopes: fc.oneof(fc.array(hostile), hostile, fc.anything()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(document, fc.anything()), fc.integer({ min: 300, max: 599 }), (body, status) => {
        const { message, hint, details } = errorFor({ status, document: body });
        // eslint-disable-next-line no-control-regex -- that is the point
        expect(JSON.stringify([message, hint, details])).not.toMatch(/\\u00|\\[rn]|[\u0000-\u001f\u202e]/);
      }),
    );
  });

  test("every meaning says what happened in one sentence", () => {
    for (const { message } of Object.values(AUTH_MEANINGS)) expect(message).toMatch(/^[A-Z].*\.$/);
  });
});
