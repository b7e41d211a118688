import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatConfirmation,
  formatGrant,
  formatMetadata,
  formatRequest,
  parsePairMessage,
} from "../../src/pairing/messages.ts";
import { REQUEST } from "./request-fixture.ts";

const CODE = "0123456789abcdef".repeat(4);

describe("the four messages", () => {
  it("come back as they were written", () => {
    expect(parsePairMessage(formatRequest(REQUEST))).toMatchObject({
      name: "pair:supp:request",
      data: { client_id: REQUEST.clientId, scope: REQUEST.scope.join(" "), code_challenge_method: "S256" },
    });
    expect(parsePairMessage(formatConfirmation())).toEqual({ name: "pair:supp:authorize" });
    expect(parsePairMessage(formatGrant(CODE, "s"))).toEqual({
      name: "pair:auth:authorize",
      code: CODE,
      state: "s",
    });
    const name = fc.option(fc.string());
    const metadata = fc.record({
      email: fc.emailAddress(),
      avatar: name,
      displayName: name,
      deviceName: name,
    });
    fc.assert(
      fc.property(metadata, ({ avatar, ...announced }) => {
        expect(parsePairMessage(formatMetadata({ avatar, ...announced }))).toEqual({
          name: "pair:auth:metadata",
          metadata: announced,
        });
      }),
    );
  });

  it("write the same request as the same bytes, so that its fingerprint can be told beforehand", () => {
    expect(formatRequest(REQUEST)).toBe(formatRequest({ ...REQUEST, scope: [...REQUEST.scope] }));
  });

  it.each([
    ["a confirmation without data", '{"message":"pair:supp:authorize"}', { name: "pair:supp:authorize" }],
    [
      "a code with a redirect",
      JSON.stringify({
        message: "pair:auth:authorize",
        data: { code: CODE, state: "s", redirect: "https://x" },
      }),
      { name: "pair:auth:authorize", code: CODE, state: "s" },
    ],
    [
      "metadata with nothing but an e-mail address",
      JSON.stringify({ message: "pair:auth:metadata", data: { email: "a@b.example" }, id: 3 }),
      { name: "pair:auth:metadata", metadata: { email: "a@b.example", displayName: null, deviceName: null } },
    ],
  ])("accept %s", (_what, text, message) => {
    expect(parsePairMessage(text)).toEqual(message);
  });
});

describe("anything else is none of them", () => {
  it.each([
    ["no JSON", "{"],
    ["an array", '[{"message":"pair:supp:authorize"}]'],
    ["null", "null"],
    ["no name", '{"data":{}}'],
    ["an unknown name", '{"message":"pair:auth:decline","data":{}}'],
    ["an inherited name", '{"message":"constructor","data":{}}'],
    ["a name that is no text", '{"message":["pair:supp:authorize"]}'],
    ["a request without data", '{"message":"pair:supp:request"}'],
    ["an array as data", '{"message":"pair:supp:request","data":[]}'],
    ["an array as the confirmation's data", '{"message":"pair:supp:authorize","data":[]}'],
    ["metadata as an array", '{"message":"pair:auth:metadata","data":["a@b.example"]}'],
    ["metadata without e-mail", '{"message":"pair:auth:metadata","data":{"displayName":"A"}}'],
    ["metadata with an empty e-mail", '{"message":"pair:auth:metadata","data":{"email":""}}'],
    [
      "metadata with a number as name",
      '{"message":"pair:auth:metadata","data":{"email":"a@b","displayName":1}}',
    ],
    ["a long e-mail", JSON.stringify({ message: "pair:auth:metadata", data: { email: "a".repeat(257) } })],
    ["a short code", `{"message":"pair:auth:authorize","data":{"code":"${CODE.slice(1)}","state":"s"}}`],
    [
      "a code in capitals",
      `{"message":"pair:auth:authorize","data":{"code":"${CODE.toUpperCase()}","state":"s"}}`,
    ],
    ["a code without state", `{"message":"pair:auth:authorize","data":{"code":"${CODE}"}}`],
  ])("%s", (_what, text) => {
    expect(parsePairMessage(text)).toEqual({ problem: expect.any(String) });
  });

  it("and reading never throws", () => {
    const document = fc.record({
      message: fc.constantFrom("pair:supp:request", "pair:auth:metadata"),
      data: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          document.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(parsePairMessage(text)).toBeTypeOf("object");
        },
      ),
    );
  });
});
