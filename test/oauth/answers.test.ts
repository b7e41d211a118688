import { describe, expect, test } from "vitest";
import { CLIENT_ID, failureOf, scriptedClient } from "./support.ts";

const TOKEN = "0f".repeat(32);
const ID = "a1".repeat(16);

const HOSTILE = [
  ["a line feed", "a@b.c\nPATH=/tmp"],
  ["an escape sequence", "a\u001b]0;x\u0007"],
  ["a control of the second set", "a\u009b31m"],
  ["a line separator", "a\u2028b"],
  ["a paragraph separator", "a\u2029b"],
  ["right-to-left override", "a\u202eb"],
  ["an isolate", "a\u2066b"],
  ["half a character", "a\ud800"],
] as const;

describe.each(HOSTILE)("text with %s", (_, text) => {
  const client = () =>
    scriptedClient({
      "GET /v1/profile": { document: { uid: ID, email: text, displayName: text, avatar: text } },
      "GET /v1/oauth/client/a2270f727f45f648": { document: { name: text } },
      "GET /v1/account/devices": { document: [{ id: ID, name: text, type: text }] },
      "GET /v1/recovery_email/status": { document: { email: text, verified: true } },
    }).client;

  test("is dropped where it may be missing", async () => {
    const nobody = { uid: ID, email: null, displayName: null, avatar: null };
    expect(await client().profile("ab")).toMatchObject(nobody);
    expect(await client().clientName(CLIENT_ID)).toBeNull();
    expect(await client().devices({ refreshToken: TOKEN })).toMatchObject([
      { id: ID, name: null, type: null },
    ]);
  });

  test("is refused where it may not, and not quoted", async () => {
    const failure = await failureOf(client().emailStatus(TOKEN));
    expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining("(email)") });
    expect((failure as Error).message).not.toContain(text);
  });
});

test.each(["André 😀", "אבא", "a\u0301 b", 'o\'Neil "x" $HOME'])(
  "%s is as good as any text",
  async (text) => {
    const { client } = scriptedClient({
      "GET /v1/profile": { document: { email: text, displayName: text } },
    });
    expect(await client.profile("ab")).toMatchObject({ email: text, displayName: text });
  },
);

test("another type is refused, optional or not", async () => {
  const { client } = scriptedClient({ "GET /v1/profile": { document: { uid: ID, displayName: 7 } } });
  expect(await failureOf(client.profile("ab"))).toMatchObject({ code: "refused" });
});

test.each(["1e400", "1e300", "8640000000001", "-1"])(
  "a token that lives for %s seconds is none",
  async (lifetime) => {
    const grant = `{"access_token":"${TOKEN}","token_type":"bearer","scope":"profile","expires_in":${lifetime}}`;
    const { client } = scriptedClient({ "POST /v1/oauth/token": { document: JSON.parse(grant) as unknown } });
    const failure = await failureOf(client.refresh({ clientId: CLIENT_ID, refreshToken: TOKEN }));
    expect(failure).toMatchObject({ code: "refused", message: expect.stringContaining("(expires_in)") });
  },
);
